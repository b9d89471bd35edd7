"""The seam between a trial's logic and the library that computes: one file a backend.

A backend compiles one epoch and one prediction, holds the network's state, and gives it out as
arrays; everything else (schedules, stopping, history, best weights) is `training_run.py`'s and the
same for all backends.

A device works through a queue. What an engine gives out belongs to the point of the queue at which
it was asked for, and need not be computed yet: reading it waits for the device. So the next epoch
can be under way while the last one's results are read, measured and stored.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from orchestrator.config import TrialConfig
from orchestrator.training.inputs import Inputs

State = dict[str, Any]
"""Name -> anything that `np.asarray` reads, which may wait for the device; names sort in order."""


@dataclass(frozen=True)
class EpochSums:
    """What one pass over the training images measured, in training mode.

    Attributes:
        loss: mean cross-entropy over the images seen, smoothing and class weights included.
        accuracy: share of the images seen whose highest logit was the label's, 0 to 1.
        images: number of images seen.
    """

    loss: float
    accuracy: float
    images: int


class EpochResult(Protocol):
    """What one epoch gave; stays readable, in any thread, after later epochs were dispatched."""

    @property
    def sums(self) -> EpochSums:
        """What training measured."""

    @property
    def logits(self) -> NDArray[np.float32]:
        """(n, k) of the validation images, by the weights that predict, over the trial's views."""

    @property
    def weights(self) -> State:
        """The weights that predict after this epoch: averaged where EMA is on; in their order."""


@dataclass(frozen=True)
class ComputedEpoch:
    """An `EpochResult` for which nobody has to wait: of a backend that computes at once."""

    sums: EpochSums
    logits: NDArray[np.float32]
    weights: State


class Engine(Protocol):
    """A network under training on one device."""

    def begin(self, config: TrialConfig, inputs: Inputs) -> None:
        """Start a trial afresh; compiles nothing for an architecture that was met before.

        Epochs that are still under way are another trial's from now on, and come to nothing.
        """

    def epoch(
        self,
        order: NDArray[np.int32],
        rates: NDArray[np.float32],
        shares: NDArray[np.float32] | None = None,
    ) -> EpochResult:
        """One pass over the training images, then a prediction of the validation images.

        May return before the device has computed either.

        Args:
            order: (steps, batch) training rows.
            rates: (steps,) learning rates.
            shares: (steps,) of `mixing.shares`; None: images are not mixed.
        """

    def state(self) -> State:
        """Everything that the next epoch depends on, after all epochs dispatched so far.

        Copies that outlive later epochs; reading them may wait, and any thread may do it.
        """

    def load_state(self, state: State) -> None:
        """Put back what `state` gave."""

    @property
    def parameters(self) -> int:
        """Number of the network's parameters."""

    @property
    def device(self) -> str | None:
        """Name of the GPU that computes; None on a CPU."""

    @property
    def asynchronous(self) -> bool:
        """Whether `epoch` returns before the device is done: then dispatching ahead pays."""

    @property
    def programs(self) -> int:
        """How many programs were compiled in this process so far."""
