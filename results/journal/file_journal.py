"""What a sweep decided and when: one JSON object a line, only ever appended, by one process."""

import contextlib
import errno
import logging
import os
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from results.errors import Busy, DamagedResults, JournalLost
from results.journal import process_identity
from results.journal.event_journal import EventJournal, busy, decode
from results.journal.journal_loss import describe_loss, is_at
from results.storage.plain_file import link_refused, open_plain

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_CHUNK = 65536
_LOG = logging.getLogger(__name__)


class Journal(EventJournal):
    """An append-only file of events, kept by one writer at a time.

    A line counts once it ends in a line feed; half a line, which a kill may leave at the end, is
    ignored in reading and cut off when the next writer opens the file.

    Appending opens the file and takes advisory locks, on the sibling `.lock` file, which names the
    holder, and on the file itself: whoever deletes the first lets nobody in. They are held until
    `close` or the end of the process, whatever its cause.

    Before each line the file is looked at: where it is no longer the one that was opened, as long
    as it was left, nothing more is written, and `JournalLost` says what became of it.

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
        self._lock_file: os.stat_result | None = None
        self._size = 0
        self._loss: JournalLost | None = None

    def open(self) -> Self:
        """Takes the lock and makes the file ready for appending; nothing if that is done.

        Raises:
            Busy: if another process, or another Journal of this one, holds the lock.
            DamagedResults: where a link stands in the file's or the lock's place.
            JournalLost: if it was found to be gone before.
        """
        if self._loss is not None:
            raise self._loss
        if self._handle is None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            try:
                self._handle = open_plain(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND)
                if not _lock_itself(self._handle):
                    raise busy(self.file.absolute().parent.name, "a process whose lock was deleted")
                self._size = _end_of_last_line(self._handle)
                os.ftruncate(self._handle, self._size)
            except (OSError, Busy, DamagedResults):
                self._let_go()
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
        try:
            if self.batch:
                self.sync()
        finally:
            self._let_go()

    def _let_go(self) -> None:
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
        self._look(line)
        try:
            written = 0
            while written < len(line):
                written += os.write(self._handle, line[written:])
        except OSError:  # e.g. a full disk: half a line must not stand before the next one
            os.ftruncate(self._handle, self._size)
            raise
        self._size += len(line)

    def _look(self, line: bytes) -> None:
        """See that both files are those that were opened.

        Args:
            line: that is to be written; it is not lost with the file.

        Raises:
            JournalLost: if the journal is not.
        """
        assert self._handle is not None
        if not is_at(self._handle, self.file) or os.fstat(self._handle).st_size != self._size:
            self._loss = describe_loss(self._handle, self.file, self._size, line)
            self._let_go()
            raise self._loss
        if self._lock_file is not None and not _is_same(self._lock_file, self._lock_place):
            self._take_lock_again()

    @property
    def _lock_place(self) -> Path:
        return self.file.with_name(f"{self.file.name}.lock")

    def _take_lock(self) -> None:
        """Takes the lock; its file names the holder for whoever comes second."""
        place = self._lock_place
        # Not a thread's own: a journal may be closed by another thread than it was opened by.
        lock = FileLock(place, blocking=False, thread_local=False, fallback_to_soft=False)
        try:
            lock.acquire()
        except Timeout:
            other = place.read_text(errors="replace")[:200].strip() or "another process"
            raise busy(self.file.absolute().parent.name, other) from None
        except OSError as error:
            if error.errno == errno.ELOOP and place.is_symlink():
                raise DamagedResults(link_refused(place)) from None
            raise
        handle = open_plain(place, os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(handle, process_identity.shown().encode())
            self._lock, self._lock_file = lock, os.fstat(handle)
        finally:
            os.close(handle)

    def _take_lock_again(self) -> None:
        """After somebody deleted its file: the journal itself is locked, so nobody got in."""
        with contextlib.suppress(Busy, OSError):  # another tries, in vain: the next line is soon
            former = self._lock
            self._take_lock()
            if former is not None:
                former.release()
            _LOG.warning("%s was deleted by somebody; it was made again", self._lock_place)


def _is_same(before: os.stat_result, place: Path) -> bool:
    try:
        return os.path.samestat(before, place.lstat())
    except OSError:
        return False


def _lock_itself(handle: int) -> bool:
    """Whether nobody else has locked this very file; where the system has no such lock: True."""
    if fcntl is None:  # there an open file cannot be deleted either
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
