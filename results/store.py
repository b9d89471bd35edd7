"""Tables and files of a sweep, in a local folder or an object store: whole or not at all."""

import contextlib
import copy
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

from results.atomic_file import TEMPORARY, hidden, replace
from results.formats import current_table, table_problem
from results.locations import FLAT, first_line, open_place
from results.retry import Patience, allowed, passing

_T = TypeVar("_T")


class DamagedResults(ValueError):
    """A file of results is absent or cannot be read: which one, how, and what to do."""


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
        patience: seconds; None: `results.retry.PATIENCE_S`, or what the environment says.

    Attributes:
        root: as given, without settings: what is shown.
        local: the folder, where it is on this machine's file system; else None.

    Raises:
        ValueError: for a URI that nobody here knows, or that has credentials in it.
    """

    def __init__(self, root: str | os.PathLike[str], patience: float | None = None) -> None:
        self._patience = allowed() if patience is None else patience
        self._patiently = Patience()
        text = os.fspath(root)
        place = self._patiently(lambda: open_place(text), text.partition("?")[0], self._patience)
        self.root, self._settings = place.shown, place.settings
        self._files, self._base = place.files, place.base
        self.local = Path(place.base) if isinstance(place.files, pafs.LocalFileSystem) else None

    @property
    def place(self) -> str:
        """All that another process needs: `Store(store.place)` is this one."""
        if "://" not in self.root:
            return self._base  # absolute: another process may stand in another folder
        return f"{self.root}?{self._settings}" if self._settings else self.root

    def below(self, name: str) -> Self:
        """The store of a folder in this one, through the same connection."""
        store = copy.copy(self)
        relative = self._relative(name)
        if relative:
            store.root, store._base = self._shown(name), self._place(name)
            store.local = self.local / relative if self.local else None
        return store

    def above(self) -> Self:
        """The store of the folder that this one lies in; a bucket lies in none and is its own."""
        store = copy.copy(self)
        parent = self._base.rpartition("/")[0]
        if parent or self.local:
            store._base = parent or "/"
            store.root = self.root.rpartition("/")[0] if "://" in self.root else store._base
            store.local = Path(store._base) if self.local else None
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
        place = self._place(name)
        if self.local:
            self._make_folder(place)
            replace(Path(place), content, durable)
        else:
            self._try(lambda: self._send(place, content))

    def read_bytes(self, name: str) -> bytes:
        """A file's content.

        Raises:
            DamagedResults: if it is absent or cannot be read.
            OSError: if a store that is not local has given no answer for all of the patience.
        """
        try:
            return self._try(lambda: self._receive(self._place(name)))
        except FileNotFoundError:
            raise DamagedResults(
                f"{self._shown(name)} does not exist; check that {self.root} is the folder of a "
                "sweep that got that far."
            ) from None
        except OSError as problem:
            if not self.local and passing(problem):
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
        place = self._place(name)
        if not self.local:
            with self._spooled(place, schema) as write:
                yield write
            return
        self._make_folder(place)
        folder, _, last = place.rpartition("/")
        temporary = f"{folder}/{hidden(last)}"
        try:
            with (
                self._files.open_output_stream(temporary) as stream,
                pq.ParquetWriter(stream, schema, compression="zstd") as writer,
            ):
                yield writer.write_table
            os.replace(temporary, place)
        except BaseException:  # Ctrl-C included
            Path(temporary).unlink(missing_ok=True)
            raise

    @contextlib.contextmanager
    def _spooled(self, place: str, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
        # Closing a stream to an object store makes the object appear, after an error too: pyarrow
        # cannot give an upload up. So the bytes are gathered here and sent when they are all there,
        # which also lets the sending be tried again.
        with tempfile.TemporaryDirectory(prefix="table-") as folder:
            file = f"{folder}/table"
            with pq.ParquetWriter(file, schema, compression="zstd") as writer:
                yield writer.write_table
            with pa.memory_map(file) as content:
                self._try(lambda: self._send(place, _all_of(content)))

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
            table = pq.read_table(pa.BufferReader(content), filters=where)
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
            return json.loads(self.read_bytes(name))
        except (json.JSONDecodeError, UnicodeDecodeError) as problem:
            raise DamagedResults(
                f"{self._shown(name)} is no whole JSON text ({first_line(problem)}); put a copy "
                "back, or delete it and run the command that writes it again."
            ) from problem

    def exists(self, name: str) -> bool:
        """Whether a file or folder of this name is there."""
        return self._about(name).type != pafs.FileType.NotFound

    def size(self, name: str) -> int | None:
        """Bytes of a file; None if there is none of this name."""
        return self._about(name).size

    def fingerprint(self, name: str) -> str:
        """Size and time of the last change: what changes when a file is replaced; "" if absent.

        An object store's clock has whole seconds: its own mark of the content is added. Where
        there is no clock at all the content is read.
        """
        about = self._about(name)
        if about.type != pafs.FileType.File:
            return ""
        marks = [str(about.size), str(about.mtime_ns)]
        if self._files.type_name in FLAT:
            with contextlib.suppress(FileNotFoundError):
                marks.append(self._try(lambda: self._mark(self._place(name))))
        elif about.mtime_ns is None:
            marks.append(hashlib.sha256(self.read_bytes(name)).hexdigest())
        return " ".join(marks)

    def list(self, folder: str = "", suffix: str = "") -> Sequence[str]:
        """Names of the files directly in a folder, sorted; none if there is no such folder."""
        names = self._inside(folder, pafs.FileType.File)
        prefix = f"{self._relative(folder)}/".lstrip("/")
        chosen = [name for name in names if name.endswith(suffix)]
        return [f"{prefix}{name}" for name in chosen if not name.endswith(TEMPORARY)]

    def folders(self, folder: str = "") -> Sequence[str]:
        """Last components of the names of the folders directly in a folder, sorted."""
        return self._inside(folder, pafs.FileType.Directory)

    def delete(self, name: str) -> None:
        """Deletes a file; one that is not there is no error."""
        place = self._place(name)
        with contextlib.suppress(FileNotFoundError):
            self._try(lambda: self._files.delete_file(place))

    def delete_folder(self, name: str) -> None:
        """Deletes a folder with all that is in it; one that is not there is no error.

        Raises:
            ValueError: for the root itself.
            OSError: of the file system.
        """
        if not self._relative(name):
            raise ValueError(f"{self.root} itself is not deleted; name a folder in it")
        place = self._place(name)
        with contextlib.suppress(FileNotFoundError):
            self._try(lambda: self._files.delete_dir(place))

    def _try(self, act: Callable[[], _T]) -> _T:
        return act() if self.local else self._patiently(act, self.root, self._patience)

    def _make_folder(self, place: str) -> None:
        self._files.create_dir(place.rpartition("/")[0] or "/", recursive=True)

    def _receive(self, place: str) -> bytes:
        with self._files.open_input_stream(place, compression=None) as stream:
            return stream.read()

    def _send(self, place: str, content: bytes | pa.Buffer) -> None:
        if self._files.type_name in FLAT:
            # All in one call: closing after half of it would show half an object.
            with self._files.open_output_stream(place, compression=None) as stream:
                stream.write(content)
            return
        self._make_folder(place)
        folder, _, last = place.rpartition("/")
        temporary = f"{folder}/{hidden(last)}"
        try:
            with self._files.open_output_stream(temporary, compression=None) as stream:
                stream.write(content)
            self._files.move(temporary, place)
        except BaseException:  # Ctrl-C included
            with contextlib.suppress(OSError):
                self._files.delete_file(temporary)
            raise

    def _about(self, name: str) -> pafs.FileInfo:
        place = self._place(name)
        (about,) = self._try(lambda: self._files.get_file_info([place]))
        return about

    def _mark(self, place: str) -> str:
        with self._files.open_input_file(place) as file:
            facts = {key.lower(): value for key, value in (file.metadata() or {}).items()}
        return bytes(facts.get(b"etag") or facts.get("etag") or b"").decode()

    def _inside(self, folder: str, kind: pafs.FileType) -> Sequence[str]:
        chosen = pafs.FileSelector(self._place(folder), allow_not_found=True)
        found = self._try(lambda: self._files.get_file_info(chosen))
        return sorted(info.base_name for info in found if info.type == kind)

    def _relative(self, name: str) -> str:
        below = f"{self.root.rstrip('/')}/"
        relative = "" if name == self.root else name.removeprefix(below).rstrip("/")
        if relative.startswith("/") or "://" in relative or ".." in relative.split("/"):
            raise ValueError(f"{name} is not below {self.root}")
        return relative

    def _place(self, name: str) -> str:
        relative = self._relative(name)
        return f"{self._base.rstrip('/')}/{relative}" if relative else self._base

    def _shown(self, name: str) -> str:
        return f"{self.root}/{self._relative(name)}"


def _all_of(file: pa.MemoryMappedFile) -> pa.Buffer:
    file.seek(0)
    return file.read_buffer()
