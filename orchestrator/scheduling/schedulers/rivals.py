"""Trials of other sweeps among the rivals: they have arrived at their rungs, and are never trained.

A trial of the sweep that is one of them is compared as itself: the other leaves when it begins,
but from `asha` and `median`, which forget nobody.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from orchestrator.scheduling.schedulers.cohorts import Cohorts
from orchestrator.scheduling.schedulers.trial_scheduler import (
    Decision,
    TrialScheduler,
    Verdict,
)


@dataclass(frozen=True)
class Rival:
    """A trial of another sweep.

    Attributes:
        trial: its signature.
        epochs: that it had in all.
        curve: (epoch, value), what it reported.
    """

    trial: str
    epochs: int
    curve: tuple[tuple[int, float | None], ...]

    @property
    def name(self) -> str:
        """As the scheduler hears of it: the sweep may have a trial of this signature itself."""
        return f"earlier {self.trial}"


def with_rivals(rule: TrialScheduler, rivals: Iterable[Rival]) -> TrialScheduler:
    """A scheduler that compares with these too; itself, where there are none.

    Args:
        rule: it has been told nothing yet.
        rivals: whose signatures differ.
    """
    by_trial = {rival.trial: rival for rival in rivals}
    if not by_trial:
        return rule
    return (_Waiting if rule.waits else _Rivalled)(rule, by_trial)


class _Rivalled:
    """A scheduler that was told of rivals first."""

    waits: ClassVar[bool] = False

    def __init__(self, rule: TrialScheduler, rivals: dict[str, Rival]) -> None:
        self._rule = rule
        self._rivals = dict(rivals)
        for rival in rivals.values():
            if isinstance(rule, Cohorts):  # each of its groups meets them
                rule.meet(rival.name, rival.epochs, rival.curve)
                continue
            rule.begin(rival.name, rival.epochs)
            for epoch, value in rival.curve:
                rule.record(rival.name, epoch, value)
            rule.leave(rival.name, finished=True)

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """See `TrialScheduler`."""
        return self._rule.rungs(epochs)

    def begin(self, trial: str, epochs: int) -> None:
        """See `TrialScheduler`."""
        self._rule.begin(trial, epochs)
        if (rival := self._rivals.pop(trial, None)) is not None:
            self._rule.leave(rival.name, finished=False)

    def record(self, trial: str, epoch: int, value: float | None) -> Decision | None:
        """See `TrialScheduler`."""
        return self._rule.record(trial, epoch, value)

    def decisions(self, trial: str) -> list[Decision]:
        """See `TrialScheduler`."""
        return self._rule.decisions(trial)

    def promotion(self, last: bool) -> Decision | None:
        """See `TrialScheduler`."""
        return self._rule.promotion(last)

    def promoted(self, trial: str, epoch: int) -> None:
        """See `TrialScheduler`."""
        self._rule.promoted(trial, epoch)

    def leave(self, trial: str, finished: bool) -> None:
        """See `TrialScheduler`."""
        self._rule.leave(trial, finished)

    def summary(self) -> str:
        """See `TrialScheduler`; rivals are counted with those that arrived."""
        return self._rule.summary()


class _Waiting(_Rivalled):
    """The same where trials wait: one of the sweep's own finishes, however good the rivals are."""

    waits: ClassVar[bool] = True

    def __init__(self, rule: TrialScheduler, rivals: dict[str, Rival]) -> None:
        super().__init__(rule, rivals)
        self._own: set[str] = set()
        self._finished = False

    def begin(self, trial: str, epochs: int) -> None:
        super().begin(trial, epochs)
        self._own.add(trial)

    def leave(self, trial: str, finished: bool) -> None:
        super().leave(trial, finished)
        self._own.discard(trial)
        self._finished |= finished

    def promotion(self, last: bool) -> Decision | None:
        decision = super().promotion(last)
        return decision or (self._best() if last and not self._finished else None)

    def _best(self) -> Decision | None:
        """Of the sweep's own trials the one that came furthest, best first; None while one goes on.

        A sweep without a finished trial would have nothing to predict with.
        """
        latest = [self.decisions(trial)[-1:] for trial in sorted(self._own)]
        if any(not each or each[0].verdict is Verdict.GOES_ON for each in latest):
            return None
        waiting = [each[0] for each in latest if each[0].verdict is Verdict.WAITS]
        best = max(waiting, key=lambda each: (each.epoch, each.value), default=None)
        if best is None:
            return None
        words = f"{best.reason}, earlier sweeps' among them; the sweep's own best goes on"
        return dataclasses.replace(best, verdict=Verdict.GOES_ON, reason=words)
