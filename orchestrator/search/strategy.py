"""What the scheduler and a search say to each other: suggestions, outcomes, tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from orchestrator.errors import BadInput
from orchestrator.search.space import SearchSpace


@dataclass(frozen=True)
class Suggestion:
    """A configuration to try: `values` has every axis, constants too; `ticket` counts from 0."""

    ticket: int
    values: dict[str, Any]


@dataclass(frozen=True)
class TrialOutcome:
    """How a suggestion ended.

    Attributes:
        state: "completed" for a trial that ended by itself, "pruned" for one that the scheduler
            stopped, "failed" for one that crashed.
        value: higher is better; None or NaN where there is none, as for a diverged trial.
        intermediate: (epoch, value), what it reported on the way.
        attributes: name -> text or number, kept with it for people; no search reads them.
    """

    state: Literal["completed", "pruned", "failed"]
    value: float | None = None
    intermediate: Sequence[tuple[int, float | None]] = ()
    attributes: Mapping[str, str | int] = field(default_factory=dict)


class Strategy(Protocol):
    """What the sweep needs of a search."""

    def ready(self) -> bool:
        """Whether a suggestion can be given now; else once more trials have been told of."""

    def ask(self) -> Suggestion | None:
        """The next configuration; None where all have been given."""

    def learn(self, ticket: int, outcome: TrialOutcome) -> None:
        """What later suggestions may know of one; the first word holds; told, else, with its end.

        A ticket that was never given is ignored.
        """

    def tell(self, ticket: int, outcome: TrialOutcome) -> None:
        """How a suggestion ended; the first word about a ticket holds, later ones are ignored.

        But one: a trial that was told as pruned, since it waited at a rung, may be told once more
        when it went on and completed. A ticket below 0 is ignored: of a trial that was suggested
        before the sweep was extended.
        """

    def recall(
        self, ticket: int, values: Mapping[str, Any], outcome: TrialOutcome | None
    ) -> int | None:
        """Make sure that a suggestion of an interrupted sweep is known, e.g. if a file was lost.

        Args:
            ticket: under which it was given; below 0, if before the sweep was extended.
            values: every axis, and possibly more.
            outcome: how it ended; None while it is under way.

        Returns:
            None where all is well, or it lies outside of the space; otherwise the ticket under
            which it had to be added.
        """

    def open_tickets(self) -> dict[int, dict[str, Any]]:
        """Ticket -> values, of the suggestions that were asked and not yet told.

        After a crash, one that the sweep has never heard of was drawn and not used: start it, or
        tell it as failed, which keeps a finite space from ever trying it.
        """


@dataclass(frozen=True)
class Setup:
    """What a strategy is made from.

    Attributes:
        space: what is searched.
        seed: of the suggestions, >= 0.
        name: the study's name: the sweep's.
        file: of the study, on a local or mounted disk; only TPE writes it. None: in memory alone.
        given: suggestions given before an interruption: the highest ticket and one. TPE reads
            them from its file instead.
        question: what the sweep asks, for people who open the study.
        extensions: how often the space has changed: then what was suggested before tells TPE
            what it can, in a study of its own, and the others begin again.
        first: configurations of the space, every axis, that are suggested before all others.
        lag: a suggestion knows the results of those that were given so many before it or earlier,
            >= 1, see `lag_of`, so that it does not depend on who ends first; None: it knows what
            has been told.

    Raises:
        BadInput: for a negative seed or count.
    """

    space: SearchSpace
    seed: int = 0
    name: str = "sweep"
    file: Path | None = None
    given: int = 0
    question: str = ""
    extensions: int = 0
    first: Sequence[Mapping[str, Any]] = ()
    lag: int | None = None

    def __post_init__(self) -> None:
        if self.seed < 0 or self.given < 0:
            raise BadInput(f"seed {self.seed} and count {self.given} must not be negative")


def lag_of(slots: int) -> int:
    """How far back a suggestion looks where so many trials run at once.

    The s - 1 others that run cannot be known. As many again may be overtaken, so that processes
    do not wait for the slowest. Simulated: where some nets take three times as long as others,
    waiting costs 1 % of the time (with s alone 13 % at 2 slots, 32 % at 8), ten times 3 to 12 %.
    """
    return 2 * slots - 1
