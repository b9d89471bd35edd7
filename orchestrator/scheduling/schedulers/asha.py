"""Asynchronous successive halving in its stopping form: nobody waits, nobody is called back.

After Li et al., "A System for Massively Parallel Hyperparameter Tuning" (MLSys 2020,
https://arxiv.org/abs/1810.05934), section 3, as most libraries have it: a trial that reaches a rung
is compared with those that reached it earlier and goes on or ends at once. Where trials get better
in the order in which they come, nearly all go on. Where we differ: the cut is a rank, not a
percentile, so that equal trials do not all pass; and a trial without a finite value never passes.
"""

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass

from orchestrator.scheduling.schedulers.at_once import AtOnce
from orchestrator.scheduling.schedulers.rungs import check_factor
from orchestrator.scheduling.schedulers.trial_scheduler import (
    Decision,
    Setup,
    Verdict,
    standing,
    worth,
)


@dataclass(frozen=True)
class RankedDecision(Decision):
    """What became of one trial at one rung, among those that came before it.

    Attributes:
        rank: 1 for the best so far; equals rank in order of arrival.
        of: trials that have reached this rung, this one included: n.
        survivors: how many of n may go on: max(1, ceil(n / eta)).
    """

    rank: int
    of: int
    survivors: int


class Asha(AtOnce):
    """All rungs of one sweep and the decisions taken at them, in order of arrival.

    Args:
        setup: see there.

    Attributes:
        judged: rung -> trial -> decision, the lowest rung first, trials in order of arrival.

    Raises:
        BadInput: for a factor below 2.
    """

    def __init__(self, setup: Setup) -> None:
        check_factor(setup.reduction_factor)
        super().__init__(setup)
        self._lengths: dict[str, int] = {}
        nominal = setup.rungs.epochs
        self._values: dict[int, list[float]] = {rung: [] for rung in nominal}  # ascending

    def begin(self, trial: str, epochs: int) -> None:
        """See `TrialScheduler`."""
        self._lengths[trial] = epochs

    def record(self, trial: str, epoch: int, value: float | None) -> RankedDecision | None:
        """Take one report and decide, where it is the trial's first at a rung.

        A trial that reports sparsely and jumps over rungs is recorded at the highest one it has
        passed, with the value it reports now, and not at the lower ones: a value of epoch 9 among
        those of epoch 1 would raise their bar.

        Args:
            trial: its signature.
            epoch: passes over the data so far, from 1.
            value: see `TrialScheduler`; without a finite one not even the first to arrive goes on.

        Returns:
            The decision; None where the epoch is before the first rung, or the trial has already
            been recorded at this rung: the first row wins, so that replays and retries are
            harmless.
        """
        own = self.rungs(self._lengths.get(trial, self._setup.epochs))
        place = bisect_right(own, epoch)
        if not place:
            return None
        nominal = self._setup.rungs.epochs[place - 1]
        judged = self.judged[nominal]
        if trial in judged:
            return None
        reached = worth(value)
        # Equals that came earlier rank before, or a crowd of majority-class nets would all pass.
        values = self._values[nominal]
        rank = 1 + len(values) - bisect_left(values, reached)
        insort(values, reached)
        n = len(values)
        survivors = max(1, -(-n // self._setup.reduction_factor))
        keep = rank <= survivors and reached > worth(None)
        words = f"{reached:.4g}" if reached > worth(None) else ""
        decision = RankedDecision(
            trial=trial,
            epoch=own[place - 1],
            value=reached,
            verdict=Verdict.GOES_ON if keep else Verdict.ENDS,
            reason=standing(own[place - 1], words, rank, n, survivors),
            rank=rank,
            of=n,
            survivors=survivors,
        )
        judged[trial] = decision
        return decision
