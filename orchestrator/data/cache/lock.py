"""One process of a machine does a piece of work, the others that want it wait for the result."""

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE = 1.0
"""Seconds of waiting after which it is said for what."""

PAUSE = 0.05
"""Seconds between two looks at a lock that another holds."""

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def turn(lock: Path, what: str) -> Iterator[None]:
    """Wait until nobody else is inside, then be the only one inside.

    The lock is flock's: the system gives it back when its holder ends, however it ends. It also
    holds between threads. Its file is made, with its folder, and removed again; one that a dead
    process left is in nobody's way.

    Where a lock cannot be had (a read-only cache, a file system without locks) the work is done
    without waiting, and for the second case a warning says so. So it only ever saves work: what is
    written inside must be right with several writers too.

    Args:
        lock: the lock's file.
        what: what is done inside, for the waiting: "reads faces.zip".
    """
    handle = _taken(lock, what)
    try:
        yield
    finally:
        if handle is not None:
            with contextlib.suppress(OSError):
                lock.unlink()  # while it is held: who waits sees that its file is gone
            os.close(handle)


def _taken(lock: Path, what: str) -> int | None:
    while True:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return None  # what cannot be written here is said by whoever then writes
        current = False
        try:
            _wait(handle, what)
            current = _stands(handle, lock)
        except OSError as problem:
            _log.warning(
                "%s cannot be locked (%s): processes that start at once each do the same work",
                lock.parent,
                problem.strerror,
            )
            return None
        finally:
            if not current:
                os.close(handle)
        if current:
            return handle


def _wait(handle: int, what: str) -> None:
    began, said = time.monotonic(), False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            pass
        if not said and time.monotonic() - began > PATIENCE:
            _log.warning("waiting for another process, which %s", what)
            said = True
        time.sleep(PAUSE)


def _stands(handle: int, lock: Path) -> bool:
    """Whether the file that was locked is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(handle), lock.stat())
    except FileNotFoundError:
        return False
