"""What a sweep looks like while it runs: one live table, or one line a minute."""

import heapq
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orchestrator.process.duration import duration

LINE_EVERY_S = 60.0
"""Where nobody watches: a cluster job's log gets progress, not a flood."""


@dataclass(frozen=True)
class RunningTrial:
    """A trial in the making.

    Attributes:
        number: from 0, in the order asked.
        name: what tells it from the others, e.g. "cnn5 adam 0.003".
        epoch: epochs done.
        epochs: epochs at most.
        rung: the next epoch at which it may be stopped; None past the last rung.
        accuracy: 7-class, on validation, after the last epoch, in [0, 1]; None before the first.
        best: the highest so far.
        seconds_per_epoch: None before the first epoch's end.
    """

    number: int
    name: str
    epoch: int
    epochs: int
    rung: int | None = None
    accuracy: float | None = None
    best: float | None = None
    seconds_per_epoch: float | None = None


@dataclass(frozen=True)
class BestTrial:
    """The best trial so far: accuracy with its 95 % interval, over n validation images."""

    name: str
    accuracy: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Snapshot:
    """Where a sweep stands.

    Attributes:
        sweep: its name.
        planned: trials at most; None without a limit.
        running: those in the making.
        finished: trials that ended by themselves, early or not.
        paused: those that wait at a rung.
        pruned: those that the scheduler stopped.
        failed: those that crashed or diverged.
        reused: those that were found finished.
        best: None before the first epoch's end.
        rungs: one line, as `TrialScheduler.summary` gives it.
        eta_seconds: until the sweep ends, as `eta` gives it; None where unknown.
        elapsed: seconds since the sweep was started.
    """

    sweep: str
    planned: int | None
    running: Sequence[RunningTrial] = ()
    finished: int = 0
    paused: int = 0
    pruned: int = 0
    failed: int = 0
    reused: int = 0
    best: BestTrial | None = None
    rungs: str = ""
    eta_seconds: float | None = None
    elapsed: float = 0.0

    @property
    def ended(self) -> int:
        """Trials that are over, one way or another."""
        return self.finished + self.pruned + self.failed + self.reused


def eta(
    running: Iterable[RunningTrial],
    not_begun: int,
    seconds_per_trial: float | None,
    concurrency: int,
) -> float | None:
    """Seconds until a sweep ends, were no running trial stopped early: a cautious estimate.

    Each trial that has not begun starts as soon as another ends and takes as long as the trials
    before it took on average, stopped ones included.

    Args:
        running: at their present speed.
        not_begun: trials.
        seconds_per_trial: mean over the trials that have ended; None before the first.
        concurrency: trials at a time, >= 1.

    Returns:
        Seconds; None where a speed that is needed is not known yet.
    """
    running = list(running)
    if not running and not not_begun:
        return 0.0
    speeds = [t.seconds_per_epoch for t in running if t.seconds_per_epoch is not None]
    if running and not speeds:
        return None
    if not_begun and seconds_per_trial is None:
        return None
    usual = sum(speeds) / len(speeds) if speeds else 0.0
    ends = [(t.epochs - t.epoch) * (t.seconds_per_epoch or usual) for t in running]
    free = ends + [0.0] * max(0, concurrency - len(ends))
    heapq.heapify(free)
    for _ in range(not_begun):
        heapq.heapreplace(free, free[0] + (seconds_per_trial or 0.0))
    return max(free)


def render(snapshot: Snapshot, rows: int = 16) -> RenderableType:
    """The table that the terminal shows.

    Args:
        snapshot: where the sweep stands.
        rows: running trials shown at most, the most accurate first; the rest is counted.
    """
    parts: list[RenderableType] = [Text(_headline(snapshot), style="bold")]
    if snapshot.running:
        shown = sorted(snapshot.running, key=lambda t: (-(t.best or 0.0), t.number))[:rows]
        parts.append(_table(sorted(shown, key=lambda t: t.number)))
        if len(shown) < len(snapshot.running):
            parts.append(Text(f"and {len(snapshot.running) - len(shown)} more", style="dim"))
    if snapshot.best:
        parts.append(_one_line(f"best   {_best(snapshot.best)}", "green"))
    if snapshot.rungs:
        parts.append(_one_line(f"rungs  {snapshot.rungs} went on", "dim"))
    return Group(*parts)


def _one_line(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def line(snapshot: Snapshot) -> str:
    """The same in one line, for a log."""
    best = f", best {snapshot.best.accuracy:.4f} {snapshot.best.name}" if snapshot.best else ""
    return _headline(snapshot) + best


def _headline(s: Snapshot) -> str:
    total = "" if s.planned is None else f" of {s.planned}"
    counts = {"pruned": s.pruned, "failed": s.failed, "reused": s.reused}
    kinds = "".join(f", {n} {kind}" for kind, n in counts.items() if n)
    left = "" if s.eta_seconds is None else f", about {duration(s.eta_seconds)} left"
    waiting = f", {s.paused} paused" if s.paused else ""
    return (
        f"{s.sweep}: {s.ended}{total} trials ended{kinds}, {len(s.running)} running{waiting}, "
        f"{duration(s.elapsed)}{left}"
    )


def _best(best: BestTrial) -> str:
    interval = f"{best.low:.4f} to {best.high:.4f}, n = {best.n:,}"
    return f"{best.accuracy:.4f} ({interval})  {best.name}"


def _table(running: Iterable[RunningTrial]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", expand=False)
    table.add_column("trial", justify="right", no_wrap=True)
    table.add_column("configuration")  # the one that gives way on a narrow terminal
    for title in ("epoch", "next rung", "accuracy", "best", "s/epoch"):
        table.add_column(title, justify="right", no_wrap=True)
    for t in running:
        table.add_row(
            str(t.number),
            Text(t.name, no_wrap=True, overflow="ellipsis"),
            f"{t.epoch}/{t.epochs}",
            "" if t.rung is None else str(t.rung),
            _number(t.accuracy, ".4f"),
            _number(t.best, ".4f"),
            _number(t.seconds_per_epoch, ".1f"),
        )
    return table


def _number(value: float | None, form: str) -> str:
    return "" if value is None else "diverged" if not math.isfinite(value) else f"{value:{form}}"


class Progress:
    """Shows snapshots while its block runs.

    On a terminal: a table, redrawn at most four times a second, gone when the block ends.
    Elsewhere: nothing in the first minute, then one line a minute at most.

    Args:
        stream: where to show it; standard error for None.
        clock: seconds, monotonic.
    """

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = Console(file=stream, stderr=stream is None, highlight=False)
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self._since = clock()
        self._last_line = clock()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(
                console=self._console,
                get_renderable=self._now,
                refresh_per_second=4,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def update(self, snapshot: Snapshot) -> None:
        """Show this from now on; cheap, to be called as often as there is news."""
        self._snapshot, self._since = snapshot, self._clock()
        if self._live is None and self._since - self._last_line >= LINE_EVERY_S:
            self._last_line = self._since
            self._console.out(line(snapshot))

    def say(self, text: str) -> None:
        """Show a line that stays, above the table where there is one."""
        self._console.out(text)

    def _now(self) -> RenderableType:
        snapshot = self._snapshot
        if snapshot is None:
            return Text("starting")
        passed = self._clock() - self._since
        left = snapshot.eta_seconds
        return render(
            replace(
                snapshot,
                elapsed=snapshot.elapsed + passed,
                eta_seconds=None if left is None else max(0.0, left - passed),
            ),
            rows=max(3, self._console.height - 8),
        )
