"""Ray Tune's ASHA as it is, asked through our contract.

`ray.tune.schedulers.AsyncHyperBandScheduler`,
https://docs.ray.io/en/latest/tune/api/doc/ray.tune.schedulers.AsyncHyperBandScheduler.html: the
stopping form, its cut a percentile of those that came before.
"""

import math
from types import SimpleNamespace
from typing import ClassVar

from ray.tune.schedulers import AsyncHyperBandScheduler

from orchestrator.scheduling.schedulers.trial_scheduler import Decision, Setup, Verdict, worth

TIME, VALUE = "training_iteration", "value"


class RayAsha:
    """Asks Ray at every epoch, as Tune does.

    Args:
        setup: see there; all trials have the same rungs.
    """

    waits: ClassVar[bool] = False

    def __init__(self, setup: Setup) -> None:
        self._rungs = setup.rungs.epochs
        self._longest = setup.epochs
        self._ray = AsyncHyperBandScheduler(
            time_attr=TIME,
            metric=VALUE,
            mode="max",
            max_t=setup.epochs,
            grace_period=setup.grace,
            reduction_factor=setup.reduction_factor,
        )
        self._trials: dict[str, SimpleNamespace] = {}
        self._decisions: dict[str, dict[int, Decision]] = {}

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """See `TrialScheduler`."""
        return self._rungs

    def begin(self, trial: str, epochs: int) -> None:
        """See `TrialScheduler`."""
        if trial not in self._trials:
            self._trials[trial] = SimpleNamespace(trial_id=trial)
            self._decisions[trial] = {}
            self._ray.on_trial_add(None, self._trials[trial])

    def record(self, trial: str, epoch: int, value: float | None) -> Decision | None:
        """See `TrialScheduler`; of the last epoch Ray is not asked, as nothing follows it."""
        if epoch >= self._longest or epoch in self._decisions[trial]:
            return None
        result = {TIME: epoch, VALUE: math.nan if value is None else value}
        action = self._ray.on_trial_result(None, self._trials[trial], result)
        ends = action == AsyncHyperBandScheduler.STOP
        if not ends and epoch not in self._rungs:
            return None
        verdict = Verdict.ENDS if ends else Verdict.GOES_ON
        reason = f"rung {epoch}: Ray's ASHA says {action}"
        decision = Decision(trial, epoch, worth(value), verdict, reason)
        self._decisions[trial][epoch] = decision
        return decision

    def decisions(self, trial: str) -> list[Decision]:
        """See `TrialScheduler`."""
        return list(self._decisions[trial].values())

    def promotion(self, last: bool) -> Decision | None:
        """Nobody waits."""
        return None

    def promoted(self, trial: str, epoch: int) -> None:
        """It went on when it arrived."""

    def leave(self, trial: str, finished: bool) -> None:
        """Nobody waits for it."""

    def summary(self) -> str:
        """See `TrialScheduler`."""
        made = [d for decisions in self._decisions.values() for d in decisions.values()]
        return "   ".join(
            f"{rung}: {sum(d.keep for d in made if d.epoch == rung)} of "
            f"{sum(d.epoch == rung for d in made)}"
            for rung in self._rungs
        )
