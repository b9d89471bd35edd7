"""A sweep in which nothing is trained: real in all but the network, and faulty on cue.

Everything that a fault can hit is the true thing: driver, journal, Ray, workers, checkpoints,
tables. Only the engine follows a script, so that hundreds of trials take seconds and every run of
one question has the same rows.
"""

import dataclasses
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import ray
from numpy.typing import NDArray

from orchestrator.on_ray.trial import Trial
from orchestrator.testing.stand_ins import Act, ScriptedEngine
from orchestrator.training.engine import ComputedEpoch
from orchestrator.training.storing.background_writer import BackgroundWriter
from orchestrator.training.storing.trial_files import STORE_EVERY_S
from orchestrator.training.training_run import TrainingRun
from results.store import Store

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Variable of the environment: GPUs that CUDA lets a process use; all if it is not set."""

SCRIPT = "trial_script.json"
"""In the sweep's folder: what the trials do besides what their seeds say."""


CREW_S = 100.0
"""Seconds that a process waits for the others of its crew; then it goes on without them."""


@dataclass(frozen=True)
class TrialFault:
    """What one trial does instead of an epoch.

    Attributes:
        seed: of the trial.
        epoch: at which, from 1; 0: when a process that another trial has used is given it, if one
            is.
        kind: a key of `ACTIONS`.
        times: how often; then it does the epoch after all.
    """

    seed: int
    epoch: int
    kind: str
    times: int = 1

    def mark(self, time_: int) -> str:
        """Name of the file in the trace that says that it was done, by the count of times."""
        return f"{self.seed}-{self.epoch}-{time_}"

    def due(self, trace: str) -> bool:
        """Whether it is still to be done; it then counts as done once more."""
        for time_ in range(self.times):
            try:
                Path(trace, self.mark(time_)).open("x").close()
            except FileExistsError:
                continue
            return True
        return False


@dataclass(frozen=True)
class TrialScript:
    """What trials do in which nothing is trained.

    Attributes:
        trace: local folder where every epoch that is really done leaves a line.
        epoch_seconds: how long an epoch takes.
        trial_faults: on cue.
        epoch_by_epoch: whether each state is stored before its row is told, and each row told by
            itself: what a trial of long epochs does, though these are short.
        store_every_s: seconds between two states that are stored otherwise.
        crew: no epoch is finished before so many processes have begun one: however slowly one of
            them starts, the others leave it something to do.
    """

    trace: str
    epoch_seconds: float = 0.0
    trial_faults: tuple[TrialFault, ...] = ()
    epoch_by_epoch: bool = True
    store_every_s: float = STORE_EVERY_S
    crew: int = 0

    def write(self, store: Store) -> None:
        """Put it into a sweep's folder."""
        store.write_json(SCRIPT, dataclasses.asdict(self))

    @classmethod
    def read(cls, store: Store) -> "TrialScript":
        """What stands in a sweep's folder."""
        fields = store.read_json(SCRIPT)
        trial_faults = tuple(TrialFault(**one) for one in fields.pop("trial_faults"))
        return cls(**fields, trial_faults=trial_faults)

    def note(self, name: str, seed: int, epoch: int) -> None:
        """Add a line to a file of the trace."""
        line = f"{seed} {epoch} {os.getpid()} {time.time():.3f}\n"
        with Path(self.trace, name).open("ab", buffering=0) as file:
            file.write(line.encode())

    def wait_for_crew(self) -> None:
        """Until its last process has begun an epoch."""
        until = time.monotonic() + CREW_S
        while self.crew and time.monotonic() < until:
            lines = Path(self.trace, "begun").read_text().splitlines()
            if len({line.split()[2] for line in lines}) >= self.crew:
                return
            time.sleep(0.02)

    def note_share(self, seed: int) -> None:
        """Add a line that says which GPUs a trial's process was given, and which it sees."""
        row = {
            "seed": seed,
            "process": os.getpid(),
            "given": [str(gpu) for gpu in ray.get_gpu_ids()],
            "seen": os.environ.get(VISIBLE),
        }
        with Path(self.trace, "shares").open("ab", buffering=0) as file:
            file.write(f"{json.dumps(row)}\n".encode())

    def inject(self, seed: int, epoch: int) -> str:
        """Do what is due here, if the process survives it; gives its kind, or ""."""
        for one in self.trial_faults:
            if (one.seed, one.epoch) == (seed, epoch) and one.due(self.trace):
                ACTIONS[one.kind]()
                return one.kind
        return ""


def right(seed: int, epoch: int, n: int) -> int:
    """Of n validation images, how many a trial tells right after an epoch: rising, by its seed."""
    quality = 0.25 + 0.7 * (seed * 0.6180339887 % 1)
    return round(n * quality * (1 - 0.6**epoch))


def _raise() -> None:
    raise RuntimeError("raised on cue")


MEAL_BYTES = 6 * 2**30
"""What a trial that eats memory takes at most: the machine is other people's, too."""


def _eat() -> None:
    arrays, piece = [], 2**27
    for _ in range(MEAL_BYTES // piece):
        arrays.append(np.ones(piece, np.uint8))
        time.sleep(0.05)
    time.sleep(3600)


ACTIONS: dict[str, Callable[[], None]] = {
    "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hang": lambda: time.sleep(3600),
    "freeze": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "raise": _raise,
    "memory": _eat,
    "nan": lambda: None,
    "none": lambda: None,
}
"""Kind -> what the process does; "nan" and "none" are numbers that the row then has."""


@dataclass
class _Engine(ScriptedEngine):
    """Plays one trial; `begin` says which."""

    trial_script: TrialScript = field(default_factory=lambda: TrialScript(""))
    seed: int = 0
    odd: str = ""

    def begin(self, config: Any, inputs: Any) -> None:
        """See `Engine.begin`."""
        n, self.seed = len(inputs.validation_labels), config.seed
        self.script = [Act(right=right(self.seed, t + 1, n)) for t in range(config.epochs)]
        super().begin(config, inputs)

    def epoch(
        self,
        order: NDArray[np.int32],
        rates: NDArray[np.float32],
        shares: NDArray[np.float32] | None = None,
    ) -> ComputedEpoch:
        """See `Engine.epoch`; a line in the trace says that it was done."""
        epoch, script = self._done + 1, self.trial_script
        script.note("begun", self.seed, epoch)
        script.wait_for_crew()
        self.odd = script.inject(self.seed, epoch)
        time.sleep(script.epoch_seconds)
        self.orders.clear()
        self.rates.clear()
        self.shares.clear()
        script.note("epochs", self.seed, epoch)
        result = super().epoch(order, rates, shares)
        if self.odd != "nan":
            return result
        sums = dataclasses.replace(result.sums, loss=float("nan"))
        return dataclasses.replace(result, sums=sums)


class FakeTrial(Trial):
    """A trial whose engine follows `right` and the sweep's script."""

    def _open_engine(self) -> _Engine:
        script = TrialScript.read(self._store)
        Path(script.trace).mkdir(parents=True, exist_ok=True)
        self._engine_script = _Engine(script=[], trial_script=script)
        self._writer = BackgroundWriter(script.store_every_s)
        return self._engine_script

    def _is_awaited(self, run: TrainingRun) -> bool:
        return self._engine_script.trial_script.epoch_by_epoch or super()._is_awaited(run)

    def _build(self) -> TrainingRun:
        run = super()._build()
        self._engine_script.trial_script.note_share(self._config.seed)
        return run

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """See `Trial.reset_config`; on cue the process dies in it."""
        noted = super().reset_config(new_config)
        if self._engine is not None:  # it is another trial's turn
            self._engine_script.trial_script.inject(self._config.seed, 0)
        return noted

    def _row(self, run: TrainingRun) -> dict[str, Any]:
        row = super()._row(run)  # on cue without the number that all is about
        return row | {"validation_accuracy": None} if self._engine_script.odd == "none" else row
