"""Who goes on at a rung: the arithmetic of asynchronous successive halving, as plain data.

After Li et al., "A System for Massively Parallel Hyperparameter Tuning" (MLSys 2020,
https://arxiv.org/abs/1810.05934), section 3, in its stopping form: a trial that reaches a rung is
compared with those that reached it earlier and goes on or ends at once; it never waits, and nobody
who has ended is called back. Where we differ: the cut is a rank, not a percentile, so that equal
trials do not all pass; and a trial without a finite value never passes.

The state is a function of the rows seen, in their order: recording the written rows again gives it
back after a crash.
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.errors import BadInput


def milestones(grace: int, reduction_factor: int, epochs: int) -> tuple[int, ...]:
    """The epochs at which trials are compared: grace · eta^k, ascending.

    All lie strictly below `epochs`, for a rung at the last epoch would stop nobody; none is left
    where `grace` reaches it.

    Args:
        grace: the first rung's epoch, >= 1: the paper's r.
        reduction_factor: one trial in this many goes on, >= 2: the paper's eta.
        epochs: a trial's last epoch, >= 1: the paper's R.

    Raises:
        BadInput: for a number outside these ranges.
    """
    if epochs < 1:
        raise BadInput(f"epochs is {epochs}; a trial needs at least 1")
    if grace < 1:
        raise BadInput(f"the first rung is at epoch {grace}; the earliest possible is 1")
    _check_factor(reduction_factor)
    epochs_of_rungs = []
    while grace < epochs:
        epochs_of_rungs.append(grace)
        grace *= reduction_factor
    return tuple(epochs_of_rungs)


def _check_factor(reduction_factor: int) -> None:
    if reduction_factor < 2:
        raise BadInput(f"the reduction factor is {reduction_factor}; it must be at least 2")


@dataclass(frozen=True)
class Decision:
    """What became of one trial at one rung.

    Attributes:
        trial: its signature.
        epoch: the rung, in epochs.
        value: what the trial reported there; -inf stands for None, NaN and infinities.
        rank: 1 for the best so far; equals rank in order of arrival.
        of: trials that have reached this rung, this one included: n.
        survivors: how many of n may go on: max(1, ceil(n / eta)).
        keep: True where the trial goes on.
    """

    trial: str
    epoch: int
    value: float
    rank: int
    of: int
    survivors: int
    keep: bool

    @property
    def reason(self) -> str:
        """The decision in words, for the table and the log."""
        if not math.isfinite(self.value):
            return f"rung {self.epoch}: no finite value, which never goes on"
        allowed = "the best goes on" if self.survivors == 1 else f"the best {self.survivors} go on"
        return f"rung {self.epoch}: {self.value:.4g} ranks {self.rank} of {self.of}, {allowed}"


class Rungs:
    """All rungs of one sweep and the decisions taken at them, in order of arrival.

    Args:
        milestones: the rungs' epochs, ascending; none: nobody is ever stopped.
        reduction_factor: one trial in this many goes on, >= 2.

    Attributes:
        judged: rung -> trial -> decision, the lowest rung first, trials in order of arrival.

    Raises:
        BadInput: for milestones that do not ascend from 1 or later, or a factor below 2.
    """

    def __init__(self, milestones: Iterable[int], reduction_factor: int) -> None:
        self.milestones = tuple(milestones)
        self.reduction_factor = reduction_factor
        _check_factor(reduction_factor)
        if list(self.milestones) != sorted(set(self.milestones)) or any(
            m < 1 for m in self.milestones
        ):
            raise BadInput(f"rungs {self.milestones} do not ascend from epoch 1 or later")
        self.judged: dict[int, dict[str, Decision]] = {m: {} for m in self.milestones}
        self._values: dict[int, list[float]] = {m: [] for m in self.milestones}  # ascending

    def record(self, trial: str, epoch: int, value: float | None) -> Decision | None:
        """Take one report and decide, where it is the trial's first at a rung.

        A trial that reports sparsely and jumps over rungs is recorded at the highest one it has
        passed, with the value it reports now, and not at the lower ones: a value of epoch 9 among
        those of epoch 1 would raise their bar.

        Args:
            trial: its signature.
            epoch: passes over the data so far, from 1.
            value: higher is better. None, NaN and infinities count as worst and never go on, not
                even as the first to arrive: a diverged trial has nothing to promote.

        Returns:
            The decision; None where the epoch is before the first rung, or the trial has already
            been recorded at this rung: the first row wins, so that replays and retries are
            harmless.
        """
        place = bisect_right(self.milestones, epoch)
        if not place:
            return None
        milestone = self.milestones[place - 1]
        judged = self.judged[milestone]
        if trial in judged:
            return None
        worth = value if value is not None and math.isfinite(value) else -math.inf
        # Equals that came earlier rank before, or a crowd of majority-class nets would all pass.
        values = self._values[milestone]
        rank = 1 + len(values) - bisect_left(values, worth)
        insort(values, worth)
        n = len(values)
        survivors = max(1, -(-n // self.reduction_factor))
        keep = rank <= survivors and math.isfinite(worth)
        judged[trial] = Decision(trial, milestone, worth, rank, n, survivors, keep)
        return judged[trial]

    def decisions(self, trial: str) -> list[Decision]:
        """The trial's decisions, lowest rung first."""
        return [judged[trial] for judged in self.judged.values() if trial in judged]

    def summary(self) -> str:
        """One line, e.g. "1: 4 of 9   3: 1 of 4": how many went on of those who arrived."""
        return "   ".join(
            f"{milestone}: {sum(d.keep for d in judged.values())} of {len(judged)}"
            for milestone, judged in self.judged.items()
        )
