"""Data behind a URI: their files, and a mark that changes with them."""

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.fs as pafs

from orchestrator.data.containers.container import visible
from orchestrator.data.remote.access import access
from orchestrator.data.remote.uris import check, shown
from orchestrator.errors import BadInput
from results.storage.locations import first_line, open_location


@dataclass(frozen=True)
class RemoteData:
    """Data behind a URI, as they were when they were asked for.

    Attributes:
        uri: in full, with the connection's settings.
        name: the URI's last part.
        sizes: file's name relative to the folder, or `name` for a lone file -> bytes. Hidden files
            are left out.
        mark: changes whenever the content does: size, time of change and, of a lone file in a
            store that gives one, the entity tag. Where a store gives neither of the last two
            (some of fsspec's), another content of the same size goes unnoticed.
        files: the file system.
        base: the URI's place in it.
        folder: whether it is one.
    """

    uri: str
    name: str
    sizes: Mapping[str, int]
    mark: str
    files: pafs.FileSystem
    base: str
    folder: bool

    def open(self, name: str) -> pa.NativeFile:
        """A file's bytes, as a stream."""
        place = f"{self.base}/{name}" if self.folder else self.base
        return self.files.open_input_stream(place, compression=None)


def local_path(uri: str) -> Path | None:
    """Where a file:// URI leads, which is opened where it lies; None for other URIs.

    Raises:
        BadInput: for one that leads to another machine.
    """
    if not uri.lower().startswith("file://"):
        return None
    parts = urlsplit(uri)
    if parts.netloc not in ("", "localhost"):
        raise BadInput(
            f"{shown(uri)} names the machine {parts.netloc!r}, whose files cannot be read; for "
            "this machine's write file:///folder/file, with three slashes"
        )
    return Path(unquote(parts.path))


def stat_remote(uri: str, patience: float) -> RemoteData:
    """What lies behind a URI now.

    Args:
        uri: as the user gave it.
        patience: seconds for which an unreachable place is tried again.

    Raises:
        Unreachable: when it stays unreachable.
        BadInput: for a URI that cannot be used, holds nothing, or may not be read.
    """
    check(uri)
    return access(lambda: _stat(uri), uri, patience)


def _stat(uri: str) -> RemoteData:
    files, base = _connect(uri)
    info = files.get_file_info(base)
    name = PurePosixPath(base).name
    if info.type == pafs.FileType.NotFound or not name:
        raise FileNotFoundError(base)
    if info.type == pafs.FileType.File:
        mark = f"{info.size} {info.mtime_ns} {_tag(files, base)}"
        return RemoteData(uri, name, {name: info.size}, mark, files, base, folder=False)
    entries = files.get_file_info(pafs.FileSelector(base, recursive=True))
    inside = {
        entry.path.removeprefix(f"{base}/"): entry
        for entry in sorted(entries, key=lambda entry: str(entry.path))
        if entry.type == pafs.FileType.File
    }
    visible_files = {name: entry for name, entry in inside.items() if visible(name)}
    _check_names(uri, visible_files)
    marks = repr([(name, entry.size, entry.mtime_ns) for name, entry in visible_files.items()])
    mark = hashlib.sha256(marks.encode("utf-8", "surrogateescape")).hexdigest()
    sizes = {name: entry.size for name, entry in visible_files.items()}
    return RemoteData(uri, name, sizes, mark, files, base, folder=True)


def _tag(files: pafs.FileSystem, base: str) -> str:
    """The object's entity tag: times have whole seconds in most stores."""
    with (
        contextlib.suppress(pa.ArrowException, NotImplementedError),
        files.open_input_file(base) as opened,
    ):
        metadata = opened.metadata() or {}
        return "".join(value.decode() for key, value in metadata.items() if key.lower() == "etag")
    return ""


def _check_names(uri: str, names: Mapping[str, object]) -> None:
    for name in names:
        if any(part in ("", ".", "..") for part in name.split("/")) or "\0" in name:
            raise BadInput(
                f"{shown(uri)} holds an object named {name!r}, which is no file's name below a "
                "folder; rename it"
            )


def _connect(uri: str) -> tuple[pafs.FileSystem, str]:
    """The file system, and the place in it."""
    scheme = uri.partition("://")[0].lower()
    if scheme in ("http", "https"):
        raise BadInput(
            f"{shown(uri)} is a web address, and these are not read; download it, and give --data "
            "the file"
        )
    try:
        location = open_location(uri)
    except ValueError as problem:  # in words of results; its cause says what is the matter
        reason = first_line(problem.__cause__ or problem).replace(uri, shown(uri))
        raise BadInput(
            f"{shown(uri)} is no place that data can be read from ({reason}); give --data a path, "
            "or a URI such as s3://bucket/fer2013.zip"
        ) from None
    return location.files, location.base.rstrip("/")
