"""Decides which trial comes next and which goes on; knows no Ray.

How trials are compared is a `TrialScheduler`'s; here is what follows: who trains, waits, ends.

Two questions are asked of it, `next_trial` and `goes_on`, and every answer is in the journal
before it takes effect. What follows from a row is a function of the rows before it, so whatever a
kill cut short is done by `take_up`. Ray's side of the conversation is `on_ray/tune_adapter.py`.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator.config import TrialConfig
from orchestrator.scheduling.epoch_row import epoch_row
from orchestrator.scheduling.failures import CAUSES
from orchestrator.scheduling.finished_trial import FinishedTrial
from orchestrator.scheduling.ledger import RESULT_FIELDS, Entry, Ledger
from orchestrator.scheduling.limits import Limits
from orchestrator.scheduling.outcome import METRIC, TrialSource
from orchestrator.scheduling.schedulers.trial_scheduler import (
    Decision,
    TrialScheduler,
    Verdict,
)
from orchestrator.search.strategy import Strategy
from results.statuses import FINISHED

REPEATS = 200
"""Suggestions in a row that were all tried before: then the space counts as exhausted."""


class Scheduler:
    """Ledger, search strategy and trial scheduler, working together.

    Args:
        base: the configuration that suggestions are put into.
        ledger: what has happened so far; pending trials of it come first.
        strategy: where new configurations come from.
        rule: compares trials; None where none is stopped early. It has been told nothing yet; what
            the ledger holds, it is told here.
        limits: see there.
        finished: looks a signature up among the results folder's finished trials.

    Attributes:
        source: of new trials.
    """

    def __init__(
        self,
        base: TrialConfig,
        ledger: Ledger,
        strategy: Strategy,
        rule: TrialScheduler | None,
        limits: Limits,
        finished: Callable[[str], FinishedTrial | None] = lambda signature: None,
    ) -> None:
        self.ledger = ledger
        self.rule = rule
        self.limits = limits
        self.exhausted = False
        self._stuck = False
        self._short = False
        self.source = TrialSource(strategy, self._first_rung)
        self._base = base
        self._finished = finished
        self._live: set[str] = set()
        self._pending: list[str] = []
        self._replay()

    def _replay(self) -> None:
        """Tell the rule what the ledger holds; outside of the space nobody is a rival any more."""
        if self.rule is None:
            return
        rivals = [entry for entry in self.ledger.entries.values() if not entry.outside]
        for entry in rivals:
            self.rule.begin(entry.trial, entry.config["epochs"])
        for trial, row in self.ledger.reported:
            if not self.ledger.entries[trial].outside:
                self._reached(trial, row)
        for entry in rivals:
            if entry.rung:
                self.rule.promoted(entry.trial, entry.rung)
            if not entry.pending:
                self._leave(entry)

    def take_up(self) -> int:
        """Go on where an interrupted sweep stopped; to be called once, before the first trial.

        What a kill left half-done is finished: a trial that a rung or its own last row had ended,
        an outcome that the search was not told, a suggestion that was drawn and not used.

        Returns:
            How many trials the search had forgotten and was told again, e.g. as its file was lost.
        """
        entries = self.ledger.entries.values()
        forgotten = sum(self._remind(entry) for entry in entries)
        for entry in entries:
            if entry.pending and entry.status != "paused":
                self._settle(entry)
        begun = (entry for entry in entries if entry.pending and entry.status != "paused")
        self._pending = [entry.trial for entry in begun]
        self.source.take_up({entry.ticket for entry in entries})
        return forgotten

    def _remind(self, entry: Entry) -> bool:
        ticket = self.source.remind(entry)
        if ticket is not None:
            self.ledger.ticket(entry.trial, ticket)
        return ticket is not None

    @property
    def over(self) -> bool:
        """Whether no further trial will be begun; one that still runs may die and come back."""
        if time.monotonic() >= self.limits.deadline:
            return True
        if self._live or self._pending:
            return False
        waits = self.ledger.counts().get("paused")
        return self._short or (self.exhausted and (self._stuck or not waits))

    def next_trial(self) -> TrialConfig | None:
        """The next configuration to train; None when there is none now (see `over`)."""
        if self.over or len(self._live) >= self.limits.concurrency:
            return None
        config = self._pending_trial() or self._promoted_trial()
        if config is None and not self.exhausted and self._is_short():
            config = self._promoted_trial()
        elif config is None and not self.exhausted:
            config = self._new_trial() or self._promoted_trial()
        if config is not None:
            self._live.add(config.signature())
        elif self.exhausted and not self._live:
            self._end_waiting()
        return config

    def _is_short(self) -> bool:
        """Whether no further trial is begun in this run, so that of those begun some finish."""
        ledger, at_once = self.ledger, len(self._live) + 1
        if self.rule is not None and self.rule.waits and not self._short:
            numbers = len(ledger.entries), ledger.epochs, ledger.seconds_per_epoch
            self._short = self.limits.is_short(*numbers, at_once)
        return self._short

    def _promoted_trial(self) -> TrialConfig | None:
        decision = self._promotion()
        if decision is None:
            return None
        self._promote(decision)
        return TrialConfig.from_flat(self.ledger.entries[decision.trial].config)

    def _promotion(self) -> Decision | None:
        """Who goes on of those that wait."""
        enough = len(self.ledger.entries) >= self.limits.trials
        last = self.exhausted or self._short or enough
        return self.rule.promotion(last) if self.rule else None

    def _promote(self, decision: Decision) -> None:
        self._note_rung(decision)
        if self.rule is not None:
            self.rule.promoted(decision.trial, decision.epoch)

    def _note_rung(self, decision: Decision) -> None:
        self.ledger.rung(
            decision.trial, decision.epoch, decision.value, decision.reason, decision.keep
        )

    def _end_waiting(self) -> None:
        """Nobody is left who could go on: who still waits has been stopped where it waits.

        Unless a disk failed a trial that it is compared with, which a resumed sweep goes on with.
        """
        self._stuck = any(entry.resumable for entry in self.ledger.entries.values())
        waiting = [e for e in self.ledger.entries.values() if e.status == "paused"]
        for entry in () if self._stuck else waiting:
            self._end(entry, "rung", self._decisions(entry)[-1].reason)

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
            if not self.source.ready():
                return None
            suggestion = self.source.suggestion()
            if suggestion is None:
                break
            config = dataclasses.replace(self._base, **suggestion.values)
            earlier = entries.get(config.signature())
            if earlier is not None:
                self.source.tell(earlier, suggestion.ticket)
                repeats += 1
                continue
            repeats = 0
            entry = self.ledger.asked(config.signature(), config.to_flat(), suggestion.ticket)
            if self.rule is not None:
                self.rule.begin(entry.trial, config.epochs)
            if not self._reused(entry):
                return config
        self.exhausted = True
        return None

    def _reused(self, entry: Entry) -> bool:
        finished = self._finished(entry.trial)
        if finished is None:
            return False
        for row in finished.rows:  # it ends at no rung, but others are compared with it there
            self._reached(entry.trial, row)
        self._end(
            entry,
            finished.ended_by,
            f"trained before in sweep {finished.sweep} ({finished.status})",
            reused_from=finished.sweep,
            rows=list(finished.rows),
            about=finished.metadata,
        )
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
                self._take(trial, epoch_row(missed), metadata)
        stop = (result["stop"], str(result["stop_reason"])) if "stop" in result else ()
        self._take(trial, epoch_row(result), metadata, stop)
        self._settle(entry)
        if entry.status == "running" and time.monotonic() >= self.limits.deadline:
            reason = f"time budget {self.limits.budget_text} spent; --resume goes on"
            self.ledger.ended(trial, "time", reason, resumable=True)
            self._live.discard(trial)
        self.source.reached(entry)
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
        self.source.give_up(entry)
        reason = "the disk failed it; --resume goes on"
        self.ledger.ended(entry.trial, "interrupted", reason, error=error, resumable=True)

    def _reached(self, trial: str, row: Mapping[str, Any]) -> None:
        if self.rule is not None:
            self.rule.record(trial, row["epoch"], row[METRIC])

    def _settle(self, entry: Entry) -> None:
        """Write down what follows from the trial's rows: rungs passed or not, its own end."""
        for decision in self._decisions(entry):
            if decision.epoch > entry.rung and not entry.condemned:
                if decision.verdict is not Verdict.WAITS:
                    self._note_rung(decision)
                elif not entry.stop:
                    self._wait(entry, decision)
        if entry.stop:
            ended_by, reason = entry.stop
            self._end(entry, ended_by, reason)
        elif entry.condemned:
            self._end(entry, "rung", entry.condemned)

    def _decisions(self, entry: Entry) -> list[Decision]:
        return self.rule.decisions(entry.trial) if self.rule else []

    def _wait(self, entry: Entry, decision: Decision) -> None:
        """It gives its process away, unless it is the very one that may go on now."""
        promotion = self._promotion()
        if promotion is not None and promotion.trial == entry.trial:
            self._promote(promotion)
            return
        self._live.discard(entry.trial)
        self.ledger.paused(entry.trial, decision.epoch, decision.value, decision.reason)
        self.source.tell(entry)

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
        self._leave(entry)
        self.source.tell(entry)

    def _leave(self, entry: Entry) -> None:
        """Tell the rule that a trial ended; one that a rung stopped is still among its rivals."""
        if self.rule is not None and entry.ended_by != "rung" and not entry.outside:
            self.rule.leave(entry.trial, finished=entry.status in FINISHED)

    def _first_rung(self, entry: Entry) -> int | None:
        """Where trials wait: the epoch at which the search learns of it what it ever will."""
        if self.rule is None or not self.rule.waits:
            return None
        return next(iter(self.rule.rungs(entry.config["epochs"])), None)
