"""Where Ray and the trainer meet: a Tune trial is one configuration, a step is one epoch."""

import contextlib
import errno
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors.numpy
from ray import tune

from orchestrator.config import TrialConfig
from orchestrator.errors import BadInput
from orchestrator.on_ray.resources import see_own_gpus
from orchestrator.process import hardware
from orchestrator.process.error_line import DISK_FULL, log_traceback
from orchestrator.process.terminal import redirect_worker_output
from orchestrator.training.checkpoint import Checkpoints
from orchestrator.training.inputs import DataSource, Inputs, prepare_inputs
from results.paths import Paths
from results.schema import PREDICTIONS, table
from results.storage.retry import is_transient
from results.store import Store

if TYPE_CHECKING:
    from orchestrator.training.engine import Engine
    from orchestrator.training.training_run import TrainingRun


PASSING = (*DISK_FULL, errno.EIO, errno.ESTALE, errno.EROFS)
"""Errors of the disk: they say nothing of a configuration, which a resumed sweep tries again."""


LOG_EVERY_S = 60.0


@dataclass(frozen=True)
class TrialContext:
    """What all trials of a sweep share besides their configurations.

    Attributes:
        place: of the sweep's results: a folder, absolute, or a URI (`Store.place`).
        source: where the data set is found.
        threads: of one trial on a CPU.
        backend: what computes.
    """

    place: str
    source: DataSource
    threads: int
    backend: str


class Trial(tune.Trainable):
    """Trains one configuration after another in one process.

    Every end is the scheduler's word, the trial's own too (the row's "stop" or "failure"): Tune
    shows its scheduler no row that says "done". `setup` and `reset_config` only take note: Tune
    gives up a trial for good when a reset fails, whereas a failing step is recorded. The first
    step builds.

    The state after an epoch is stored before its row is given away. A process that takes up a trial
    which has a state trains nothing in its first step but tells that row again, with those before
    it as "earlier": however an earlier process ended, no row is missing and no epoch trained twice.
    One that was cut off, taken for dead and comes back finds itself superseded and writes nothing.
    """

    def setup(self, config: dict[str, Any], context: TrialContext | None = None) -> None:
        """Take note of the first configuration."""
        if context is None:
            raise ValueError("a Trial needs its TrialContext (tune.with_parameters)")
        self._context = context
        self._store = Store(context.place)
        self._engine: Engine | None = None
        self._inputs: dict[str, Inputs] = {}
        if self.is_actor():
            see_own_gpus()
        self._log = self._own_log() if self.is_actor() else None  # else in somebody's own process
        self._log_due = 0.0
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take note of the next configuration."""
        self._config = TrialConfig.from_flat(new_config)
        self._run: TrainingRun | None = None
        return True

    def step(self) -> dict[str, Any]:
        """One epoch: a flat row. An exception becomes a last row that says what went wrong."""
        row = self._step()
        if "stop" in row or "failure" in row or time.monotonic() >= self._log_due:
            self._copy_log()
        return row

    def _step(self) -> dict[str, Any]:
        try:
            if self._run is None:
                self._run = self._build()
                if self._run.history:
                    earlier = [row.to_flat() for row in self._run.history[:-1]]
                    return self._row(self._run) | {"earlier": earlier}
            return self._one_epoch(self._run)
        except BadInput as error:
            return {"epoch": 0, "failure": str(error), "passing": of_the_moment(error)}
        except Exception as error:
            log_traceback()  # into the worker's log
            may_pass = isinstance(error, OSError) and self._may_pass(error)
            return {"epoch": 0, "failure": f"{type(error).__name__}: {error}", "passing": may_pass}

    def _may_pass(self, error: OSError) -> bool:
        """Whether it says nothing of the configuration: a disk, or a store far away."""
        return of_the_moment(error) or self._store.local is None

    def _build(self) -> "TrainingRun":
        from orchestrator.training.training_run import TrainingRun

        if self._engine is None:
            self._engine = self._open_engine()
        run = TrainingRun(self._engine, self._config, self._open_inputs())
        self._checkpoints = Checkpoints(self._store, Paths().checkpoint(self._config.signature()))
        self._checkpoints.claim()
        state = self._checkpoints.newest()
        if state is not None:
            run.load(*state)
            self._write_predictions(run)  # those of an epoch that is gone may stand there
        return run

    def _open_engine(self) -> "Engine":
        # The one place that brings a framework into a process: the driver imports this module.
        from orchestrator.training.engines import open_engine

        return open_engine(self._context.backend, self._context.threads)

    def _open_inputs(self) -> Inputs:
        variant = self._config.preprocessing
        if variant not in self._inputs:
            source = self._context.source
            self._inputs[variant] = prepare_inputs(source, source.open(), variant)
        return self._inputs[variant]

    def _one_epoch(self, run: "TrainingRun") -> dict[str, Any]:
        if run.stop is None:
            run.epoch()
            self._checkpoints.check()
            if run.improved:
                self._write_predictions(run)
            self._checkpoints.save(*run.state())
        return self._row(run)

    def _row(self, run: "TrainingRun") -> dict[str, Any]:
        row = run.history[-1].to_flat()
        row["parameters"] = run.parameters
        row["hardware"] = hardware.describe(self._context.threads, run.device)
        if (stop := run.stop) is not None:
            self._write_weights(run)
            row |= {"stop": stop.kind, "stop_reason": stop.reason}
        return row

    def _write_predictions(self, run: "TrainingRun") -> None:
        """Validation probabilities of the best epoch so far: also a pruned trial leaves its."""
        inputs, probabilities, best = run.inputs, run.best_probabilities, run.best
        if probabilities is None or best is None:
            return
        labels = inputs.validation_labels
        rows = [
            {
                "image_id": str(inputs.validation_ids[i]),
                "split": "validation",
                "label": int(labels[i]),
                "label_name": inputs.classes[labels[i]],
                "probability": probabilities[i],
                "epoch": best.epoch,
                "also_in_training": str(inputs.validation_ids[i]) in inputs.seen_ids,
            }
            for i in range(len(labels))
        ]
        name = Paths().prediction(self._config.signature())
        self._store.write_table(name, table(PREDICTIONS, rows))

    def _write_weights(self, run: "TrainingRun") -> None:
        if run.best_weights is not None:
            name = Paths().weight(self._config.signature())
            self._store.write_bytes(name, safetensors.numpy.save(run.best_weights))

    def _own_log(self) -> Path:
        """The file to which this process prints from now on."""
        local = self._store.local
        return redirect_worker_output(local / Paths().logs if local else Path(tempfile.mkdtemp()))

    def _copy_log(self) -> None:
        """To where the results are, if that is elsewhere: once a minute, and after a last row."""
        if self._log is None or self._store.local is not None:
            return
        self._log_due = time.monotonic() + LOG_EVERY_S
        with contextlib.suppress(OSError):  # no log is no reason to fail
            name = f"{Paths().logs}/{socket.gethostname()}-{self._log.name}"
            self._store.with_patience(0).write_bytes(name, self._log.read_bytes())


def of_the_moment(error: BaseException) -> bool:
    """Whether a disk or the network is behind it, e.g. data that cannot be fetched just now."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and (cause.errno in PASSING or is_transient(cause)):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
