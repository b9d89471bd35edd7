"""One post-processing of one sweep: what it is asked for, what it works on, what must be noted."""

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from analysis.pipeline.postprocess_request import PostprocessRequest
from analysis.pipeline.task import Task
from analysis.sweep_folder import SweepFolder
from orchestrator.data.faces import Faces, Splits
from orchestrator.preprocess import VARIANTS
from results.paths import Paths
from results.store import DamagedResults, Store


@dataclass(frozen=True)
class GivenUp:
    """Why tasks were given up.

    Attributes:
        reason: a sentence.
        lasting: whether it would come again: a file is damaged. Otherwise a worker died or was out
            of memory, say, and another run may fare better.
    """

    reason: str
    lasting: bool


TaskRunner = Callable[[str, Sequence[Task]], Mapping[str, GivenUp]]
"""(title, tasks) -> `Task.group` -> why those were given up; all others left their parts."""


@dataclass
class Notes:
    """What a reader of the results must know.

    Attributes:
        caveats: sentences.
        left_out: trial -> why it is not in the ensemble.
        skipped: (what, why).
        unfinished: sentences about what another run may still do.
        judgement: which explanation methods can be believed here.
        seconds: stage -> wall-clock time it took, in the order in which they began.
    """

    caveats: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    judgement: str = ""
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass
class Postprocessing:
    """See the module.

    Attributes:
        folder: the sweep's.
        request: what is asked for.
        runner: has tasks done.
        notify: shows a line to the person at the terminal.
        backend: what the runner's processes compute with, "tensorflow" or "jax"; "" if unknown.
        notes: grows from step to step.
    """

    folder: SweepFolder
    request: PostprocessRequest
    runner: TaskRunner
    notify: Callable[[str], None] = lambda line: None
    backend: str = ""
    notes: Notes = field(default_factory=Notes)

    @property
    def store(self) -> Store:
        """The sweep's folder."""
        return self.folder.store

    @cached_property
    def splits(self) -> Splits:
        """The data set."""
        return self.folder.open_splits(self.request.data)

    @property
    def faces(self) -> Faces:
        """Images of the split that was asked for."""
        faces: Faces = getattr(self.splits, self.request.split)
        return faces

    @property
    def ids_in_training(self) -> frozenset[str]:
        """Images of that split that also stand in training."""
        metadata = self.folder.source.meta(self.folder.digest)
        return frozenset(metadata[f"seen_{self.request.split}_ids"])

    def rows_of(self, ids: Iterable[str]) -> NDArray[np.int64]:
        """(n,) where images stand in that split."""
        return np.array([self._row_of[name] for name in ids], np.int64)

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {str(name): row for row, name in enumerate(self.faces.ids)}

    def model_digest(self, *trials: str) -> str:
        """Of what these trials' answers depend on: weights, preprocessing, views."""
        return hashlib.sha256("".join(map(self._model, trials)).encode()).hexdigest()[:16]

    def _model(self, trial: str) -> str:
        if trial not in self._models:
            content = self.store.read_bytes(Paths().weight(trial))
            config = self.folder.config(trial)
            variant, views = config.preprocessing, config.views
            version = "" if variant == "plain" else f"{variant} {VARIANTS[variant].version}"
            seen = "" if views == "one" else f" {views}"
            self._models[trial] = f"{hashlib.sha256(content).hexdigest()} {version}{seen}"
        return self._models[trial]

    @cached_property
    def _models(self) -> dict[str, str]:
        return {}

    @contextlib.contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Note how long the block takes; a title that comes again is added to."""
        began = time.monotonic()
        before = self.notes.seconds.setdefault(title, 0.0)
        try:
            yield
        finally:
            self.notes.seconds[title] = before + time.monotonic() - began

    # --- tasks -------------------------------------------------------------------------------

    def run(self, title: str, tasks: Sequence[Task], purpose: str) -> dict[str, str]:
        """Have tasks done; what is given up is noted.

        Args:
            title: for the progress bar, e.g. "judging maps".
            tasks: to do; those whose parts are there and can be read are not done again.
            purpose: what is missing without them, e.g. "judging the maps of".

        Returns:
            `Task.group` -> reason, of what was given up.
        """
        self._drop_damaged(tasks)
        failures = self.runner(title, tasks)
        for group, failure in failures.items():
            self.notes.skipped.append((f"{purpose} {group}", failure.reason))
            self.notify(f"note: no {purpose} {group}: {failure.reason}")
            if not failure.lasting:
                self.notes.unfinished.append(f"{purpose} {group}: {failure.reason}")
        return {group: failure.reason for group, failure in failures.items()}

    def parts(self, tasks: Iterable[Task], given_up: Iterable[str] = ()) -> list[pa.Table]:
        """The parts of tasks that were not given up, and of those what had been finished."""
        gone = set(given_up)
        kept = (t.part for t in tasks if t.group not in gone or self.store.exists(t.part))
        return [self.store.read_table(part) for part in kept]

    def _drop_damaged(self, tasks: Sequence[Task]) -> None:
        """Take away parts that cannot be read, so that they are made again."""
        for task in tasks:
            if self.store.exists(task.part) and not self._readable(task.part):
                self.store.delete(task.part)

    def _readable(self, part: str) -> bool:
        try:
            if part.endswith(".parquet"):
                self.store.read_table(part)
            else:
                safetensors.numpy.load(self.store.read_bytes(part))
        except (DamagedResults, safetensors.SafetensorError, ValueError, KeyError, TypeError):
            return False
        return True
