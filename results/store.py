"""Tables and files of a sweep, in a local folder or an object store: whole or not at all."""

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

TEMPORARY = ".partial"
"""Ending of a file that is being written; `Store.list` does not show them."""

FLAT = ("s3", "gcs", "abfs")
"""File systems without folders: making one would only cost a request."""


class DamagedResults(ValueError):
    """A file of results is absent or cannot be read: which one, how, and what to do."""


class Store:
    """Files below one root, through one pyarrow file system.

    Names are relative to the root ("trials.parquet"), or start with it. Locally a file appears
    under its name only once all of its bytes are on the disk: they go to a temporary file in the
    same folder, then it is renamed. To an object store all bytes go in one write, after they have
    all been made; such a store shows an object only when it is complete.

    Args:
        root: a folder, made if absent, or a URI that `pyarrow.fs` knows (s3://, gs://, file://).

    Raises:
        ValueError: for a URI that pyarrow.fs does not know.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.fspath(root).rstrip("/") or "/"
        self._files: pafs.FileSystem
        if "://" in self.root:
            self._files, self._base = _from_uri(self.root)
            self.root = self.root.partition("?")[0]  # what follows are settings of the connection
        else:
            self._files, self._base = pafs.LocalFileSystem(), os.path.abspath(self.root)
        self._local = isinstance(self._files, pafs.LocalFileSystem)

    def write_bytes(self, name: str, content: bytes) -> None:
        """Writes or replaces a file.

        Raises:
            OSError: of the file system; what stood under the name before still stands there.
        """
        place = self._place(name)
        if self._files.type_name not in FLAT:
            self._files.create_dir(place.rpartition("/")[0] or "/", recursive=True)
        if self._local:
            _replace(place, content)
        else:
            with self._files.open_output_stream(place) as stream:
                stream.write(content)

    def read_bytes(self, name: str) -> bytes:
        """A file's content.

        Raises:
            DamagedResults: if it is absent or cannot be read.
        """
        try:
            with self._files.open_input_stream(self._place(name), compression=None) as stream:
                return stream.read()
        except FileNotFoundError:
            raise DamagedResults(
                f"{self._shown(name)} does not exist; check that {self.root} is the folder of a "
                "sweep that got that far."
            ) from None
        except OSError as problem:
            raise DamagedResults(
                f"{self._shown(name)} cannot be read ({_line(problem)}); check its permissions "
                "and that it is a file."
            ) from problem

    @contextlib.contextmanager
    def table_writer(self, name: str, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
        """Writes or replaces a Parquet file piece by piece; it appears when the block has ended.

        Raises:
            OSError: of the file system; what stood under the name before still stands there.
        """
        place = self._place(name)
        if self._files.type_name not in FLAT:
            self._files.create_dir(place.rpartition("/")[0] or "/", recursive=True)
        hidden = f".{place.rpartition('/')[2]}.{secrets.token_hex(4)}{TEMPORARY}"
        temporary = f"{place.rpartition('/')[0]}/{hidden}"
        try:
            with (
                self._files.open_output_stream(temporary) as stream,
                pq.ParquetWriter(stream, schema, compression="zstd") as writer,
            ):
                yield writer.write_table
            self._files.move(temporary, place)
        except BaseException:  # Ctrl-C included
            with contextlib.suppress(OSError):
                self._files.delete_file(temporary)
            raise

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
            DamagedResults: if the file is absent, no whole Parquet file, or lacks a column.
        """
        content = self.read_bytes(name)
        try:
            table = pq.read_table(pa.BufferReader(content), filters=where)
        except (pa.ArrowException, OSError) as problem:
            raise DamagedResults(
                f"{self._shown(name)} ({len(content)} bytes) is no whole Parquet file "
                f"({_line(problem)}); put a copy back, or delete it and run the command that "
                "writes it again."
            ) from problem
        for field in schema or ():
            self._check_column(name, table.schema, field)
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
                f"{self._shown(name)} is no whole JSON text ({_line(problem)}); put a copy back, "
                "or delete it and run the command that writes it again."
            ) from problem

    def exists(self, name: str) -> bool:
        """Whether a file or folder of this name is there."""
        return self._files.get_file_info(self._place(name)).type != pafs.FileType.NotFound

    def size(self, name: str) -> int | None:
        """Bytes of a file; None if there is none of this name."""
        return self._about(name).size

    def fingerprint(self, name: str) -> str:
        """Size and time of the last change: what changes when a file is replaced; "" if absent."""
        about = self._about(name)
        there = about.type == pafs.FileType.File
        return f"{about.size} {about.mtime_ns}" if there else ""

    def _about(self, name: str) -> pafs.FileInfo:
        (about,) = self._files.get_file_info([self._place(name)])
        return about

    def list(self, folder: str = "", suffix: str = "") -> Sequence[str]:
        """Names of the files directly in a folder, sorted; none if there is no such folder."""
        chosen = pafs.FileSelector(self._place(folder), allow_not_found=True)
        names = sorted(
            info.base_name
            for info in self._files.get_file_info(chosen)
            if info.type == pafs.FileType.File and info.base_name.endswith(suffix)
        )
        prefix = f"{self._relative(folder)}/".lstrip("/")
        return [f"{prefix}{name}" for name in names if not name.endswith(TEMPORARY)]

    def delete(self, name: str) -> None:
        """Deletes a file; one that is not there is no error."""
        with contextlib.suppress(FileNotFoundError):
            self._files.delete_file(self._place(name))

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

    def _check_column(self, name: str, found: pa.Schema, wanted: pa.Field) -> None:
        index = found.get_field_index(wanted.name)
        kind = "no such column" if index < 0 else str(found.field(index).type)
        if index < 0 or found.field(index).type != wanted.type:
            raise DamagedResults(
                f"{self._shown(name)}: column {wanted.name} must be {wanted.type}, found {kind}; "
                "it was written by another version: run the sweep again into a new folder."
            )


def _from_uri(root: str) -> tuple[pafs.FileSystem, str]:
    try:
        files, base = pafs.FileSystem.from_uri(root)
    except (pa.ArrowException, OSError) as problem:
        raise ValueError(
            f"{root} is no place that results can go to ({_line(problem)}); give a folder, or a "
            "URI such as s3://bucket/folder."
        ) from problem
    return files, base


def _replace(place: str, content: bytes) -> None:
    folder, _, name = place.rpartition("/")
    temporary = Path(folder or "/", f".{name}.{secrets.token_hex(4)}{TEMPORARY}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(place)
    except BaseException:  # Ctrl-C included
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(folder or "/")


def _sync_folder(folder: str) -> None:
    # Without it a power cut may take the new name away, though not the bytes.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _line(problem: BaseException) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")
