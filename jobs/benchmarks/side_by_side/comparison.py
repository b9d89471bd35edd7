"""What a comparison is: two sides, what each costs, and the goal. Loads nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import BadInput


@dataclass(frozen=True)
class Case:
    """What both sides of a comparison are given.

    Attributes:
        folder: of this command, for what `prepare` leaves and the sides write; comparisons with the
            same `prepare` share one.
        quick: whether small sizes do: that it runs is asked for, not how fast.
        data: a data set of the user's; None: drawn faces, or noise where pixels do not matter.
    """

    folder: Path
    quick: bool = False
    data: str | None = None

    def size(self, full: int, quick: int) -> int:
        """One of the two."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Measured:
    """What one process measured of its side.

    Attributes:
        cost: by the clock, in the comparison's unit; less is better.
        cpu: the same in processor time, of all threads and processes that were waited for; None
            where that says nothing, e.g. of memory.
        answer: numbers that the other side has to come to as well, where both work out the same.
        quality: of what came out, e.g. an accuracy; more is better.
        note: what else is to be said.
        fault: what is not as it has to be; then no cost meets the goal.
    """

    cost: float
    cpu: float | None = None
    answer: Sequence[float] = ()
    quality: float | None = None
    note: str = ""
    fault: str = ""


Side = Callable[[Case], Measured]


@dataclass(frozen=True)
class Goal:
    """What is asked for; both where both are given, nothing where neither is.

    Attributes:
        ratio: our cost over theirs, at most.
        cost: ours, at most.
    """

    ratio: float | None = None
    cost: float | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One row of the table.

    Sides are named "module.function", `Side`s of modules of `comparisons`: those load what they
    measure, which only the process of a side does.

    Attributes:
        what: is measured.
        against: what somebody would take instead; "" where the goal is ours alone.
        unit: of the cost: "s", "ms", "MB", ...
        goal: see there.
        ours: a side.
        theirs: the other; "" for none.
        prepare: "module.function", (Case) -> None, run once before both; "" for nothing.
        rounds: how often each side is measured, in turns; once where sizes are small.
        tolerance: how far an answer may lie from the other side's, as a share of the largest; and
            by how much our quality may be below theirs.
        by_name_only: whether it is left out where no names are given: it takes long.
    """

    what: str
    ours: str
    against: str = ""
    theirs: str = ""
    unit: str = "s"
    goal: Goal = Goal()
    prepare: str = ""
    rounds: int = 5
    tolerance: float = 0.0
    by_name_only: bool = False


def by_cores(cores: int, four: float, two: float) -> Goal:
    """The ratio for four cores or more, for two or three; none for one, which shares no work."""
    if cores < 2:
        return Goal()
    return Goal(ratio=four if cores >= 4 else two)


def chosen(names: Sequence[str], comparisons: dict[str, Comparison]) -> dict[str, Comparison]:
    """Those of these names, in the order of the table; without names all but the long ones.

    A name that ends in "-" stands for all that begin with it.

    Raises:
        BadInput: for a name that none has.
    """
    if not names:
        return {n: c for n, c in comparisons.items() if not c.by_name_only}
    for name in names:
        if not any(_is_meant(name, each) for each in comparisons):
            raise BadInput(f"{name}: no such benchmark; there are gpu, {', '.join(comparisons)}")
    return {n: c for n, c in comparisons.items() if any(_is_meant(name, n) for name in names)}


def _is_meant(name: str, comparison: str) -> bool:
    return name == comparison or (name.endswith("-") and comparison.startswith(name))
