"""The terminal is ours; what libraries print goes to a log file."""

import contextlib
import errno
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Self, TextIO

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


JOB_STOP = "RAY_JOB_STOP_SIGNAL"
"""Variable by which a job says which signal is to stop it."""


@contextlib.contextmanager
def termination_as_ctrl_c() -> Iterator[None]:
    """SIGTERM, by which batch systems and `ray job stop` end a job, ends it as Ctrl-C does.

    SIGINT is heard again where it is ignored: what a shell starts in the background has it ignored,
    Ray among them, and all that Ray starts inherits that, jobs whose stop signal it is too.
    """

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    if before[signal.SIGINT] == signal.SIG_IGN and os.environ.get(JOB_STOP) == "SIGINT":
        signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Interrupts:
    """Ctrl-C and SIGTERM end the run.

    An exception that a signal raises inside a library's callback or clean-up may be swallowed
    there; so it is also remembered, and raised again by `check` at the next finished piece.
    """

    def __init__(self) -> None:
        self._asked = False

    def __enter__(self) -> Self:
        self._before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        self.listen()
        return self

    def __exit__(self, *raised: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def listen(self) -> None:
        """Take the signals; again after Ray has started, which puts a handler of its own there."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)

    def check(self) -> None:
        """Raise what was lost."""
        if self._asked:
            raise KeyboardInterrupt

    def _interrupt(self, number: int, frame: object) -> None:
        self._asked = True
        raise KeyboardInterrupt


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
