"""Writes in a thread what need not be written at once; knows nothing of what is written."""

import threading
import time
from collections.abc import Callable

Job = Callable[[], None]


class BackgroundWriter:
    """A thread that does the newest job it was given, at most every so many seconds.

    One job waits at a time: a newer one takes its place. What a job raises is raised by the next
    call of `put` or `flush`. The thread is a daemon: a process that ends does not wait for it.

    Args:
        every_s: seconds between the beginnings of two jobs of the thread; the first begins at once.
    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._changed = threading.Condition()
        self._waiting: Job | None = None
        self._due = 0.0
        self._busy = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def put(self, job: Job) -> None:
        """Have a job done when it is due, unless a newer one takes its place.

        Raises:
            BaseException: what an earlier job raised; this one is then not taken.
        """
        with self._changed:
            self._raise()
            self._waiting = job
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait for the job under way and do here the one that waits, due or not.

        Raises:
            BaseException: what either raised.
        """
        with self._changed:
            job, self._waiting = self._waiting, None
            self._changed.wait_for(lambda: not self._busy)
            self._raise()
            self._due = time.monotonic() + self._every_s
        if job is not None:
            job()

    def forget(self) -> None:
        """Wait for the job under way; neither the one that waits nor an error is of interest."""
        with self._changed:
            self._waiting = None
            self._changed.wait_for(lambda: not self._busy)
            self._error = None

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _work(self) -> None:
        while True:
            job = self._next()
            error: BaseException | None = None
            try:
                job()
            except BaseException as problem:
                error = problem
            with self._changed:
                self._busy, self._error = False, error
                self._changed.notify_all()

    def _next(self) -> Job:
        """Waits until a job is due; the thread is busy from then on."""
        with self._changed:
            while self._waiting is None or time.monotonic() < self._due:
                left = self._due - time.monotonic()
                self._changed.wait(None if self._waiting is None else max(left, 0.001))
            job, self._waiting = self._waiting, None
            self._busy = True
            self._due = time.monotonic() + self._every_s
            return job
