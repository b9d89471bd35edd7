"""Where Ray and the trainer meet: a Tune trial is one configuration, a step is one epoch."""

import contextlib
import errno
import socket
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ray import tune

from orchestrator.config import TrialConfig
from orchestrator.errors import BadInput
from orchestrator.on_ray.resources import see_own_gpus
from orchestrator.process import hardware
from orchestrator.process.error_line import DISK_FULL, log_traceback
from orchestrator.process.provenance import code_digest
from orchestrator.process.terminal import redirect_worker_output
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.training.inputs import DataSource, Inputs, prepare_inputs
from orchestrator.training.storing.background_writer import BackgroundWriter
from orchestrator.training.storing.checkpoint import Superseded
from orchestrator.training.storing.trial_files import STORE_EVERY_S, TrialFiles
from results.paths import Paths
from results.storage.retry import is_transient
from results.store import Store

if TYPE_CHECKING:
    from orchestrator.training.engine import Engine
    from orchestrator.training.training_run import TrainingRun


PASSING = (*DISK_FULL, errno.EIO, errno.ESTALE, errno.EROFS)
"""Errors of the disk: they say nothing of a configuration, which a resumed sweep tries again."""


LOG_EVERY_S = 60.0

STEP_S = 0.25
"""Epochs that are over sooner are told together, as many as fit into this time: telling a row costs
more than a millisecond of the driver's time, and none is awaited for long."""


@dataclass(frozen=True)
class TrialContext:
    """What all trials of a sweep share besides their configurations.

    Attributes:
        place: of the sweep's results: a folder, absolute, or a URI (`Store.place`).
        source: where the data set is found.
        threads: of one trial on a CPU.
        backend: what computes.
        rungs: where a trial is judged: all is stored before it hears what is decided.
    """

    place: str
    source: DataSource
    threads: int
    backend: str
    rungs: RungEpochs = field(default_factory=RungEpochs)


class Trial(tune.Trainable):
    """Trains one configuration after another in one process.

    Every end is the scheduler's word, the trial's own too (the row's "stop" or "failure"): Tune
    shows its scheduler no row that says "done". `setup` and `reset_config` only take note: Tune
    gives up a trial for good when a reset fails, whereas a failing step is recorded. The first
    step builds.

    All is stored before a row is given away at which the trial may end: at a rung, and its own last
    one. In between states are stored while training goes on (`TrialFiles.keep`), so that a process
    which dies costs at most `STORE_EVERY_S` of training, or the running epoch. One that takes up a
    trial which has a state trains nothing in its first step but tells that row again, with those
    before it as "earlier": however an earlier process ended, no row is missing. One that was cut
    off, taken for dead and comes back finds itself superseded and writes nothing.

    Where epochs are short one step tells several rows: the last one, and "earlier" those before it.
    """

    def setup(self, config: dict[str, Any], context: TrialContext | None = None) -> None:
        """Take note of the first configuration."""
        if context is None:
            raise ValueError("a Trial needs its TrialContext (tune.with_parameters)")
        self._context = context
        self._store = Store(context.place)
        self._engine: Engine | None = None
        self._inputs: dict[str, Inputs] = {}
        self._writer = BackgroundWriter(STORE_EVERY_S)
        self._run: TrainingRun | None = None
        if self.is_actor():
            see_own_gpus()
        self._log = self._own_log() if self.is_actor() else None  # else in somebody's own process
        self._log_due = 0.0
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take note of the next configuration."""
        self._put_away()
        self._config = TrialConfig.from_flat(new_config)
        self._run = None
        self._trouble: Exception | None = None
        return True

    def cleanup(self) -> None:
        """Leave the trial as somebody else will find it."""
        self._put_away()

    def _put_away(self) -> None:
        """Store what waits to be: others ended the trial, its files are those of its last row."""
        try:
            self._writer.flush()
        except Superseded:  # it is over, or another's: nothing is missing
            pass
        except Exception:  # Tune gives a trial up whose reset fails
            log_traceback()

    def step(self) -> dict[str, Any]:
        """Some epochs, mostly one: a flat row. An exception becomes a row that says what it was."""
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
                    return self._row(self._run) | {"earlier": earlier, "taken_up": True}
            return self._some_epochs(self._run)
        except BadInput as error:
            return {"epoch": 0, "failure": str(error), "passing": of_the_moment(error)}
        except Exception as error:
            log_traceback()  # into the worker's log
            if not isinstance(error, OSError):  # else the store has just been tried
                self._put_away()
            may_pass = isinstance(error, OSError) and self._may_pass(error)
            return {"epoch": 0, "failure": f"{type(error).__name__}: {error}", "passing": may_pass}

    def _may_pass(self, error: OSError) -> bool:
        """Whether it says nothing of the configuration: a disk, its folder, a far store."""
        is_folder_gone = isinstance(error, FileNotFoundError)
        return of_the_moment(error) or is_folder_gone or self._store.local is None

    def _build(self) -> "TrainingRun":
        from orchestrator.training.training_run import TrainingRun

        began = time.monotonic()
        if self._engine is None:
            self._engine = self._open_engine()
        run = TrainingRun(self._engine, self._config, self._open_inputs())
        self._writer.forget()
        self._files = TrialFiles(self._store, self._config.signature(), self._writer)
        self._files.take_up(run)
        self._constant = {
            "parameters": run.parameters,
            "hardware": hardware.describe(self._context.threads, run.device),
            "threads": None if run.device else self._context.threads,
            "continued_from": self._files.continued_from,
            "code": code_digest(),
            "start_seconds": time.monotonic() - began,
        }
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

    def _some_epochs(self, run: "TrainingRun") -> dict[str, Any]:
        """As many as fit into a moment, or one; the last one's row, with those before it."""
        if self._trouble is not None:
            raise self._trouble
        ends, rows = time.monotonic() + STEP_S, [self._one_epoch(run)]
        while not self._is_awaited(run) and time.monotonic() + rows[-1]["seconds"] < ends:
            try:
                rows.append(self._one_epoch(run))
            except Exception as error:  # first those rows
                self._trouble = error
                break
        *earlier, last = rows
        return last | {"earlier": earlier} if earlier else last

    def _one_epoch(self, run: "TrainingRun") -> dict[str, Any]:
        if run.stop is None:
            run.epoch(self._horizon(run))
            self._files.keep(run, at_once=self._is_awaited(run))
        return self._row(run)

    @property
    def _rungs(self) -> tuple[int, ...]:
        return self._context.rungs.of(self._config.epochs)

    def _horizon(self, run: "TrainingRun") -> int:
        """The next epoch at which the trial is judged; beyond it nothing is begun."""
        done = len(run.history)
        return next((rung for rung in self._rungs if rung > done), self._config.epochs)

    def _is_awaited(self, run: "TrainingRun") -> bool:
        """Whether something is decided by the last row."""
        return run.stop is not None or len(run.history) in self._rungs

    def _row(self, run: "TrainingRun") -> dict[str, Any]:
        row = run.history[-1].to_flat() | self._constant
        if (stop := run.stop) is not None:
            self._files.finish(run)
            row |= {"stop": stop.kind, "stop_reason": stop.reason}
        return row

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
