"""Decides which trial comes next and which goes on; knows no Ray.

Two questions are asked of it, `next_trial` and `goes_on`, and every answer is in the journal
before it takes effect. What follows from a row is a function of the rows before it, so whatever a
kill cut short is done by `take_up`. Ray's side of the conversation is `on_ray/tune_adapter.py`.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.config import TrialConfig
from orchestrator.scheduling.asha import Rungs
from orchestrator.scheduling.failures import CAUSES
from orchestrator.scheduling.ledger import RESULT_FIELDS, Entry, Ledger
from orchestrator.search.strategy import Strategy, Suggestion, TrialOutcome
from orchestrator.training.history import EpochRow

METRIC = "validation_accuracy"
"""What trials are ranked by: 7-class accuracy on validation; higher is better."""

ROW_FIELDS = tuple(field.name for field in dataclasses.fields(EpochRow))
"""What an epoch's row holds."""

REPEATS = 200
"""Suggestions in a row that were all tried before: then the space counts as exhausted."""


@dataclass(frozen=True)
class FinishedTrial:
    """A trial that another sweep of the same results folder has finished.

    Attributes:
        sweep: that sweep's name.
        status: completed, stopped_early, or reused from yet another sweep.
        ended_by: what ended it where it was trained: epochs or patience.
        rows: its epochs, in order.
        metadata: see `ledger.RESULT_FIELDS`.
    """

    sweep: str
    status: str
    ended_by: str
    rows: tuple[dict[str, Any], ...]
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """Where a sweep ends.

    Attributes:
        trials: how many at most, reused ones included; of an extended sweep those that lie in the
            space that is searched now.
        concurrency: how many at once.
        deadline: `time.monotonic()` after which no epoch is begun; infinite for none.
        budget_text: the deadline in the user's words, e.g. "30m".
    """

    trials: int
    concurrency: float = math.inf
    deadline: float = math.inf
    budget_text: str = ""


class Scheduler:
    """Ledger, search strategy and rungs, working together.

    Args:
        base: the configuration that suggestions are put into.
        ledger: what has happened so far; pending trials of it come first.
        strategy: where new configurations come from.
        rungs: None where no trial is stopped early; empty, it is filled from the ledger.
        limits: see there.
        finished: looks a signature up among the results folder's finished trials.

    Attributes:
        run_name: names a trial's run in TensorBoard for the search's record; None: not recorded.
    """

    def __init__(
        self,
        base: TrialConfig,
        ledger: Ledger,
        strategy: Strategy,
        rungs: Rungs | None,
        limits: Limits,
        finished: Callable[[str], FinishedTrial | None] = lambda signature: None,
    ) -> None:
        self.ledger = ledger
        self.rungs = rungs
        self.limits = limits
        self.exhausted = False
        self.run_name: Callable[[Entry], str] | None = None
        self._base = base
        self._strategy = strategy
        self._finished = finished
        self._live: set[str] = set()
        self._pending: list[str] = []
        self._orphans: list[Suggestion] = []
        for trial, row in ledger.reported:
            if not ledger.entries[trial].outside:  # else it is no rival any more
                self._reached(trial, row)

    def take_up(self) -> int:
        """Go on where an interrupted sweep stopped; to be called once, before the first trial.

        What a kill left half-done is finished: a trial that a rung or its own last row had ended,
        an outcome that the search was not told, a suggestion that was drawn and not used.

        Returns:
            How many trials the search had forgotten and was told again, e.g. as its file was lost.
        """
        forgotten = sum(self._remind(entry) for entry in self.ledger.entries.values())
        for entry in self.ledger.entries.values():
            if entry.pending:
                self._settle(entry)
        self._pending = [e.trial for e in self.ledger.entries.values() if e.pending]
        used = {entry.ticket for entry in self.ledger.entries.values()}
        self._orphans = [
            Suggestion(ticket, values)
            for ticket, values in self._strategy.open_tickets().items()
            if ticket not in used
        ]
        return forgotten

    def _remind(self, entry: Entry) -> bool:
        ended = None if entry.pending else self._outcome(entry)
        ticket = self._strategy.recall(entry.ticket, entry.config, ended)
        if ticket is not None:
            self.ledger.ticket(entry.trial, ticket)
        elif ended is not None:
            self._strategy.tell(entry.ticket, ended)
        return ticket is not None

    @property
    def over(self) -> bool:
        """Whether no further trial will be begun; one that still runs may die and come back."""
        if time.monotonic() >= self.limits.deadline:
            return True
        return self.exhausted and not self._live and not self._pending

    def next_trial(self) -> TrialConfig | None:
        """The next configuration to train; None when there is none now (see `over`)."""
        if self.over or len(self._live) >= self.limits.concurrency:
            return None
        config = self._pending_trial()
        if config is None and not self.exhausted:
            config = self._new_trial()
            self.exhausted = config is None
        if config is not None:
            self._live.add(config.signature())
        return config

    def _pending_trial(self) -> TrialConfig | None:
        while self._pending:
            entry = self.ledger.entries[self._pending.pop(0)]
            if not self._reused(entry):
                return TrialConfig.from_flat(entry.config)
        return None

    def _new_trial(self) -> TrialConfig | None:
        repeats, entries = 0, self.ledger.entries
        # Where the sweep was extended, the search may come upon each of them once more.
        most = REPEATS + (len(entries) if self.ledger.extensions else 0)
        while repeats < most and len(entries) - self.ledger.outside < self.limits.trials:
            suggestion = self._orphans.pop(0) if self._orphans else self._strategy.ask()
            if suggestion is None:
                return None
            config = dataclasses.replace(self._base, **suggestion.values)
            earlier = entries.get(config.signature())
            if earlier is not None:
                self._strategy.tell(suggestion.ticket, self._outcome(earlier))
                repeats += 1
                continue
            repeats = 0
            entry = self.ledger.asked(config.signature(), config.to_flat(), suggestion.ticket)
            if not self._reused(entry):
                return config
        return None

    def _reused(self, entry: Entry) -> bool:
        finished = self._finished(entry.trial)
        if finished is None:
            return False
        self._end(
            entry,
            finished.ended_by,
            f"trained before in sweep {finished.sweep} ({finished.status})",
            reused_from=finished.sweep,
            rows=list(finished.rows),
            about=finished.metadata,
        )
        for row in finished.rows:  # it ends at no rung, but others are compared with it there
            self._reached(entry.trial, row)
        return True

    def started(self, trial: str) -> None:
        """A process has begun, or begun again, to work on a trial."""
        self.ledger.started(trial)

    def goes_on(self, trial: str, result: Mapping[str, Any]) -> bool:
        """Take a trial's row and say whether it trains another epoch.

        Args:
            trial: its signature.
            result: ROW_FIELDS (a number that is None or absent counts as NaN) and RESULT_FIELDS;
                "earlier": rows before this one, where several are told at once or the trial was
                taken up, of which those that are in the ledger are passed over; "stop" and
                "stop_reason" with the last row of a trial that ends by itself (see
                `training.stopping.Stop`); or "failure", the message of an error, with "passing" if
                that says nothing of the configuration.
        """
        entry = self.ledger.entries[trial]
        if "failure" in result:
            self._failed(entry, str(result["failure"]), bool(result.get("passing")))
            return False
        metadata = {k: result[k] for k in RESULT_FIELDS if k in result}
        for missed in result.get("earlier", ()):
            if missed["epoch"] not in entry.rows:  # else an earlier process has told it
                self._take(trial, _row(missed), metadata)
        stop = (result["stop"], str(result["stop_reason"])) if "stop" in result else ()
        self._take(trial, _row(result), metadata, stop)
        self._settle(entry)
        if entry.status == "running" and time.monotonic() >= self.limits.deadline:
            reason = f"time budget {self.limits.budget_text} spent; --resume goes on"
            self.ledger.ended(trial, "time", reason, resumable=True)
            self._live.discard(trial)
        return entry.status == "running"

    def _take(
        self, trial: str, row: dict[str, Any], metadata: dict[str, Any], stop: Sequence[str] = ()
    ) -> None:
        self.ledger.epoch(trial, row, metadata, stop)
        self._reached(trial, row)

    def _failed(self, entry: Entry, error: str, passing: bool) -> None:
        if not passing:
            self._end(entry, "failure", "raised an error", error=error)
            return
        self._live.discard(entry.trial)
        reason = "the disk failed it; --resume goes on"
        self.ledger.ended(entry.trial, "interrupted", reason, error=error, resumable=True)

    def _reached(self, trial: str, row: Mapping[str, Any]) -> None:
        if self.rungs is not None:
            self.rungs.record(trial, row["epoch"], row[METRIC])

    def _settle(self, entry: Entry) -> None:
        """Write down what follows from the trial's rows: rungs passed or not, its own end."""
        for decision in self.rungs.decisions(entry.trial) if self.rungs else ():
            if decision.epoch > entry.rung and not entry.condemned:
                self.ledger.rung(
                    entry.trial, decision.epoch, decision.value, decision.reason, decision.keep
                )
        if entry.stop:
            ended_by, reason = entry.stop
            self._end(entry, ended_by, reason)
        elif entry.condemned:
            self._end(entry, "rung", entry.condemned)

    def died(self, trial: str, cause: str, message: str) -> bool:
        """The process that worked on a trial is gone; the trial is begun again, unless too often.

        Args:
            trial: its signature.
            cause: a key of `failures.CAUSES`.
            message: Ray's, one line.

        Returns:
            Whether the trial is begun again.
        """
        entry = self.ledger.entries[trial]
        if entry.status != "running":
            return False
        self.ledger.died(trial, cause, message)
        policy = CAUSES[cause]
        if entry.deaths[cause] < policy.lives:
            self._live.discard(trial)
            self._pending.append(trial)
            return True
        reason = f"{policy.words} {entry.deaths[cause]} times"
        self._end(entry, "failure", reason, error=message)
        return False

    def _end(self, entry: Entry, ended_by: str, reason: str, **fields: Any) -> None:
        self._live.discard(entry.trial)
        self.ledger.ended(entry.trial, ended_by, reason, **fields)
        self._strategy.tell(entry.ticket, self._outcome(entry))

    def _outcome(self, entry: Entry) -> TrialOutcome:
        return outcome(entry, self.run_name(entry) if self.run_name else "")


def _row(result: Mapping[str, Any]) -> dict[str, Any]:
    return {k: math.nan if result.get(k) is None else result[k] for k in ROW_FIELDS}


def outcome(entry: Entry, run: str = "") -> TrialOutcome:
    """What the search strategy is told of a trial.

    A pruned trial is told as pruned, with what it reached on the way; so is a diverged one, because
    a failure would make Optuna forget the place and ask for it again. A trial that raised an error
    says nothing about its configuration and is told as failed.

    Args:
        entry: of the trial.
        run: name of its run in TensorBoard, for people who open the study.
    """
    path = [(e, row[METRIC]) for e, row in sorted(entry.rows.items()) if math.isfinite(row[METRIC])]
    best = entry.best_row(METRIC)
    attributes: dict[str, str | int] = {"trial": entry.trial, "reason": entry.error or entry.reason}
    if run:
        attributes["run"] = run
    if best is not None:
        attributes["best_epoch"] = best["epoch"]
    if entry.status in ("completed", "stopped_early", "reused") and best is not None:
        return TrialOutcome("completed", best[METRIC], path, attributes)
    if entry.error or entry.status == "running" or not entry.rows:
        return TrialOutcome("failed", None, path, attributes)
    return TrialOutcome("pruned", None, path, attributes)
