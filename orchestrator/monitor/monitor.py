"""Shows a sweep while it runs: tables, TensorBoard and the terminal, all views of the ledger."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, TextIO

import numpy as np

from orchestrator import metrics
from orchestrator.monitor.closing import leaderboard, run_name
from orchestrator.monitor.progress import BestTrial, Progress, RunningTrial, Snapshot, eta
from orchestrator.monitor.rows import trial_row
from orchestrator.monitor.standings import Standings
from orchestrator.monitor.tables import SHARE_OF_TIME, TableWriter
from orchestrator.monitor.tensorboard import TensorBoardRuns
from orchestrator.plan import Plan
from orchestrator.process.error_line import log_traceback
from orchestrator.scheduling.failures import CAUSES
from orchestrator.scheduling.ledger import Entry, Ledger
from orchestrator.scheduling.outcome import METRIC
from orchestrator.scheduling.scheduler import Scheduler
from orchestrator.search.axes import Axis, Categorical, Constant
from orchestrator.training.inputs import prepare_inputs
from results.errors import JournalLost
from results.journal.event_journal import Busy
from results.varied import description

SAMPLES_A_CLASS = 2
"""Training images of each class shown in TensorBoard, under every variant."""

REFRESH_SECONDS = 0.25
"""Shortest time between two redrawings; longer where one takes long."""


class Monitor:
    """Keeps every view up with the ledger; call it often, it works only when due.

    A view that fails ends no training: the error goes to the log, the first of each view is said,
    and the sweep goes on. The tables' last writing alone may raise, for they are the result.

    Args:
        plan: of the sweep.
        scheduler: whose ledger is shown.
        tables: the Parquet tables.
        dashboard: TensorBoard.
        err: the terminal.
    """

    def __init__(
        self,
        plan: Plan,
        scheduler: Scheduler,
        tables: TableWriter,
        dashboard: TensorBoardRuns,
        err: TextIO,
    ) -> None:
        self._plan = plan
        self._scheduler = scheduler
        self._ledger: Ledger = scheduler.ledger
        self._tables = tables
        self._dashboard = dashboard
        self._progress = Progress(err)
        self._began = time.monotonic()
        self._next = 0.0
        self._shown: set[str] = set()
        self._broken: set[str] = set()
        self._standings = Standings(self._ledger)
        self._ledger.listen(self._on_event)

    def __enter__(self) -> "Monitor":
        self._progress.__enter__()
        with self.harmless("TensorBoard"):
            space = self._plan.space
            self._dashboard.start_sweep({key: _domain(space.axes[key]) for key in space.varied})
            if not self._plan.resume:
                self._show_samples()
        return self

    def __exit__(self, *exception: Any) -> None:
        if any(isinstance(each, JournalLost) and each.gone for each in exception):
            self._progress.__exit__(*exception)
            return  # a folder in the old one's place would be in the way of putting that back
        with self.harmless("TensorBoard"):
            self._dashboard.text("leaderboard", leaderboard(self._plan.question, self._ledger))
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
            log_traceback()
            if view not in self._broken:
                self._broken.add(view)
                problem = f"{type(error).__name__}: {error}".partition("\n")[0]
                self.say(
                    f"note: {view} could not be brought up to date ({problem}); training goes on"
                )

    def _show_samples(self) -> None:
        plan = self._plan
        labels = plan.splits.training.labels
        rows = np.concatenate(
            [np.flatnonzero(labels == k)[:SAMPLES_A_CLASS] for k in range(len(plan.splits.classes))]
        )
        names = [plan.splits.classes[labels[i]] for i in rows]
        for variant in plan.space.values("preprocessing"):
            inputs = prepare_inputs(plan.source, plan.splits, variant)
            self._dashboard.images(f"samples/{variant}", inputs.training[rows], names)

    def _on_event(self, event: Mapping[str, Any], entry: Entry) -> None:
        with self.harmless("display"):
            self._standings.note(event, entry)
        with self.harmless("TensorBoard"):
            self._to_dashboard(event, entry)
        if back := event.get("back"):
            epoch = event["row"]["epoch"]
            state = f"it goes on from its state after epoch {epoch}"
            self.say(f"note: {self._name(entry)}: {state}; it had told {epoch + back}")
        if event["event"] == "died":
            cause = f"{CAUSES[event['cause']].words} ({_short(event['said'])})"
            self.say(f"note: {self._name(entry)}, epoch {len(entry.rows)}: {cause}")

    def _to_dashboard(self, event: Mapping[str, Any], entry: Entry) -> None:
        if entry.trial not in self._shown:
            self._shown.add(entry.trial)
            self._dashboard.start_trial(entry.trial, self._name(entry), entry.config)
        if event["event"] == "epoch":
            self._dashboard.epoch(entry.trial, event["row"])
        elif event["event"] in ("ended", "paused"):
            for row in event.get("rows", ()):
                self._dashboard.epoch(entry.trial, row)
            row = trial_row(self._plan.question, entry)
            self._dashboard.end_trial(entry.trial, entry.status, entry.error or entry.reason, row)
            self._shown.discard(entry.trial)

    @property
    def _trials(self) -> int:
        return self._plan.trials + self._ledger.outside

    def snapshot(self) -> Snapshot:
        """Where the sweep stands."""
        counts = self._ledger.counts()
        running = [self._running(entry) for entry in self._standings.running.values()]
        best = self._standings.best
        elapsed = time.monotonic() - self._began
        rule = self._scheduler.rule
        return Snapshot(
            sweep=self._plan.name,
            planned=self._trials,
            running=running,
            finished=counts.get("completed", 0) + counts.get("stopped_early", 0),
            paused=counts.get("paused", 0),
            pruned=counts.get("pruned", 0),
            failed=counts.get("failed", 0),
            reused=counts.get("reused", 0),
            best=self._best(best) if best else None,
            rungs=rule.summary() if rule else "",
            eta_seconds=self._left(running, sum(counts.values()) - counts.get("running", 0)),
            elapsed=elapsed,
        )

    def _left(self, running: list[RunningTrial], ended: int) -> float | None:
        at_once = max(1, len(running))
        if self._ledger.counts().get("paused"):
            left = self._halving_left(at_once)
        else:
            not_begun = max(0, self._trials - ended - len(running))
            left = eta(running, not_begun, self._standings.mean_seconds, at_once)
        until = self._scheduler.limits.deadline - time.monotonic()
        return left if left is None or until > left else max(0.0, until)

    def _halving_left(self, at_once: int) -> float | None:
        """Where trials wait, of most of them it is not known yet how far they will go."""
        seconds = self._ledger.seconds_per_epoch
        epochs = max(0, self._plan.comparison.halving_epochs - self._ledger.epochs)
        return None if seconds is None else epochs * seconds / at_once

    def _name(self, entry: Entry) -> str:
        return run_name(entry, self._plan.space.varied)

    def _running(self, entry: Entry) -> RunningTrial:
        last = entry.rows[max(entry.rows)] if entry.rows else None
        best = entry.best_row(METRIC)
        return RunningTrial(
            number=entry.number,
            name=description(entry.config, self._plan.space.varied),
            epoch=len(entry.rows),
            epochs=entry.config["epochs"],
            rung=self._next_rung(entry),
            accuracy=last[METRIC] if last else None,
            best=best[METRIC] if best else None,
            seconds_per_epoch=last["seconds"] if last else None,
        )

    def _next_rung(self, entry: Entry) -> int | None:
        rule = self._scheduler.rule
        own = rule.rungs(entry.config["epochs"]) if rule else ()
        return next((rung for rung in own if rung > len(entry.rows)), None)

    def _best(self, entry: Entry) -> BestTrial:
        row = entry.best_row(METRIC) or {METRIC: 0.0}
        n = self._plan.question.validation_n
        low, high = metrics.interval(round(row[METRIC] * n), n)
        name = description(entry.config, self._plan.space.varied)
        return BestTrial(f"{name} (trial {entry.number})", row[METRIC], low, high, n)


def _short(message: str, most: int = 160) -> str:
    return message if len(message) <= most else f"{message[:most]}..."


def _domain(axis: Axis) -> Any:
    if isinstance(axis, Constant):
        return axis.value
    if isinstance(axis, Categorical):
        return list(axis.values)
    return SimpleNamespace(lower=axis.low, upper=axis.high)
