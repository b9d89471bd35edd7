"""The terminal is ours; what libraries print goes to a log file."""

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the system says of a disk without room."""


def note_traceback() -> None:
    """Print the exception that is being handled, into the log while a sweep runs.

    A full disk fills the log too, so this never raises: the sentence for the user comes after it.
    """
    with contextlib.suppress(OSError):
        traceback.print_exc()


def in_words(error: BaseException) -> str:
    """An exception in one line; a full disk by that name, however deep Ray has wrapped it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in FULL:
            return f"the disk is full ({cause.strerror}); make room first"
        cause = cause.__cause__ or cause.__context__
    said = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {said}"


@contextlib.contextmanager
def chatter_to(log: Path) -> Iterator[tuple[TextIO, TextIO]]:
    """Send all that is printed, also by C++, to a file; yields the true (stdout, stderr).

    Ray writes through Python's logging, through print and from its C++ core, so the file
    descriptors themselves are redirected.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    sink = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o644)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.close(sink)
    out = os.fdopen(os.dup(kept[0]), "w", buffering=1)
    err = os.fdopen(os.dup(kept[1]), "w", buffering=1)
    try:
        yield out, err
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        out.close()
        err.close()
        for number, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)


def divert_chatter(folder: Path) -> Path:
    """From now on send what this process prints, TensorFlow's messages too, into a file there."""
    folder.mkdir(parents=True, exist_ok=True)
    name = folder / f"worker-{os.getpid()}.log"
    log = os.open(name, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    return name
