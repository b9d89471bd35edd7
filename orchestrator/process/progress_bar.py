"""How far some work is: a bar for a person at a terminal, lines for a log."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from orchestrator.process.duration import duration

PATIENCE = 1.0
"""Seconds of work before a bar appears, unless it is wanted at once."""

REDRAW_S = 0.1
"""Between two pictures of a bar."""

LINE_EVERY_S = 60.0
"""Between two lines in a log."""

WORTH_A_LINE_S = 5.0
"""Work shorter than this leaves no line in a log."""

WORTH_A_RATE = 10
"""Steps before a speed is shown: of fewer it says little, and of members or trials "0 a second"."""


class ProgressBar:
    """Progress of one piece of work.

    At a terminal: a bar that goes with the work. Elsewhere: lines where a unit is given.

    Args:
        description: what is being done, e.g. "explaining members".
        total: steps in all.
        unit: of steps, e.g. "images". With one the bar shows their number and, from
            `WORTH_A_RATE` on, their speed, appears at once and stays; and a log gets lines.
        console: where to draw; standard error by default.
    """

    def __init__(
        self, description: str, total: int, unit: str = "", console: Console | None = None
    ) -> None:
        self._description, self._total, self._unit = description, total, unit
        self._console = console or Console(stderr=True)
        self._is_terminal = self._console.is_terminal
        self._rich = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),  # so that a line has room for the rest in 80 columns
            TextColumn("{task.fields[state]}"),
            console=self._console,
            transient=not unit,
            disable=not self._is_terminal,
            # A thread of its own could outlive an interrupt, and the stream with it.
            auto_refresh=False,
        )
        self._task = self._rich.add_task(description, total=total, state="")
        self._done, self._is_started = 0, False
        self._began = self._last = time.monotonic()
        self._rich.update(self._task, state=self._state)

    def __enter__(self) -> Self:
        if self._unit:
            self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_started:
            self._rich.stop()
        seconds = time.monotonic() - self._began
        if kind is None and self._has_lines and seconds >= WORTH_A_LINE_S:
            self._print(f"{self._done:,} {self._unit} in {duration(seconds)}")
        elif kind is KeyboardInterrupt and self._has_lines:  # a bar says it as it stands there
            self._print(f"{self._count} when interrupted after {duration(seconds)}")

    @property
    def speed(self) -> float:
        """Steps a second since the beginning; 0 before the first."""
        return self._done / max(time.monotonic() - self._began, 1e-9)

    def advance(self, steps: int) -> None:
        """Some more are done; fewer than before where `steps` is negative."""
        self._done += steps
        now = time.monotonic()
        if self._has_lines and now - self._last >= LINE_EVERY_S:
            self._last = now
            self._print(self._state)
        elif self._is_terminal:
            self._draw(now)

    @property
    def _has_lines(self) -> bool:
        return bool(self._unit) and not self._is_terminal

    def _start(self) -> None:
        self._rich.start()
        self._is_started = True

    def _draw(self, now: float) -> None:
        self._rich.update(self._task, completed=self._done, state=self._state)
        if self._is_started and now - self._last >= REDRAW_S:
            self._last = now
            self._rich.refresh()
        elif not self._is_started and now - self._began > PATIENCE:
            self._start()

    @property
    def _count(self) -> str:
        if not self._unit:
            return f"{self._done / self._total:.0%}" if self._total else "100%"
        return f"{self._done:,} of {self._total:,} {self._unit}"

    @property
    def _state(self) -> str:
        """E.g. "120 of 301 images, 12/s, 10 s gone, about 15 s left"."""
        seconds = time.monotonic() - self._began
        parts = [self._count]
        if self._unit and self._done >= WORTH_A_RATE:
            parts.append(f"{self.speed:,.0f}/s")
        parts.append(f"{duration(seconds)} gone")
        if self._done > 0:
            left = (self._total - self._done) * seconds / self._done
            parts.append(f"about {duration(left)} left")
        return ", ".join(parts)

    def _print(self, text: str) -> None:
        print(f"{self._description}: {text}", file=self._console.file, flush=True)
