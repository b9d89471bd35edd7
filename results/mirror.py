"""Files that must be local while they are written, and a copy of them on a store."""

import stat
from collections.abc import Iterator
from pathlib import Path

from results.storage.atomic_file import TEMPORARY, write_atomically
from results.store import Store


class Mirror:
    """A local folder and its copy on a store, folders inside it included.

    The local folder is where things happen; the copy follows it when `push` is called. Files are
    copied whole, each appears whole or not at all on either side. Links are not copied, nor what
    is neither file nor folder, nor files that are just being written (`TEMPORARY`).

    Args:
        local: the folder; made by `fetch`.
        store: where the copy is.
        folder: its name there.
    """

    def __init__(self, local: Path, store: Store, folder: str) -> None:
        self._local = local
        self._store = store.below(folder)
        self._same: dict[str, tuple[int, int]] = {}

    def fetch(self) -> None:
        """Copies the store's folder here; local files of other names stay as they are.

        Raises:
            DamagedResults, OSError: of the store or the local disk; the files that are here by
                then are whole.
        """
        self._local.mkdir(parents=True, exist_ok=True)
        for name in self._stored():
            file = self._local / name
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, self._store.read_bytes(name), durable=False)
            self._same[name] = _state(file)

    def push(self) -> None:
        """Copies what has changed (size or time) since the last time; deletes what has gone.

        A file that cannot be copied is tried again the next time. Of the copy only what this
        mirror has fetched or pushed is ever deleted.

        Raises:
            OSError: of the store, or the local disk.
        """
        here = dict(self._files())
        for name, state in here.items():
            if self._same.get(name) == state:
                continue
            # A file that grows while it is read has another state the next time, and goes again.
            try:
                content = (self._local / name).read_bytes()
            except FileNotFoundError:
                continue
            self._store.write_bytes(name, content)
            self._same[name] = state
        for name in [name for name in self._same if not (self._local / name).exists()]:
            self._store.delete(name)
            del self._same[name]

    def _files(self) -> Iterator[tuple[str, tuple[int, int]]]:
        for file in sorted(self._local.rglob("*")):
            try:
                status = file.lstat()
            except FileNotFoundError:
                continue  # gone since it was listed
            if stat.S_ISREG(status.st_mode) and not file.name.endswith(TEMPORARY):
                name = file.relative_to(self._local).as_posix()
                yield name, (status.st_size, status.st_mtime_ns)

    def _stored(self, folder: str = "") -> Iterator[str]:
        yield from self._store.list(folder)
        for inner in self._store.folders(folder):
            yield from self._stored(f"{folder}/{inner}" if folder else inner)


def _state(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns
