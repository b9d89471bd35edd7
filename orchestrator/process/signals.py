"""What ends a process from outside, and how it hears of it."""

import contextlib
import os
import signal
import threading
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

    if not _hears_signals():
        yield
        return
    with _handlers_put_back():
        is_ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
        if is_ignored and os.environ.get(JOB_STOP) == "SIGINT":
            signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGTERM, interrupt)
        yield


class Interrupts:
    """Ctrl-C and SIGTERM end the run.

    An exception that a signal raises inside a library's callback or clean-up may be swallowed
    there; so it is also remembered, and raised again by `check` at the next finished piece.
    """

    def __init__(self) -> None:
        self._has_come = False
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(_handlers_put_back())
        self.listen()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    def listen(self) -> None:
        """Take the signals; again after Ray has started, which puts a handler of its own there."""
        if _hears_signals():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._interrupt)

    def check(self) -> None:
        """Raise what was lost."""
        if self._has_come:
            raise KeyboardInterrupt

    def _interrupt(self, number: int, frame: object) -> None:
        self._has_come = True
        raise KeyboardInterrupt


def _hears_signals() -> bool:
    """Whether this is the main thread: elsewhere Python refuses to change who hears them."""
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def _handlers_put_back() -> Iterator[None]:
    if not _hears_signals():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
