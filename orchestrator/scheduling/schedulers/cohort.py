"""Successive halving of one group of trials, exact in every order of arrival, without idle waiting.

Jamieson & Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization"
(AISTATS 2016, https://arxiv.org/abs/1502.07943): of the n that reach a rung the best n/eta go on,
when all have arrived. Where we differ: a trial goes on before that, as soon as those that are still
to come can no longer take its place; so who goes on is the same, and processes seldom wait.
"""

from bisect import bisect_right
from collections.abc import Sequence

from orchestrator.scheduling.schedulers.rung_table import BestSoFar, Rung
from orchestrator.scheduling.schedulers.trial_scheduler import Decision, Verdict


class Cohort:
    """Trials that are compared with one another, rung by rung.

    Args:
        rungs: their epochs in the longest trial.
        factors: for each rung: one in so many goes on.
        size: trials that belong to it, once all have begun.
        finalists: so many go on at least.

    Attributes:
        rungs: who arrived there and went on, the lowest first.
        begun: trial -> its own rungs' epochs.
    """

    def __init__(
        self, rungs: Sequence[int], factors: Sequence[int], size: int, finalists: int
    ) -> None:
        self.rungs = [Rung(epoch) for epoch in rungs]
        self.begun: dict[str, tuple[int, ...]] = {}
        self._factors = tuple(factors)
        self._size = size
        self._finalists = finalists
        self._last = False
        self._best = BestSoFar()
        self._way: list[set[str]] = [set() for _ in rungs]

    @property
    def full(self) -> bool:
        """Whether no further trial belongs to it."""
        return len(self.begun) >= self._size

    def begin(self, trial: str, own: tuple[int, ...]) -> None:
        """A trial with these rungs, in its own epochs, belongs to it; it is on its way."""
        self.begun[trial] = own
        if self._way:
            self._way[0].add(trial)

    def meet(
        self, trial: str, own: tuple[int, ...], curve: Sequence[tuple[int, float | None]]
    ) -> None:
        """A trial of another sweep is compared with these: it has arrived, and waits nowhere."""
        self._size += 1
        self.begin(trial, own)
        for epoch, value in curve:
            self.record(trial, epoch, value)
        self.leave(trial, finished=True)

    def record(self, trial: str, epoch: int, value: float | None) -> None:
        """See `TrialScheduler`."""
        own, best = self.begun[trial], self._best.after(trial, value)
        place = bisect_right(own, epoch)
        if place and trial not in self.rungs[place - 1].arrived:
            self.rungs[place - 1].arrive(trial, own[place - 1], best)
            for way in self._way[:place]:
                way.discard(trial)

    def decisions(self, trial: str) -> list[Decision]:
        """See `TrialScheduler`."""
        sizes = self._sizes()
        return [
            rung.decision(trial, rung.verdict(trial), size, survivors)
            for rung, (size, survivors) in zip(self.rungs, sizes, strict=True)
            if trial in rung.arrived
        ]

    def promotion(self, last: bool) -> Decision | None:
        """A trial that goes on whoever still comes, of the highest rung that has one."""
        self._last = last
        sizes = self._sizes()
        for rung, (size, survivors) in reversed(list(zip(self.rungs, sizes, strict=True))):
            trial = rung.best_waiting
            to_come = size - len(rung.arrived)
            if trial is not None and rung.rank(trial) <= survivors - to_come:
                return rung.decision(trial, Verdict.GOES_ON, size, survivors)
        return None

    def promoted(self, trial: str, epoch: int) -> None:
        """See `TrialScheduler`."""
        for place, own in enumerate(self.begun[trial]):
            if own <= epoch and trial in self.rungs[place].arrived:
                self.rungs[place].promote(trial)
                later = self._way[place + 1 : place + 2]
                if later and trial not in self.rungs[place + 1].arrived:
                    later[0].add(trial)

    def leave(self, trial: str, finished: bool) -> None:
        """See `TrialScheduler`; who failed is taken out everywhere, so that the next takes over."""
        for rung, way in zip(self.rungs, self._way, strict=True):
            way.discard(trial)
            if finished:
                rung.withdraw(trial)
            else:
                rung.remove(trial)

    def _sizes(self) -> list[tuple[int, int]]:
        """For each rung: trials that may have arrived in the end, and how many of them go on."""
        sizes: list[tuple[int, int]] = []
        to_come = 0 if self._last else max(0, self._size - len(self.begun))
        for rung, way, factor in zip(self.rungs, self._way, self._factors, strict=True):
            to_come += len(way)
            size = len(rung.arrived) + to_come
            survivors = min(size, max(self._finalists, size // factor))
            sizes.append((size, survivors))
            free = max(0, survivors - len(rung.promoted))
            to_come = min(free, rung.waiting_among(survivors) + to_come)
        return sizes
