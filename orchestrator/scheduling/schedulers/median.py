"""The median stopping rule: a trial ends where half of the others had done better on average.

Golovin et al., "Google Vizier" (KDD 2017, https://doi.org/10.1145/3097983.3098043), section 3.2.2:
at an epoch a trial ends if its best value so far lies strictly below the median of the running
averages, up to that epoch, of the trials that have reached it before. Where we differ: it is asked
at the rungs alone and of three rivals at least, and trials that still train count as well.
"""

import statistics
from bisect import bisect_right

from orchestrator.scheduling.schedulers.at_once import AtOnce
from orchestrator.scheduling.schedulers.trial_scheduler import (
    NOTHING_FINITE,
    Decision,
    Setup,
    Verdict,
    worth,
)

LEAST = 3
"""Rivals without which nobody is stopped."""


class Median(AtOnce):
    """Every trial's running average at each rung, and who fell below their median.

    Args:
        setup: see there; the reduction factor counts for nothing here.
    """

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._own: dict[str, tuple[int, ...]] = {}
        self._curves: dict[str, dict[int, float]] = {}
        self._averages: dict[int, list[float]] = {rung: [] for rung in setup.rungs.epochs}

    def begin(self, trial: str, epochs: int) -> None:
        """See `TrialScheduler`."""
        self._own[trial] = self.rungs(epochs)
        self._curves.setdefault(trial, {})

    def record(self, trial: str, epoch: int, value: float | None) -> None:
        """See `TrialScheduler`."""
        curve, own = self._curves[trial], self._own[trial]
        curve.setdefault(epoch, worth(value))
        place = bisect_right(own, epoch)
        if not place:
            return
        nominal = self._setup.rungs.epochs[place - 1]
        if trial in self.judged[nominal]:
            return
        rivals = self._averages[nominal]
        self.judged[nominal][trial] = self._decision(trial, own[place - 1], rivals)
        finite = [v for v in curve.values() if v > worth(None)]
        if finite:
            rivals.append(statistics.fmean(finite))

    def _decision(self, trial: str, epoch: int, rivals: list[float]) -> Decision:
        best = max(self._curves[trial].values())
        if best == worth(None):
            reason = f"rung {epoch}: {NOTHING_FINITE}"
            return Decision(trial, epoch, best, Verdict.ENDS, reason)
        if len(rivals) < LEAST:
            reason = f"rung {epoch}: {len(rivals)} rivals, of which there must be {LEAST}"
            return Decision(trial, epoch, best, Verdict.GOES_ON, reason)
        median = statistics.median(rivals)
        verdict = Verdict.ENDS if best < median else Verdict.GOES_ON
        reason = (
            f"rung {epoch}: best {best:.4g}, the median of {len(rivals)} averages is {median:.4g}"
        )
        return Decision(trial, epoch, best, verdict, reason)
