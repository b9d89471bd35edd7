"""Asynchronous successive halving as it was published: who waits may be called back.

Li et al., "A System for Massively Parallel Hyperparameter Tuning" (MLSys 2020,
https://arxiv.org/abs/1810.05934), algorithm 2: a trial that reaches a rung waits there, and goes on
as soon as it belongs to the best 1/eta of those that have arrived; where nobody may, a new trial is
begun. Where we differ: once nothing is left to begin and nobody is on the way, the best of a rung
goes on however few have arrived there, so that some reach the last epoch.

`delayed` holds back besides while more than 1/eta of the arrived went on already, after Li et al.,
"Hyper-Tune" (VLDB 2022, https://arxiv.org/abs/2201.06834), section 4.2: where trials get better in
the order in which they come, everybody is among the best for a moment.
"""

from bisect import bisect_right
from typing import ClassVar

from orchestrator.scheduling.schedulers.rung_table import BestSoFar, Rung, summary
from orchestrator.scheduling.schedulers.rungs import check_factor
from orchestrator.scheduling.schedulers.trial_scheduler import Decision, Setup, Verdict


class Promotion:
    """All rungs of one sweep, who waits there and who went on.

    Args:
        setup: see there.
        delayed: see above.

    Raises:
        BadInput: for a factor below 2.
    """

    waits: ClassVar[bool] = True

    def __init__(self, setup: Setup, delayed: bool = False) -> None:
        check_factor(setup.reduction_factor)
        self._setup = setup
        self._delayed = delayed
        self._rungs = [Rung(epoch) for epoch in setup.rungs.epochs]
        self._own: dict[str, tuple[int, ...]] = {}
        self._on_the_way: set[str] = set()
        self._best = BestSoFar()

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """See `TrialScheduler`."""
        return self._setup.rungs.of(epochs)

    def begin(self, trial: str, epochs: int) -> None:
        """See `TrialScheduler`."""
        if trial not in self._own:
            self._own[trial] = self.rungs(epochs)
            self._on_the_way.add(trial)

    def record(self, trial: str, epoch: int, value: float | None) -> None:
        """See `TrialScheduler`."""
        own, best = self._own[trial], self._best.after(trial, value)
        place = bisect_right(own, epoch)
        if place and trial not in self._rungs[place - 1].arrived:
            self._rungs[place - 1].arrive(trial, own[place - 1], best)
            self._on_the_way.discard(trial)

    def decisions(self, trial: str) -> list[Decision]:
        """See `TrialScheduler`."""
        reached = (rung for rung in self._rungs if trial in rung.arrived)
        return [
            rung.decision(trial, rung.verdict(trial), len(rung.arrived), self._quota(rung))
            for rung in reached
        ]

    def promotion(self, last: bool) -> Decision | None:
        """See `TrialScheduler`; the highest rung has precedence, as in the paper."""
        alone = last and not self._on_the_way
        for rung in reversed(self._rungs):
            trial, quota = rung.best_waiting, self._quota(rung)
            if trial is None:
                continue
            owed = alone and len(rung.promoted) < self._setup.finalists
            held_back = self._delayed and not last and len(rung.promoted) >= quota
            if owed or (rung.rank(trial) <= quota and not held_back):
                return rung.decision(trial, Verdict.GOES_ON, len(rung.arrived), max(1, quota))
        return None

    def _quota(self, rung: Rung) -> int:
        return len(rung.arrived) // self._setup.reduction_factor

    def promoted(self, trial: str, epoch: int) -> None:
        """See `TrialScheduler`."""
        for rung, own in zip(self._rungs, self._own[trial], strict=True):
            if own <= epoch and trial in rung.arrived:
                rung.promote(trial)
        self._on_the_way.add(trial)

    def leave(self, trial: str, finished: bool) -> None:
        """See `TrialScheduler`; who finished has gone on from every rung, told to or not."""
        self._on_the_way.discard(trial)
        for rung in self._rungs:
            if finished and trial in rung.arrived:
                rung.promote(trial)
            elif not finished:
                rung.remove(trial)

    def summary(self) -> str:
        """See `TrialScheduler`."""
        return summary(self._rungs)
