"""What a sweep decided and when: one JSON object a line, only ever appended, by one process."""

import os
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from results.journal import process_identity
from results.journal.event_journal import EventJournal, busy, decode

_CHUNK = 65536


class Journal(EventJournal):
    """An append-only file of events, kept by one writer at a time.

    A line counts once it ends in a line feed; half a line, which a kill may leave at the end, is
    ignored in reading and cut off when the next writer opens the file.

    Appending opens the file and takes an advisory lock (on the sibling `.lock` file), held
    until `close` or the end of the process, whatever its cause.

    Args:
        file: local path; made, with its folder, when the first event is appended.
        batch: events after which the file is forced to the disk (fsync). 1: every event survives
            a power cut; 0: never forced, so events survive a kill of the process, not a power cut.
        group_s: see `EventJournal`. Events that wait are in the file: a kill does not lose them.
    """

    def __init__(self, file: str | os.PathLike[str], batch: int = 1, group_s: float = 0.0) -> None:
        super().__init__(batch, group_s)
        self.file = Path(file)
        self._handle: int | None = None
        self._lock: FileLock | None = None

    def open(self) -> Self:
        """Takes the lock and makes the file ready for appending; nothing if that is done.

        Raises:
            Busy: if another process, or another Journal of this one, holds the lock.
        """
        if self._handle is None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _take_lock(self.file)
            try:
                self._handle = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
                os.ftruncate(self._handle, _end_of_last_line(self._handle))
            except OSError:
                self.close()
                raise
        return self

    def _sync(self) -> None:
        if self._handle is not None and self._pending:
            os.fsync(self._handle)
            self._pending = 0

    def read(self) -> list[dict[str, Any]]:
        """All events, oldest first; none if there is no file yet.

        Raises:
            DamagedResults: for a complete line that is no JSON object, by its number.
        """
        try:
            content = self.file.read_bytes()
        except FileNotFoundError:
            return []
        # What follows the last line feed is half a line: a kill hit while it was written.
        lines = content.split(b"\n")[:-1]
        return [decode(str(self.file), number, line) for number, line in enumerate(lines, start=1)]

    def close(self) -> None:
        """Forces the rest to the disk and gives the lock back; harmless when already closed."""
        if self.batch:
            self.sync()
        if self._handle is not None:
            os.close(self._handle)
        if self._lock is not None:
            self._lock.release()
        self._handle = self._lock = None
        self._pending = 0

    def _add(self, line: bytes, waits: bool) -> None:
        self._write(line)
        self._pending += 1
        if not waits and self.batch and self._pending >= self.batch:
            self.sync()

    def _write(self, line: bytes) -> None:
        assert self._handle is not None
        before = os.fstat(self._handle).st_size
        try:
            written = 0
            while written < len(line):
                written += os.write(self._handle, line[written:])
        except OSError:  # e.g. a full disk: half a line must not stand before the next one
            os.ftruncate(self._handle, before)
            raise


def _take_lock(file: Path) -> FileLock:
    """The lock, held; its file names the holder for whoever comes second."""
    place = file.with_name(f"{file.name}.lock")
    # Not a thread's own: a journal may be closed by another thread than it was opened by.
    lock = FileLock(place, blocking=False, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        other = place.read_text(errors="replace")[:200].strip() or "another process"
        raise busy(file.absolute().parent.name, other) from None
    place.write_text(process_identity.shown())
    return lock


def _end_of_last_line(handle: int) -> int:
    """Bytes up to and with the last line feed; 0 if there is none."""
    end = os.fstat(handle).st_size
    while end > 0:
        start = max(0, end - _CHUNK)
        line_feed = os.pread(handle, end - start, start).rfind(b"\n")
        if line_feed >= 0:
            return start + line_feed + 1
        end = start
    return 0
