"""How far the work is: a bar for a person at a terminal, lines for a log."""

import time
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

LINE_EVERY_S = 60.0

WORTH_A_LINE_S = 5.0
"""Stages shorter than this leave no line in a log."""


class Bar:
    """Progress of one stage over its images.

    Args:
        what: is done, e.g. "explaining members".
        images: in all.
        out: standard error as it was before libraries' chatter was sent elsewhere.
    """

    def __init__(self, what: str, images: int, out: TextIO) -> None:
        self._what, self._images, self._out = what, images, out
        self._done, self._began, self._said = 0, time.monotonic(), time.monotonic()
        self._rich = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} images"),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            console=Console(file=out),
            disable=not out.isatty(),
            # A thread of its own could outlive an interrupt, and the stream with it.
            auto_refresh=False,
        )
        self._task = self._rich.add_task(what, total=images, speed="")

    def __enter__(self) -> Self:
        self._rich.start()
        self._rich.refresh()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._rich.stop()
        seconds = time.monotonic() - self._began
        if kind is None and not self._out.isatty() and seconds >= WORTH_A_LINE_S:
            self._say(f"{self._done:,} images in {seconds:,.0f} s")

    @property
    def speed(self) -> float:
        """Images a second since the beginning; 0 before the first."""
        return self._done / max(time.monotonic() - self._began, 1e-9)

    def advance(self, images: int) -> None:
        """Some more are done."""
        self._done += images
        self._rich.update(self._task, advance=images, speed=f"{self.speed:,.0f} images/s")
        self._rich.refresh()
        if not self._out.isatty() and time.monotonic() - self._said >= LINE_EVERY_S:
            self._said = time.monotonic()
            left = (self._images - self._done) / self.speed
            self._say(
                f"{self._done:,} of {self._images:,} images, {self.speed:,.0f} images/s, "
                f"about {left:,.0f} s left"
            )

    def _say(self, words: str) -> None:
        print(f"{self._what}: {words}", file=self._out, flush=True)
