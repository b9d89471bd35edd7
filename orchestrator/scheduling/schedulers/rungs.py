"""The epochs at which trials are compared."""

import itertools
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
    check_factor(reduction_factor)
    epochs_of_rungs = []
    while grace < epochs:
        epochs_of_rungs.append(grace)
        grace *= reduction_factor
    return tuple(epochs_of_rungs)


def check_factor(reduction_factor: int) -> None:
    """Raises BadInput where the reduction factor reduces nothing."""
    if reduction_factor < 2:
        raise BadInput(f"the reduction factor is {reduction_factor}; it must be at least 2")


@dataclass(frozen=True)
class RungEpochs:
    """Where trials are compared, each by its own length where that is asked for.

    Attributes:
        epochs: of the rungs of the longest trial, ascending from 1 or later; none: no comparison.
        length: of the longest trial, in epochs. Then a trial of half that length reaches each rung
            at half of its epochs, rounded up. 0: every trial reaches it at the same epoch.

    Raises:
        BadInput: for epochs that do not ascend.
    """

    epochs: tuple[int, ...] = ()
    length: int = 0

    def __post_init__(self) -> None:
        if list(self.epochs) != sorted(set(self.epochs)) or any(e < 1 for e in self.epochs):
            raise BadInput(f"rungs {self.epochs} do not ascend from epoch 1 or later")

    def of(self, epochs: int) -> tuple[int, ...]:
        """A trial's own rungs, in its epochs; one for each of the longest trial's.

        Two of a short trial may fall on one epoch; one at its last stops nobody, one after it is
        never reached.

        Args:
            epochs: of the trial, >= 1.
        """
        if not self.length:
            return self.epochs
        return tuple(-(-rung * epochs // self.length) for rung in self.epochs)


def halving_epochs(
    trials: int, epochs: int, rungs: tuple[int, ...], factor: int, finalists: int = 1
) -> int:
    """Epochs that halving trains in all: of n trials at a rung n // factor pass it.

    Args:
        trials: N.
        epochs: of a trial that is never stopped.
        rungs: their epochs, ascending, below `epochs`.
        factor: eta.
        finalists: so many pass at least, where there are so many.
    """
    alive, total = trials, 0
    for before, rung in itertools.pairwise((0, *rungs, epochs)):
        total += alive * (rung - before)
        alive = min(alive, max(finalists, alive // factor))
    return total
