"""Shows a sweep while it runs: tables, TensorBoard and the terminal, all views of the ledger."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, TextIO

import numpy as np

from orchestrator import metrics
from orchestrator.conductor import METRIC, Conductor
from orchestrator.dashboard import Dashboard
from orchestrator.deaths import CAUSES
from orchestrator.ledger import Entry, Ledger
from orchestrator.plan import Plan
from orchestrator.progress import Best, Progress, RunningTrial, Snapshot, eta
from orchestrator.space import Axis, Choice, Constant
from orchestrator.summary import ranked
from orchestrator.tables import SHARE_OF_TIME, Tables
from orchestrator.terminal import note_traceback
from orchestrator.training.inputs import prepare_inputs
from results.journal import Busy

SAMPLES_A_CLASS = 2
"""Training images of each class shown in TensorBoard, under every variant."""

REFRESH_SECONDS = 0.25
"""Shortest time between two looks at the ledger; longer where a look takes long."""


class Standing:
    """Who runs, who is best, how long a trial takes; kept up with every event.

    So a look costs the same however many trials there are.

    Args:
        ledger: as it stands.

    Attributes:
        running: trials that a process works on, by signature.
        best: the trial that `ranked` has first; None before anything was measured.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.running: dict[str, Entry] = {}
        self.best: Entry | None = next(iter(ranked(ledger)), None)
        self._rank = _rank(self.best) if self.best else None
        self._ledger = ledger
        self._seconds: dict[str, float] = {}
        self._total = 0.0
        for entry in ledger.entries.values():
            self._sort_in(entry)

    @property
    def mean_seconds(self) -> float | None:
        """Of the trials that were trained to their end; None before the first."""
        return self._total / len(self._seconds) if self._seconds else None

    def note(self, event: Mapping[str, Any], entry: Entry) -> None:
        """Take an event that is in the ledger already."""
        self._sort_in(entry)
        if event["event"] in ("epoch", "ended"):
            self._compare(entry)

    def _sort_in(self, entry: Entry) -> None:
        self.running.pop(entry.trial, None)
        self._total -= self._seconds.pop(entry.trial, 0.0)
        if entry.status == "running" and entry.begun:
            self.running[entry.trial] = entry
        elif entry.status not in ("running", "reused", "failed") and entry.rows:
            seconds = sum(row["seconds"] for row in entry.rows.values())
            self._seconds[entry.trial] = seconds
            self._total += seconds

    def _compare(self, entry: Entry) -> None:
        rank = _rank(entry)
        if entry is self.best and (rank is None or rank < (self._rank or rank)):
            # It went back to a checkpoint and lost its best epoch: another may be before it now.
            self.best = next(iter(ranked(self._ledger)), None)
            self._rank = _rank(self.best) if self.best else None
        elif rank is not None and (self._rank is None or rank >= self._rank):
            self.best, self._rank = entry, rank


def _rank(entry: Entry) -> tuple[float, int] | None:
    """The higher the better; of equals, the one that was asked for earlier."""
    row = entry.best_row(METRIC)
    return (row[METRIC], -entry.number) if row else None


class Watch:
    """Keeps every view up with the ledger; call it often, it works only when due.

    A view that fails ends no training: the error goes to the log, the first of each view is said,
    and the sweep goes on. The tables' last writing alone may raise, for they are the result.

    Args:
        plan: of the sweep.
        conductor: whose ledger is shown.
        tables: the Parquet tables.
        dashboard: TensorBoard.
        err: the terminal.
    """

    def __init__(
        self, plan: Plan, conductor: Conductor, tables: Tables, dashboard: Dashboard, err: TextIO
    ) -> None:
        self._plan = plan
        self._conductor = conductor
        self._ledger: Ledger = conductor.ledger
        self._tables = tables
        self._dashboard = dashboard
        self._progress = Progress(err)
        self._began = time.monotonic()
        self._next = 0.0
        self._shown: set[str] = set()
        self._broken: set[str] = set()
        self._standing = Standing(self._ledger)
        self._ledger.listen(self._on_event)

    def __enter__(self) -> "Watch":
        self._progress.__enter__()
        with self.harmless("TensorBoard"):
            self._dashboard.start_sweep({k: _domain(axis) for k, axis in self._plan.axes.items()})
            if not self._plan.resume:
                self._show_samples()
        return self

    def __exit__(self, *exception: Any) -> None:
        with self.harmless("TensorBoard"):
            self._dashboard.text("leaderboard", leaderboard(self._ledger))
            self._dashboard.close()
        self._progress.__exit__(*exception)
        if not any(isinstance(each, Busy) for each in exception):  # else its successor's tables
            self._tables.write()

    def __call__(self) -> None:
        """Bring tables and terminal up to date if it is time to."""
        with self.harmless("tables"):
            self._tables.keep_up()
        began = time.monotonic()
        if began >= self._next:
            with self.harmless("display"):
                self._progress.update(self.snapshot())
            now = time.monotonic()
            self._next = now + max(REFRESH_SECONDS, (now - began) / SHARE_OF_TIME)

    def say(self, text: str) -> None:
        """Show a line on the terminal."""
        self._progress.say(text)

    @contextlib.contextmanager
    def harmless(self, view: str) -> Iterator[None]:
        """What goes wrong inside is noted, said once for each view, and ends nothing."""
        try:
            yield
        except Exception as error:
            note_traceback()
            if view not in self._broken:
                self._broken.add(view)
                said = f"{type(error).__name__}: {error}".partition("\n")[0]
                self.say(f"note: {view} could not be brought up to date ({said}); training goes on")

    def _show_samples(self) -> None:
        plan = self._plan
        labels = plan.splits.training.labels
        rows = np.concatenate(
            [np.flatnonzero(labels == k)[:SAMPLES_A_CLASS] for k in range(len(plan.splits.classes))]
        )
        names = [plan.splits.classes[labels[i]] for i in rows]
        for variant in plan.values("preprocessing"):
            inputs = prepare_inputs(plan.source, plan.splits, variant)
            self._dashboard.images(f"samples/{variant}", inputs.training[rows], names)

    def _on_event(self, event: Mapping[str, Any], entry: Entry) -> None:
        with self.harmless("display"):
            self._standing.note(event, entry)
        with self.harmless("TensorBoard"):
            self._to_dashboard(event, entry)
        if back := event.get("back"):
            epoch = event["row"]["epoch"]
            lost = f"its newest state is damaged or gone; it is at epoch {epoch} again, after"
            self.say(f"note: {run_name(entry)}: {lost} {epoch + back}")
        if event["event"] == "died":
            said = f"{CAUSES[event['cause']].words} ({_short(event['said'])})"
            self.say(f"note: {run_name(entry)}, epoch {len(entry.rows)}: {said}")

    def _to_dashboard(self, event: Mapping[str, Any], entry: Entry) -> None:
        if entry.trial not in self._shown:
            self._shown.add(entry.trial)
            self._dashboard.start_trial(entry.trial, run_name(entry), entry.config)
        if event["event"] == "epoch":
            self._dashboard.epoch(entry.trial, event["row"])
        elif event["event"] == "ended":
            for row in event.get("rows", ()):
                self._dashboard.epoch(entry.trial, row)
            self._dashboard.end_trial(entry.trial, entry.status, entry.error or entry.reason)
            self._shown.discard(entry.trial)

    def snapshot(self) -> Snapshot:
        """Where the sweep stands."""
        counts = self._ledger.counts()
        running = [self._running(entry) for entry in self._standing.running.values()]
        best = self._standing.best
        elapsed = time.monotonic() - self._began
        rungs = self._conductor.rungs
        return Snapshot(
            sweep=self._plan.name,
            planned=self._plan.trials,
            running=running,
            finished=counts.get("completed", 0) + counts.get("stopped_early", 0),
            pruned=counts.get("pruned", 0),
            failed=counts.get("failed", 0),
            reused=counts.get("reused", 0),
            best=self._best(best) if best else None,
            rungs=rungs.summary() if rungs else "",
            eta_seconds=self._left(running, sum(counts.values()) - counts.get("running", 0)),
            elapsed=elapsed,
        )

    def _left(self, running: list[RunningTrial], ended: int) -> float | None:
        mean = self._standing.mean_seconds
        waiting = max(0, self._plan.trials - ended - len(running))
        left = eta(running, waiting, mean, max(1, len(running)))
        until = self._conductor.limits.deadline - time.monotonic()
        return left if left is None or until > left else max(0.0, until)

    def _running(self, entry: Entry) -> RunningTrial:
        last = entry.rows[max(entry.rows)] if entry.rows else None
        best = entry.best_row(METRIC)
        return RunningTrial(
            number=entry.number,
            name=entry.config["architecture"],
            epoch=len(entry.rows),
            epochs=entry.config["epochs"],
            rung=next((m for m in self._plan.milestones if m > len(entry.rows)), None),
            accuracy=last[METRIC] if last else None,
            best=best[METRIC] if best else None,
            seconds_per_epoch=last["seconds"] if last else None,
        )

    def _best(self, entry: Entry) -> Best:
        row = entry.best_row(METRIC) or {METRIC: 0.0}
        n = self._plan.question.validation_n
        low, high = metrics.interval(round(row[METRIC] * n), n)
        return Best(run_name(entry), row[METRIC], low, high, n)


def run_name(entry: Entry) -> str:
    """Name of a trial's TensorBoard run: number, what it is, signature."""
    config = entry.config
    what = f"{config['architecture']}-{config['preprocessing']}-lr{config['learning_rate']:.2g}"
    return f"{entry.number:03d}-{what}-{entry.trial}"


def leaderboard(ledger: Ledger, most: int = 20) -> str:
    """The best trials as a Markdown table."""
    lines = [
        "| trial | architecture | preprocessing | learning rate | accuracy | epochs | status |",
        "|---|---|---|---|---|---|---|",
    ]
    for entry in ranked(ledger)[:most]:
        row = entry.best_row(METRIC) or {}
        config = entry.config
        lines.append(
            f"| {entry.trial} | {config['architecture']} | {config['preprocessing']} "
            f"| {config['learning_rate']:.3g} | {row[METRIC]:.4f} | {len(entry.rows)} "
            f"| {entry.status} |"
        )
    return "\n".join(lines)


def closing_lines(plan: Plan, ledger: Ledger, most: int = 8) -> str:
    """What the terminal says at the end: counts, then the best trials with their intervals."""
    counts = ", ".join(f"{n} {status}" for status, n in sorted(ledger.counts().items()))
    lines = [f"{len(ledger.entries)} trials: {counts or 'none was begun'}"]
    n = plan.question.validation_n
    if any(entry.best_row(METRIC) for entry in ledger.entries.values()):
        lines.append(f"validation accuracy ({len(plan.splits.classes)} classes, n = {n:,}):")
    for entry in ranked(ledger)[:most]:
        row = entry.best_row(METRIC) or {METRIC: 0.0}
        low, high = metrics.interval(round(row[METRIC] * n), n)
        lines.append(
            f"  {row[METRIC]:.4f} ({low:.4f} to {high:.4f})  {run_name(entry)}  "
            f"epoch {row['epoch']} of {len(entry.rows)}, {_status(entry)}"
        )
    failed = [entry for entry in ledger.entries.values() if entry.status == "failed"]
    lines += [f"  failed: {run_name(e)}: {e.error or e.reason}" for e in failed[:most]]
    return "\n".join(lines)


def _short(said: str, most: int = 160) -> str:
    return said if len(said) <= most else f"{said[:most]}..."


def _status(entry: Entry) -> str:
    return f"reused from {entry.reused_from}" if entry.reused_from else entry.status


def _domain(axis: Axis) -> Any:
    if isinstance(axis, Constant):
        return axis.value
    if isinstance(axis, Choice):
        return list(axis.values)
    return SimpleNamespace(lower=axis.low, upper=axis.high)
