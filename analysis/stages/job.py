"""One post-processing of one sweep: what was asked, what is known, what must be said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from analysis.sweep_folder import SweepFolder
from analysis.workshop.tasks import Task
from orchestrator.data.faces import Faces, Splits
from results.store import Store

Work = Callable[[str, Sequence[Task]], dict[str, str]]
"""(what it is, tasks) -> trial -> why its tasks were given up; all others have left their parts."""


@dataclass(frozen=True)
class Request:
    """What was asked.

    Attributes:
        members: in the ensemble, at most.
        split: whose images are predicted, explained and drawn: test or validation.
        explain: images that the costly methods explain; None for all.
        methods: names in `analysis.explain.names.NAMES`; pictures show the first.
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
    """

    caveats: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)


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
    work: Work
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
