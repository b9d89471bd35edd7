"""One process of a machine does a piece of work, the others that want it wait for the result."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

PATIENCE = 1.0
"""Seconds of waiting after which it is said for what."""

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def single_flight(lock: Path, what: str) -> Iterator[None]:
    """Wait until nobody else is inside, then be the only one inside.

    The system gives the lock back when its holder ends, however it ends. It also holds between
    threads. Its file is made, with its folder, and removed again; one that a dead process left is
    in nobody's way.

    Where a lock cannot be had (a read-only cache, a file system without locks) the work is done
    without waiting, and for the second case a warning says so. So it only ever saves work: what is
    written inside must be right with several writers too.

    Args:
        lock: the lock's file.
        what: what is done inside, for the waiting: "reads faces.zip".
    """
    file_lock = FileLock(lock, fallback_to_soft=False)
    held = _is_writable(lock) and _acquire(file_lock, what)
    try:
        yield
    finally:
        if held:
            with contextlib.suppress(OSError):
                lock.unlink()  # while it is held: who waits sees that its file is gone
            file_lock.release()


def _is_writable(lock: Path) -> bool:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.touch()
    except OSError:
        return False  # what cannot be written here is said by whoever then writes
    return True


def _acquire(file_lock: FileLock, what: str) -> bool:
    try:
        try:
            file_lock.acquire(timeout=PATIENCE)
        except Timeout:
            _log.warning("waiting for another process, which %s", what)
            file_lock.acquire()
    except OSError as problem:
        _log.warning(
            "%s cannot be locked (%s): processes that start at once each do the same work",
            Path(file_lock.lock_file).parent,
            problem.strerror,
        )
        return False
    return True
