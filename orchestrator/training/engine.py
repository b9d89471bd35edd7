"""The seam between a trial's logic and the library that computes: one file a backend.

`tensorflow_engine.py` is the first. A backend compiles one epoch and one prediction, holds the
network's state, and gives it out as plain arrays; everything else (schedules, stopping, history,
best weights) is `run.py`'s and the same for all backends.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from orchestrator.config import TrialConfig
from orchestrator.training.inputs import Inputs

State = dict[str, NDArray[Any]]
"""Name -> array; everything that the next epoch depends on besides the history."""


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


class Engine(Protocol):
    """A network under training on one device."""

    def begin(self, config: TrialConfig, inputs: Inputs) -> None:
        """Start a trial afresh; compiles nothing for an architecture that was met before."""

    def epoch(self, order: NDArray[np.int32], rates: NDArray[np.float32]) -> EpochSums:
        """One pass: order (steps, batch) of training rows, rates (steps,) learning rates."""

    def predict_validation(self) -> NDArray[np.float32]:
        """Logits (n, k) of the validation images, averaged weights where EMA is on."""

    def weights(self) -> State:
        """The weights that predict, as arrays that outlive the next epoch."""

    def state(self) -> State:
        """Everything that the next epoch depends on."""

    def load_state(self, state: State) -> None:
        """Put back what `state` gave."""

    @property
    def parameters(self) -> int:
        """Number of the network's parameters."""

    @property
    def device(self) -> str | None:
        """Name of the GPU that computes; None on a CPU."""

    @property
    def programs(self) -> int:
        """How many programs were compiled in this process so far."""
