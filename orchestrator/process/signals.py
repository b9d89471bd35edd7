"""What ends a process from outside, and how it hears of it."""

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Self

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
