"""Exceptions as one line for the user, and in full for the log."""

import contextlib
import errno
import traceback

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the system says of a disk without room."""


def log_traceback() -> None:
    """Print the exception that is being handled, into the log while a sweep runs.

    A full disk fills the log too, so this never raises: the sentence for the user comes after it.
    """
    with contextlib.suppress(OSError):
        traceback.print_exc()


def error_line(error: BaseException) -> str:
    """An exception in one line; a full disk by that name, however deep Ray has wrapped it."""
    full = full_disk(error)
    if full is not None:
        return f"the disk is full ({full.strerror}); make room first"
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}"


def full_disk(error: BaseException) -> OSError | None:
    """Which of an exception and its causes says so; a cut-off file may come of a full disk."""
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, OSError) and cause.errno in DISK_FULL:
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None
