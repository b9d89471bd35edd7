"""Trials in groups, each halved on its own: what synchronous schedulers share."""

import itertools
from collections.abc import Iterator, Sequence
from typing import ClassVar

from orchestrator.scheduling.schedulers.cohort import Cohort
from orchestrator.scheduling.schedulers.rungs import check_factor
from orchestrator.scheduling.schedulers.trial_scheduler import Decision, Setup

_Rival = tuple[int, Sequence[tuple[int, float | None]]]
"""Epochs in all, and what it reported."""


class Cohorts:
    """Groups of trials, filled one after the other in the order in which trials begin.

    Args:
        setup: see there.
        new: the groups, as many as are needed.

    Raises:
        BadInput: for a factor below 2.
    """

    waits: ClassVar[bool] = True

    def __init__(self, setup: Setup, new: Iterator[Cohort]) -> None:
        check_factor(setup.reduction_factor)
        self._setup = setup
        self._new = new
        self._cohorts: list[Cohort] = []
        self._of: dict[str, Cohort] = {}
        self._rivals: dict[str, _Rival] = {}

    def meet(self, trial: str, epochs: int, curve: Sequence[tuple[int, float | None]]) -> None:
        """A trial of another sweep is a rival in every group, and takes no trial's place there.

        Args:
            trial: its name, which is no trial's of this sweep.
            epochs: that it had in all.
            curve: (epoch, value), what it reported.
        """
        self._rivals[trial] = epochs, curve

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """See `TrialScheduler`; those of a group that is compared at all of them."""
        return self._setup.rungs.of(epochs)

    def begin(self, trial: str, epochs: int) -> None:
        """See `TrialScheduler`."""
        if trial in self._of:
            return
        if not self._cohorts or self._cohorts[-1].full:
            self._cohorts.append(next(self._new))
            for name, (length, curve) in self._rivals.items():
                self._cohorts[-1].meet(name, self._own(self._cohorts[-1], length), curve)
        cohort = self._cohorts[-1]
        cohort.begin(trial, self._own(cohort, epochs))
        self._of[trial] = cohort

    def _own(self, cohort: Cohort, epochs: int) -> tuple[int, ...]:
        own = dict(zip(self._setup.rungs.epochs, self.rungs(epochs), strict=True))
        return tuple(own[rung.epoch] for rung in cohort.rungs)

    def record(self, trial: str, epoch: int, value: float | None) -> None:
        """See `TrialScheduler`."""
        self._of[trial].record(trial, epoch, value)

    def decisions(self, trial: str) -> list[Decision]:
        """See `TrialScheduler`."""
        return self._of[trial].decisions(trial)

    def promotion(self, last: bool) -> Decision | None:
        """See `TrialScheduler`; the group that was filled first has precedence."""
        promotions = (cohort.promotion(last) for cohort in self._cohorts)
        return next((decision for decision in promotions if decision), None)

    def promoted(self, trial: str, epoch: int) -> None:
        """See `TrialScheduler`."""
        self._of[trial].promoted(trial, epoch)

    def leave(self, trial: str, finished: bool) -> None:
        """See `TrialScheduler`."""
        cohorts = self._cohorts if self._rivals.pop(trial, None) else [self._of[trial]]
        for cohort in cohorts:
            cohort.leave(trial, finished)

    def summary(self) -> str:
        """See `TrialScheduler`; the groups' rungs are added up."""
        counts: dict[int, list[int]] = {epoch: [0, 0] for epoch in self._setup.rungs.epochs}
        for rung in itertools.chain.from_iterable(cohort.rungs for cohort in self._cohorts):
            counts[rung.epoch][0] += len(rung.promoted)
            counts[rung.epoch][1] += len(rung.arrived)
        return "   ".join(f"{epoch}: {on} of {all_}" for epoch, (on, all_) in counts.items())
