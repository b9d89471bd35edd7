"""The files of one trial under way: its states, the predictions of its best epoch, its weights."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import safetensors.numpy
from numpy.typing import NDArray

from orchestrator.config import TrialConfig
from orchestrator.process.provenance import code_digest
from orchestrator.training.engine import State
from orchestrator.training.inputs import Inputs
from orchestrator.training.schedules import SCHEDULES
from orchestrator.training.storing.background_writer import BackgroundWriter
from orchestrator.training.storing.checkpoint import Checkpoints
from orchestrator.training.training_run import TrainingRun
from results.paths import Paths
from results.schema import PREDICTIONS
from results.store import Store

STORE_EVERY_S = 10.0
"""States that a trial goes through in less time than this are not all stored: a process that dies
costs so much training at most, or one epoch if that is longer."""

CHEAP = 0.02
"""A state is stored before its row is told, so that no epoch is ever trained twice, where that
takes less than this share of an epoch's time."""


LENGTHS = 10_000
"""Numbers of epochs that a shorter trial is looked for with, the next lower ones: 0.2 s of work."""

CODE, CONTINUED = "code", "continued_from"
"""Of a state's facts: the digest of what computed it, and the shorter trial that it continues."""


class TrialFiles:
    """What one trial leaves while it trains, so that another process can go on with it.

    Args:
        store: of the sweep.
        trial: signature.
        writer: of the process; only one trial uses it at a time.

    Attributes:
        continued_from: the shorter trial from whose last state this one went on; None where it was
            trained from its start.
    """

    def __init__(self, store: Store, trial: str, writer: BackgroundWriter) -> None:
        self._store = store
        self._trial = trial
        self._writer = writer
        self._checkpoints = Checkpoints(store, Paths().checkpoint(trial))
        self._predicted = 0
        self.continued_from: str | None = None
        self._seconds = 0.0

    def take_up(self, run: TrainingRun) -> None:
        """Make the trial this process's own, and go on from its newest state if there is one.

        Else from that of the longest shorter trial that has left one, computed by the same code,
        where the schedule does not know when it ends: so far both are the same, bit for bit.

        Raises:
            OSError: of the store.
            ValueError: when the state is another trial's.
        """
        self._checkpoints.claim()
        state = self._checkpoints.newest() or self._of_a_shorter_trial(run.config)
        if state is not None:
            run.load(*state)
            self.continued_from = state[1].get(CONTINUED)
            self._write_predictions(run)()  # those of an epoch that is gone may stand there

    def _of_a_shorter_trial(self, config: TrialConfig) -> tuple[State, dict[str, Any]] | None:
        if not SCHEDULES[config.schedule].open_ended:
            return None
        stored = set(self._store.folders(Paths().checkpoints)) - {self._trial}
        lengths = range(config.epochs - 1, max(0, config.epochs - LENGTHS), -1) if stored else ()
        for epochs in lengths:
            trial = dataclasses.replace(config, epochs=epochs).signature()
            if trial not in stored:
                continue
            state = Checkpoints(self._store, Paths().checkpoint(trial)).newest()
            if state is not None and state[1].get(CODE) == code_digest():
                return state[0], state[1] | {CONTINUED: trial}
        return None

    def keep(self, run: TrainingRun, at_once: bool) -> None:
        """Have the state after the last row stored, with the best epoch's predictions.

        Args:
            run: of the trial.
            at_once: whether all is stored when this returns; else it is where that is cheap, and
                otherwise a thread stores it, at most every `STORE_EVERY_S`.

        Raises:
            Superseded: when another process works on the trial.
            OSError: of the store; also of an earlier state, which a thread stored.
        """
        self._writer.put(self._storing(run))
        if at_once or self._seconds < CHEAP * run.history[-1].seconds:
            self._writer.flush()

    def finish(self, run: TrainingRun) -> None:
        """Store the weights of the best epoch: the trial has come to its own end.

        Raises:
            OSError: of the store.
        """
        if run.best_weights is not None:
            name = Paths().weight(self._trial)
            self._store.write_bytes(name, safetensors.numpy.save(run.best_weights))

    def _storing(self, run: TrainingRun) -> Callable[[], None]:
        arrays, facts = run.state()
        facts |= {CODE: code_digest(), CONTINUED: self.continued_from}
        write_predictions = self._write_predictions(run)

        def store() -> None:
            began = time.monotonic()
            self._checkpoints.check()
            write_predictions()
            self._checkpoints.save(arrays, facts)
            self._seconds = time.monotonic() - began

        return store

    def _write_predictions(self, run: TrainingRun) -> Callable[[], None]:
        """Validation probabilities of the best epoch so far: also a pruned trial leaves its."""
        inputs, probabilities, best = run.inputs, run.best_probabilities, run.best

        def write() -> None:
            if probabilities is None or best is None or best.epoch == self._predicted:
                return
            content = predictions(inputs, probabilities, best.epoch)
            self._store.write_table(Paths().prediction(self._trial), content)
            self._predicted = best.epoch

        return write


def predictions(inputs: Inputs, probabilities: NDArray[np.floating], epoch: int) -> pa.Table:
    """The table `results.schema.PREDICTIONS` of the validation images.

    Args:
        inputs: of the trial.
        probabilities: (n, k) of its validation images.
        epoch: whose weights predicted, from 1.
    """
    n, k = probabilities.shape
    ids = [str(name) for name in inputs.validation_ids]
    labels = inputs.validation_labels
    halves = pa.array(probabilities.astype(np.float16).ravel())
    columns = {
        "image_id": ids,
        "split": ["validation"] * n,
        "label": labels,
        "label_name": np.array(inputs.classes, dtype=object)[labels],
        "probability": pa.ListArray.from_arrays(np.arange(0, n * k + 1, k, dtype=np.int32), halves),
        "epoch": np.full(n, epoch),
        "also_in_training": [name in inputs.seen_ids for name in ids],
    }
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in PREDICTIONS]
    return pa.table(arrays, schema=PREDICTIONS)
