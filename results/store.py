"""Tables and files of a sweep, in a local folder or an object store: whole or not at all."""

import contextlib
import copy
import dataclasses
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from results.errors import DamagedResults as DamagedResults  # every reader of a store needs it
from results.formats import current_table, table_problem
from results.storage.atomic_file import TEMPORARY, replacement, temporary_name, write_atomically
from results.storage.limits import TooMuch, check_table, parse_json
from results.storage.locations import FLAT, Location, first_line, open_location
from results.storage.retry import RetryBudget, is_transient, patience_s

_T = TypeVar("_T")


class Store:
    """Files below one root, through one pyarrow file system.

    Names are relative to the root ("trials.parquet"), or start with it. Locally a file appears
    under its name only once all of its bytes are on the disk: they go to a temporary file in the
    same folder, then it is renamed. To an object store all bytes go in one write, after they have
    all been made; such a store shows an object only when it is complete.

    A store that is not on this machine is given time: what may pass (server errors, timeouts, no
    connection) is tried again for `patience` seconds, with a warning, before OSError is raised.

    Args:
        root: a folder, made if absent, or a URI that pyarrow or fsspec knows (s3://, gs://,
            file://); what follows its "?" are settings of the connection.
        patience: seconds; None: `results.storage.retry.PATIENCE_S`, or what the environment says.

    Raises:
        ValueError: for a URI that nobody here knows, or that has credentials in it.
    """

    def __init__(self, root: str | os.PathLike[str], patience: float | None = None) -> None:
        self._patience = patience_s() if patience is None else patience
        self._with_retries = RetryBudget()
        text = os.fspath(root)
        shown = text.partition("?")[0]
        self._location = self._with_retries(lambda: open_location(text), shown, self._patience)
        self._files = self._location.files

    @property
    def root(self) -> str:
        """As given, without settings: what is shown."""
        return self._location.shown

    @property
    def local(self) -> Path | None:
        """The folder, where it is on this machine's file system."""
        return Path(self._location.base) if self._files.type_name == "local" else None

    @property
    def place(self) -> str:
        """All that another process needs: `Store(store.place)` is this one."""
        if "://" not in self.root:
            return self._location.base  # absolute: another process may stand in another folder
        settings = self._location.settings
        return f"{self.root}?{settings}" if settings else self.root

    def location(self, name: str) -> Location:
        """Where a file is, for those who reach it by other means than this store's."""
        shown, base = self._shown(name), self._full_name(name)
        return dataclasses.replace(self._location, shown=shown, base=base)

    def below(self, name: str) -> Self:
        """The store of a folder in this one, through the same connection."""
        store = copy.copy(self)
        if self._relative(name):
            store._location = self.location(name)
        return store

    def above(self) -> Self:
        """The store of the folder that this one lies in; a bucket lies in none and is its own."""
        store = copy.copy(self)
        parent = self._location.base.rpartition("/")[0]
        if parent or self.local:
            base = parent or "/"
            shown = self.root.rpartition("/")[0] if "://" in self.root else base
            store._location = dataclasses.replace(self._location, shown=shown, base=base)
        return store

    def with_patience(self, seconds: float) -> Self:
        """The same place, where trouble is waited out for so long; 0: one try."""
        store = copy.copy(self)
        store._patience = seconds
        return store

    def write_bytes(self, name: str, content: bytes | pa.Buffer, durable: bool = True) -> None:
        """Writes or replaces a file.

        Args:
            name: of the file.
            content: all of it.
            durable: False: it need not survive a power cut, only a kill (local stores).

        Raises:
            OSError: of the file system; what stood under the name before still stands there.
        """
        place = self._full_name(name)
        if self.local:
            self._make_folder(place)
            write_atomically(Path(place), content, durable)
        else:
            self.retry(lambda: self._send(place, content))

    def read_bytes(self, name: str) -> bytes:
        """A file's content.

        Raises:
            DamagedResults: if it is absent or cannot be read.
            OSError: if a store that is not local has given no answer for all of the patience.
        """
        try:
            return self.retry(lambda: self._receive(self._full_name(name)))
        except FileNotFoundError:
            raise DamagedResults(
                f"{self._shown(name)} does not exist; check that {self.root} is the folder of a "
                "sweep that got that far."
            ) from None
        except OSError as problem:
            if not self.local and is_transient(problem):
                raise  # nothing is known of the file: it must not be taken for a damaged one
            raise DamagedResults(
                f"{self._shown(name)} cannot be read ({first_line(problem)}); check its "
                "permissions and that it is a file."
            ) from problem

    @contextlib.contextmanager
    def table_writer(self, name: str, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
        """Writes or replaces a Parquet file piece by piece; it appears when the block has ended.

        Raises:
            OSError: of the file system; what stood under the name before still stands there.
        """
        place = self._full_name(name)
        if not self.local:
            with self._spooled(place, schema) as write:
                yield write
            return
        self._make_folder(place)
        with (
            replacement(Path(place), durable=False) as temporary,
            pq.ParquetWriter(temporary, schema, compression="zstd") as writer,
        ):
            yield writer.write_table

    @contextlib.contextmanager
    def _spooled(self, place: str, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
        # Closing a stream to an object store makes the object appear, after an error too: pyarrow
        # cannot give an upload up. So the bytes are gathered here and sent when they are all there,
        # which also lets the sending be tried again.
        with tempfile.TemporaryDirectory(prefix="table-") as folder:
            file = f"{folder}/table"
            with pq.ParquetWriter(file, schema, compression="zstd") as writer:
                yield writer.write_table
            with pa.memory_map(file) as mapped:
                content = mapped.read_buffer()
                self.retry(lambda: self._send(place, content))

    def write_table(self, name: str, table: pa.Table) -> None:
        """Writes or replaces a Parquet file (Zstandard-compressed)."""
        buffer = pa.BufferOutputStream()
        pq.write_table(table, buffer, compression="zstd")
        self.write_bytes(name, buffer.getvalue().to_pybytes())

    def read_table(self, name: str, schema: pa.Schema | None = None, where: Any = None) -> pa.Table:
        """A Parquet file's content.

        Args:
            name: of the file.
            schema: columns that must be there, with these types; others may be there too.
            where: a filter in pyarrow's words: only these rows are unpacked.

        Raises:
            DamagedResults: if the file is absent, no whole Parquet file, lacks a column, or is of
                a later format.
        """
        content = self.read_bytes(name)
        try:
            check_table(content)
            table = pq.read_table(pa.BufferReader(content), filters=where)
        except TooMuch as problem:
            raise DamagedResults(f"{self._shown(name)} cannot be used: {problem}.") from None
        except (pa.ArrowException, OSError) as problem:
            raise DamagedResults(
                f"{self._shown(name)} ({len(content)} bytes) is no whole Parquet file "
                f"({first_line(problem)}); put a copy back, or delete it and run the command that "
                "writes it again."
            ) from problem
        table = current_table(table)
        if refusal := table_problem(self._shown(name), table.schema, schema):
            raise DamagedResults(refusal)
        return table

    def write_json(self, name: str, value: Any) -> None:
        """Writes or replaces a JSON file.

        Raises:
            ValueError: for NaN or an infinity: JSON has no such numbers.
        """
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        self.write_bytes(name, f"{text}\n".encode())

    def read_json(self, name: str) -> Any:
        """A JSON file's value.

        Raises:
            DamagedResults: if the file is absent or no whole JSON text.
        """
        try:
            return parse_json(self.read_bytes(name))
        except TooMuch as problem:
            raise DamagedResults(f"{self._shown(name)} cannot be used: {problem}.") from None
        except (ValueError, RecursionError) as problem:
            if isinstance(problem, DamagedResults):
                raise
            raise DamagedResults(
                f"{self._shown(name)} is no whole JSON text ({first_line(problem)}); put a copy "
                "back, or delete it and run the command that writes it again."
            ) from problem

    def exists(self, name: str) -> bool:
        """Whether a file or folder of this name is there."""
        return bool(self._info(name).type != pafs.FileType.NotFound)

    def size(self, name: str) -> int | None:
        """Bytes of a file; None if there is none of this name."""
        size: int | None = self._info(name).size
        return size

    def fingerprint(self, name: str) -> str:
        """Size and time of the last change: what changes when a file is replaced; "" if absent.

        An object store's clock has whole seconds: its own mark of the content is added. Where
        there is no clock at all the content is read.
        """
        info = self._info(name)
        if info.type != pafs.FileType.File:
            return ""
        marks = [str(info.size), str(info.mtime_ns)]
        if self._files.type_name in FLAT:
            with contextlib.suppress(FileNotFoundError):
                marks.append(self.retry(lambda: self._mark(self._full_name(name))))
        elif info.mtime_ns is None:
            marks.append(hashlib.sha256(self.read_bytes(name)).hexdigest())
        return " ".join(marks)

    def list(self, folder: str = "", suffix: str = "") -> Sequence[str]:
        """Names of the files directly in a folder, sorted; none if there is no such folder."""
        prefix = f"{self._relative(folder)}/".lstrip("/")
        names = [f"{prefix}{name}" for name in self._inside(folder, pafs.FileType.File)]
        return [name for name in names if name.endswith(suffix) and not name.endswith(TEMPORARY)]

    def folders(self, folder: str = "") -> Sequence[str]:
        """Last components of the names of the folders directly in a folder, sorted."""
        return self._inside(folder, pafs.FileType.Directory)

    def delete(self, name: str) -> None:
        """Deletes a file; one that is not there is no error."""
        with contextlib.suppress(FileNotFoundError):
            self.retry(lambda: self._files.delete_file(self._full_name(name)))

    def delete_folder(self, name: str) -> None:
        """Deletes a folder with all that is in it; one that is not there is no error.

        Raises:
            ValueError: for the root itself.
            OSError: of the file system.
        """
        if not self._relative(name):
            raise ValueError(f"{self.root} itself is not deleted; name a folder in it")
        with contextlib.suppress(FileNotFoundError):
            self.retry(lambda: self._files.delete_dir(self._full_name(name)))

    def retry(self, act: Callable[[], _T]) -> _T:
        """Does something that asks this store, again while what is in its way may pass.

        Raises:
            OSError: the last one, or the first that will not pass.
        """
        return act() if self.local else self._with_retries(act, self.root, self._patience)

    def _make_folder(self, place: str) -> None:
        self._files.create_dir(place.rpartition("/")[0] or "/", recursive=True)

    def _receive(self, place: str) -> bytes:
        with self._files.open_input_stream(place, compression=None) as stream:
            return bytes(stream.read())

    def _send(self, place: str, content: bytes | pa.Buffer) -> None:
        if self._files.type_name in FLAT:
            # All in one call: closing after half of it would show half an object.
            with self._files.open_output_stream(place, compression=None) as stream:
                stream.write(content)
            return
        self._make_folder(place)
        folder, _, last = place.rpartition("/")
        temporary = f"{folder}/{temporary_name(last)}"
        try:
            with self._files.open_output_stream(temporary, compression=None) as stream:
                stream.write(content)
            self._files.move(temporary, place)
        except BaseException:  # Ctrl-C included
            with contextlib.suppress(OSError):
                self._files.delete_file(temporary)
            raise

    def _info(self, name: str) -> pafs.FileInfo:
        (info,) = self.retry(lambda: self._files.get_file_info([self._full_name(name)]))
        return info

    def _mark(self, place: str) -> str:
        with self._files.open_input_file(place) as file:
            metadata = {key.lower(): value for key, value in (file.metadata() or {}).items()}
        return bytes(metadata.get(b"etag") or metadata.get("etag") or b"").decode()

    def _inside(self, folder: str, kind: pafs.FileType) -> Sequence[str]:
        chosen = pafs.FileSelector(self._full_name(folder), allow_not_found=True)
        entries = self.retry(lambda: self._files.get_file_info(chosen))
        return sorted(entry.base_name for entry in entries if entry.type == kind)

    def _relative(self, name: str) -> str:
        below = f"{self.root.rstrip('/')}/"
        relative = "" if name == self.root else name.removeprefix(below).rstrip("/")
        if relative.startswith("/") or "://" in relative or ".." in relative.split("/"):
            raise ValueError(f"{name} is not below {self.root}")
        return relative

    def _full_name(self, name: str) -> str:
        relative = self._relative(name)
        return f"{self._location.base.rstrip('/')}/{relative}" if relative else self._location.base

    def _shown(self, name: str) -> str:
        return f"{self.root}/{self._relative(name)}"
