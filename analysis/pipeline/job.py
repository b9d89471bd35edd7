"""One post-processing of one sweep: what was asked, what is known, what must be said."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa

from analysis.features.arrays import unreadable
from analysis.pipeline.task import Task
from analysis.sweep_folder import SweepFolder
from orchestrator.data.faces import Faces, Splits
from orchestrator.preprocess import VARIANTS
from results.paths import Paths
from results.store import DamagedResults, Store


@dataclass(frozen=True)
class Failure:
    """Why tasks were given up.

    Attributes:
        reason: a sentence.
        lasting: whether it would come again: a file is damaged. Otherwise a worker died or was out
            of memory, say, and another run may fare better.
    """

    reason: str
    lasting: bool


TaskRunner = Callable[[str, Sequence[Task]], Mapping[str, Failure]]
"""(what it is, tasks) -> `Task.fate` -> why those were given up; all others left their parts."""


@dataclass(frozen=True)
class Request:
    """What was asked.

    Attributes:
        members: in the ensemble, at most.
        split: whose images are predicted, explained and drawn: test or validation.
        explain: images that the costly methods explain; None for all.
        methods: names in `analysis.explain.methods.names.NAMES`; pictures show the first.
        flip: whether mirrored images are predicted too, and averaged with.
        force: whether what is there is computed again.
        data: path of the data set, if it moved.
    """

    members: int = 7
    split: str = "test"
    explain: int | None = 56
    methods: tuple[str, ...] = ()
    flip: bool = False
    force: bool = False
    data: str | None = None


@dataclass
class Notes:
    """What a reader of the results must be told.

    Attributes:
        caveats: sentences.
        left_out: trial -> why it is not in the ensemble.
        skipped: (what, why).
        unfinished: sentences about what another run may still do.
        judgement: which explanation methods can be believed here.
    """

    caveats: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    judgement: str = ""


@dataclass
class Job:
    """See the module.

    Attributes:
        folder: the sweep's.
        request: what was asked.
        work: has tasks done.
        say: tells the person at the terminal.
        notes: grows from stage to stage.
    """

    folder: SweepFolder
    request: Request
    work: TaskRunner
    say: Callable[[str], None] = lambda line: None
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
    def seen(self) -> frozenset[str]:
        """Images of that split that also stand in training."""
        ids: frozenset[str] = getattr(self.folder, f"seen_{self.request.split}_ids")
        return ids

    def model(self, *trials: str) -> str:
        """Digest of what these trials' answers depend on: weights and preprocessing."""
        return hashlib.sha256("".join(map(self._model, trials)).encode()).hexdigest()[:16]

    def _model(self, trial: str) -> str:
        if trial not in self._models:
            content = self.store.read_bytes(Paths().weight(trial))
            variant = self.folder.config(trial).preprocessing
            about = "" if variant == "plain" else f"{variant} {VARIANTS[variant].version}"
            self._models[trial] = f"{hashlib.sha256(content).hexdigest()} {about}"
        return self._models[trial]

    @cached_property
    def _models(self) -> dict[str, str]:
        return {}

    def done(self, what: str, tasks: Sequence[Task], doing: str) -> dict[str, str]:
        """Have tasks done; what is given up is noted.

        Args:
            what: for the progress bar, e.g. "judging maps".
            tasks: to do; those whose parts are there and can be read are not done again.
            doing: what is missing without them, e.g. "judging the maps of".

        Returns:
            Fate -> reason, of what was given up.
        """
        self._drop_damaged(tasks)
        failures = self.work(what, tasks)
        for fate, failure in failures.items():
            self.notes.skipped.append((f"{doing} {fate}", failure.reason))
            self.say(f"note: no {doing} {fate}: {failure.reason}")
            if not failure.lasting:
                self.notes.unfinished.append(f"{doing} {fate}: {failure.reason}")
        return {fate: failure.reason for fate, failure in failures.items()}

    def tables(self, tasks: Iterable[Task], given_up: Iterable[str] = ()) -> list[pa.Table]:
        """The parts of tasks that were not given up, and of those what had been finished."""
        gone = set(given_up)
        kept = (t.part for t in tasks if t.fate not in gone or self.store.exists(t.part))
        return [self.store.read_table(part) for part in kept]

    def _drop_damaged(self, tasks: Sequence[Task]) -> None:
        """Take away parts that cannot be read, so that they are made again."""
        for task in tasks:
            if not self.store.exists(task.part):
                continue
            try:
                if task.part.endswith(".parquet"):
                    self.store.read_table(task.part)
                elif reason := unreadable(self.store.read_bytes(task.part)):
                    raise DamagedResults(reason)
            except DamagedResults:
                self.store.delete(task.part)
