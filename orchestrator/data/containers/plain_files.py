"""Data in a folder, or one file by itself."""

import hashlib
import operator
import os
import stat
from pathlib import Path

from orchestrator.data.containers.container import (
    MEMBER_LIMIT,
    Container,
    readable,
    unreadable,
    visible,
)
from orchestrator.errors import BadInput


class Folder(Container):
    """The files under a folder; links are followed, each folder once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sizes = {name: status.st_size for name, status in listing(path) if visible(name)}

    def read(self, name: str, limit: int | None = None) -> bytes:
        """See `Container.read`."""
        return _read(self.path / name, self.sizes[name], limit)

    def place(self, name: str) -> str:
        """See `Container.place`."""
        return str(self.path / name)


class LoneFile(Container):
    """One file that is no archive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sizes = {path.name: readable(path).st_size}

    def read(self, name: str, limit: int | None = None) -> bytes:
        """See `Container.read`."""
        return _read(self.path, self.sizes[name], limit)

    def place(self, name: str) -> str:
        """See `Container.place`."""
        return str(self.path)


def listing(root: Path) -> list[tuple[str, os.stat_result]]:
    """Every file under a folder: (relative name with forward slashes, status), sorted by name.

    Raises:
        BadInput: for a folder or file that cannot be read.
    """
    files: list[tuple[str, os.stat_result]] = []
    seen: set[tuple[int, int]] = set()
    folders = [("", str(root))]
    while folders:
        prefix, folder = folders.pop()
        for name, status in _entries(folder):
            if not stat.S_ISDIR(status.st_mode):
                files.append((prefix + name, status))
            elif (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                folders.append((f"{prefix}{name}/", f"{folder}/{name}"))
    files.sort(key=operator.itemgetter(0))
    return files


def stamp_of_files(root: Path) -> str:
    """Changes whenever a file under the folder does: hash of names, sizes, times and inodes.

    Kept to what has to be done for each of 32,000 files: a cached folder opens as fast as this.

    Raises:
        BadInput: for a folder or file that cannot be read.
    """
    stamp = hashlib.sha256()
    seen: set[tuple[int, int]] = set()
    folders = [str(root)]
    while folders:
        folder = folders.pop()
        rows, inner = _stamps(folder)
        names = [name for name, _ in inner]
        stamp.update(repr((folder, rows, names)).encode("utf-8", "surrogateescape"))
        for name, place in inner:
            if place not in seen:
                seen.add(place)
                folders.append(f"{folder}/{name}")
    return stamp.hexdigest()


def _stamps(
    folder: str,
) -> tuple[list[tuple[str, int, int, int, int]], list[tuple[str, tuple[int, int]]]]:
    """(name, size, times, inode) of files, (name, place on the disk) of folders, each sorted."""
    entry: os.DirEntry[str] | None = None
    rows, inner = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                status = entry.stat()
                if stat.S_ISDIR(status.st_mode):
                    inner.append((entry.name, (status.st_dev, status.st_ino)))
                else:
                    times = (status.st_mtime_ns, status.st_ctime_ns)
                    rows.append((entry.name, status.st_size, *times, status.st_ino))
    except OSError as error:
        raise unreadable(entry.path if entry else folder, error) from None
    return sorted(rows), sorted(inner)


def _entries(folder: str) -> list[tuple[str, os.stat_result]]:
    place = folder
    members = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                place = entry.path
                members.append((entry.name, entry.stat()))
    except OSError as error:
        raise unreadable(place, error) from None
    return members


def _read(path: Path, size: int, limit: int | None) -> bytes:
    if limit is None and size > MEMBER_LIMIT:
        raise BadInput(f"{path} has {size:,} bytes; at most {MEMBER_LIMIT:,} are read into memory")
    try:
        with path.open("rb") as file:
            return file.read() if limit is None else file.read(limit)
    except OSError as error:
        raise unreadable(path, error) from None
