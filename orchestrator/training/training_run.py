"""One trial, epoch by epoch, on any engine: schedules, stopping, history, best weights."""

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator import metrics
from orchestrator.config import TrialConfig
from orchestrator.training.engine import Engine, EpochResult, State
from orchestrator.training.history import EpochRow
from orchestrator.training.inputs import Inputs
from orchestrator.training.regularisation.mixing import shares
from orchestrator.training.schedules import SCHEDULES
from orchestrator.training.stopping import Stop, best, reason_to_stop
from results.settings import LATER

BEST = "best-"
LOGITS = "logits-of-best"


AHEAD = 2
"""Epochs that a device is given at most before the row of the one before them is read: it shall
not wait for whoever takes the row, and what a stop makes needless shall be little."""


@dataclass(frozen=True)
class _UnderWay:
    """An epoch that was dispatched and not read yet.

    Attributes:
        result: what reading it gives.
        rate: learning rate of its last step.
        state: of the engine after it; None where no later epoch is dispatched before it is read.
        since: moment of `time.perf_counter` at which it was dispatched.
        queued: whether another was under way then.
    """

    result: EpochResult
    rate: float
    state: State | None
    since: float
    queued: bool


@dataclass(frozen=True)
class _Best:
    weights: State
    logits: NDArray[np.float32]


class TrainingRun:
    """A trial under way; knows no Ray.

    `epoch` is one pass over the training images and one measurement on validation. The order of
    the images is drawn from (seed, epoch) alone and every schedule is a function of the history,
    so a run that was saved and loaded goes on as if it had never stopped.

    Later epochs may be under way while a row is read. Nobody sees that: history, best epoch and
    state are those after the last row, and an epoch that the last row makes needless leaves no
    trace.
    """

    def __init__(self, engine: Engine, config: TrialConfig, inputs: Inputs) -> None:
        self.config = config
        self.inputs = inputs
        self.history: list[EpochRow] = []
        self._engine = engine
        self._best: _Best | None = None
        self._under_way: deque[_UnderWay] = deque()
        self._state: State | None = None
        self._read_at = 0.0
        self._schedule = SCHEDULES[config.schedule]
        self._looks_ahead = engine.asynchronous and not self._schedule.measured
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

    def epoch(self, horizon: int = 0) -> EpochRow:
        """Train one epoch and measure it.

        Args:
            horizon: the last epoch that may be begun before this one is measured, e.g. the next at
                which the trial is judged; 0: none.
        """
        if not self._under_way:
            self._dispatch()
        last = min(horizon, self.config.epochs) if self._looks_ahead else 0
        while len(self.history) + len(self._under_way) < last and len(self._under_way) <= AHEAD:
            self._dispatch()
        read = self._under_way.popleft()
        row = self._measure(read)
        self.history.append(row)
        self._state = read.state
        if self.improved:
            self._best = _Best(read.result.weights, read.result.logits)
        if self.stop is not None:
            self._under_way.clear()
        return row

    def _dispatch(self) -> None:
        done = len(self.history) + len(self._under_way)
        order = self._order(done + 1)
        rows = self.history if len(self.history) == done else ()
        rates = self._schedule.rates(done, rows, len(order), self.config)
        since = time.perf_counter()
        result = self._engine.epoch(order, rates, shares(self.config, done + 1, len(order)))
        state = self._engine.state() if self._looks_ahead else None
        queued = bool(self._under_way)
        self._under_way.append(_UnderWay(result, float(rates[-1]), state, since, queued))

    def _measure(self, read: _UnderWay) -> EpochRow:
        sums = read.result.sums  # waits for the device
        measured = metrics.evaluate(read.result.logits, self.inputs.validation_labels)
        now = time.perf_counter()
        seconds = now - (self._read_at if read.queued else read.since)
        self._read_at = now
        return EpochRow(
            epoch=len(self.history) + 1,
            learning_rate=read.rate,
            train_loss=sums.loss,
            train_accuracy=sums.accuracy,
            seconds=seconds,
            images_per_second=sums.images / seconds,
            **{f"validation_{name}": value for name, value in measured.items()},
        )

    def _order(self, epoch: int) -> NDArray[np.int32]:
        """(steps, batch) training rows, shuffled; the incomplete last batch is left out."""
        n = len(self.inputs.training_labels)
        steps, batch = self.inputs.epoch_shape(self.config.batch_size)
        shuffled = np.random.default_rng([self.config.seed, epoch]).permutation(n)
        return shuffled[: steps * batch].reshape(steps, batch).astype(np.int32)

    def state(self) -> tuple[State, dict[str, Any]]:
        """Everything that the epoch after the last row depends on: arrays, and facts for JSON.

        Another thread may read the arrays while training goes on.
        """
        arrays = dict(self._engine.state() if self._state is None else self._state)
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

        It may be the state of a shorter trial, where the schedule does not know when it ends.

        Raises:
            ValueError: when it is another trial's.
        """
        theirs, ours = LATER | facts["config"], self.config.to_flat()
        if self._schedule.open_ended and theirs["epochs"] < ours["epochs"]:
            theirs = theirs | {"epochs": ours["epochs"]}
        if theirs != ours:
            raise ValueError("the checkpoint belongs to another configuration")
        self._under_way.clear()
        self._state = None
        held = {k: v for k, v in arrays.items() if k != LOGITS and not k.startswith(BEST)}
        self._engine.load_state(held)
        if LOGITS in arrays:
            weights = {k[len(BEST) :]: v for k, v in arrays.items() if k.startswith(BEST)}
            self._best = _Best(weights, arrays[LOGITS])
        self.history = [EpochRow.from_flat(row) for row in facts["history"]]
