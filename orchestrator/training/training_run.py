"""One trial, epoch by epoch, on any engine: schedules, stopping, history, best weights."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator import metrics
from orchestrator.config import TrialConfig
from orchestrator.training.engine import Engine, State
from orchestrator.training.history import EpochRow
from orchestrator.training.inputs import Inputs
from orchestrator.training.schedules import SCHEDULES
from orchestrator.training.stopping import Stop, best, reason_to_stop

BEST = "best-"
LOGITS = "logits-of-best"


@dataclass
class _Best:
    weights: State
    logits: NDArray[np.float32]


class TrainingRun:
    """A trial under way; knows no Ray.

    `epoch` is one pass over the training images and one measurement on validation. The order of
    the images is drawn from (seed, epoch) alone and every schedule is a function of the history,
    so a run that was saved and loaded goes on as if it had never stopped.
    """

    def __init__(self, engine: Engine, config: TrialConfig, inputs: Inputs) -> None:
        self.config = config
        self.inputs = inputs
        self.history: list[EpochRow] = []
        self._engine = engine
        self._best: _Best | None = None
        engine.begin(config, inputs)

    @property
    def parameters(self) -> int:
        """Number of the network's parameters."""
        return self._engine.parameters

    @property
    def device(self) -> str | None:
        """Name of the GPU that computes; None on a CPU."""
        return self._engine.device

    @property
    def stop(self) -> Stop | None:
        """Why no further epoch is due, if none is."""
        return reason_to_stop(self.history, self.config) if self.history else None

    @property
    def best(self) -> EpochRow | None:
        """The epoch whose weights and predictions are kept; None before there is one."""
        return best(self.history)

    @property
    def improved(self) -> bool:
        """Whether the last epoch is the best so far."""
        return bool(self.history) and self.best == self.history[-1]

    @property
    def best_probabilities(self) -> NDArray[np.float64] | None:
        """(n, k) of the validation images at the best epoch; None before there is one."""
        return metrics.probabilities(self._best.logits) if self._best else None

    @property
    def best_weights(self) -> dict[str, NDArray[Any]] | None:
        """The weights at the best epoch, in the model's order; None before there is one."""
        if self._best is None:
            return None
        return {name: np.asarray(value) for name, value in self._best.weights.items()}

    def epoch(self) -> EpochRow:
        """Train one epoch and measure it."""
        began = time.perf_counter()
        order = self._order(len(self.history) + 1)
        rates = SCHEDULES[self.config.schedule](self.history, len(order), self.config)
        result = self._engine.epoch(order, rates)
        sums, logits = result.sums, result.logits
        trained = time.perf_counter()
        measured = metrics.evaluate(logits, self.inputs.validation_labels)
        row = EpochRow(
            epoch=len(self.history) + 1,
            learning_rate=float(rates[-1]),
            train_loss=sums.loss,
            train_accuracy=sums.accuracy,
            seconds=time.perf_counter() - began,
            images_per_second=sums.images / (trained - began),
            **{f"validation_{name}": value for name, value in measured.items()},
        )
        self.history.append(row)
        if self.improved:
            self._best = _Best(result.weights, logits)
        return row

    def _order(self, epoch: int) -> NDArray[np.int32]:
        """(steps, batch) training rows, shuffled; the incomplete last batch is left out."""
        n = len(self.inputs.training_labels)
        batch = min(self.config.batch_size, n)
        shuffled = np.random.default_rng([self.config.seed, epoch]).permutation(n)
        return shuffled[: n // batch * batch].reshape(-1, batch).astype(np.int32)

    def state(self) -> tuple[State, dict[str, Any]]:
        """Everything that the next epoch depends on: arrays, and facts that JSON holds."""
        arrays = dict(self._engine.state())
        if self._best:
            arrays |= {BEST + name: value for name, value in self._best.weights.items()}
            arrays[LOGITS] = self._best.logits
        facts = {
            "epoch": len(self.history),
            "config": self.config.to_flat(),
            "history": [row.to_flat() for row in self.history],
        }
        return arrays, facts

    def load(self, arrays: State, facts: dict[str, Any]) -> None:
        """Go on from what `state` gave.

        Raises:
            ValueError: when it is another trial's.
        """
        if facts["config"] != self.config.to_flat():
            raise ValueError("the checkpoint belongs to another configuration")
        held = {k: v for k, v in arrays.items() if k != LOGITS and not k.startswith(BEST)}
        self._engine.load_state(held)
        if LOGITS in arrays:
            weights = {k[len(BEST) :]: v for k, v in arrays.items() if k.startswith(BEST)}
            self._best = _Best(weights, arrays[LOGITS])
        self.history = [EpochRow.from_flat(row) for row in facts["history"]]
