"""What the runs of a comparison come to, and the line that shows it."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jobs.benchmarks.side_by_side.comparison import Comparison, Measured
from jobs.benchmarks.side_by_side.processes import OURS, THEIRS, Run

COLUMNS = (
    ("name", "<", 20),
    ("what", "<", 50),
    ("against", "<", 38),
    ("ours", ">", 11),
    ("theirs", ">", 11),
    ("ratio", ">", 7),
    ("by cpu", ">", 7),
    ("goal", ">", 17),
    ("met", "<", 4),
    ("n", ">", 2),
    ("spread", ">", 6),
)
"""Title, alignment and width; what is said besides follows without a column."""


BUSY = 0.3
"""Cores in use by others from which on it is said that others disturbed."""


@dataclass(frozen=True)
class Outcome:
    """Medians over rounds.

    Attributes:
        state: whether there are any; "skipped" where the other side's package is not installed.
        ours: our cost; None where nothing was measured.
        theirs: the other side's; None where there is none.
        ratio: median of each round's ratio of ours to theirs: what disturbs the machine for longer
            than a round disturbs both.
        by_cpu: the same of processor time.
        spread: (largest - smallest) / median of the ratios, or of our costs where there are none.
        rounds: how many.
        met: whether the goal is met; None where there is none.
        notes: what else is to be said; why nothing was measured.
    """

    state: Literal["measured", "skipped", "failed"] = "measured"
    ours: float | None = None
    theirs: float | None = None
    ratio: float | None = None
    by_cpu: float | None = None
    spread: float | None = None
    rounds: int = 0
    met: bool | None = None
    notes: tuple[str, ...] = ()


def outcome(comparison: Comparison, runs: Sequence[Run]) -> Outcome:
    """What complete rounds came to.

    Args:
        comparison: whose runs these are.
        runs: in the order in which they were made; at least one of each side.
    """
    ours = [run.measured for run in runs if run.side == OURS]
    theirs = [run.measured for run in runs if run.side == THEIRS]
    rounds = list(zip(ours, theirs, strict=False))
    ratios = [a.cost / b.cost for a, b in rounds if b.cost]
    by_cpu = [a.cpu / b.cpu for a, b in rounds if a.cpu is not None and b.cpu]
    varied = ratios or [a.cost for a in ours]
    cost, ratio = statistics.median(a.cost for a in ours), _median(ratios)
    faults = [a.fault for a in (*ours, *theirs) if a.fault] + _disagreement(comparison, rounds)
    faults += _inferiority(comparison, ours, theirs)
    notes = [*faults, *(m.note for m in (*ours, *theirs) if m.note), *_others(runs)]
    return Outcome(
        ours=cost,
        theirs=_median([b.cost for b in theirs]),
        ratio=ratio,
        by_cpu=_median(by_cpu),
        spread=(max(varied) - min(varied)) / (statistics.median(varied) or 1.0),
        rounds=len(rounds) or len(ours),
        met=_is_met(comparison, cost, ratio, faults),
        notes=tuple(dict.fromkeys(notes)),
    )


def _others(runs: Sequence[Run]) -> list[str]:
    most = max(run.others for run in runs)
    return [f"under load: others kept up to {most:.1f} cores busy"] if most > BUSY else []


def heading() -> str:
    """Of the table."""
    return _aligned([title for title, _, _ in COLUMNS])


def line(name: str, comparison: Comparison, result: Outcome) -> str:
    """As the table shows it."""
    met = {True: "yes", False: "NO", None: ""}[result.met]
    cells = (
        name,
        comparison.what,
        comparison.against,
        _cost(result.ours, comparison.unit),
        _cost(result.theirs, comparison.unit),
        "" if result.ratio is None else f"{result.ratio:.3g}",
        "" if result.by_cpu is None else f"{result.by_cpu:.3g}",
        goal(comparison),
        met,
        f"{result.rounds}" if result.rounds else "",
        "" if result.spread is None else f"{result.spread:.0%}",
    )
    state = "" if result.state == "measured" else f"{result.state}: "
    return f"{_aligned(cells)}  {state}{'; '.join(result.notes)}".rstrip()


def goal(comparison: Comparison) -> str:
    """In a few letters, e.g. "<= 0.05, <= 0.3 s"."""
    ratio, cost = comparison.goal.ratio, comparison.goal.cost
    parts = [] if ratio is None else [f"<= {ratio:.3g}"]
    return ", ".join([*parts, *([] if cost is None else [f"<= {cost:g} {comparison.unit}"])])


def _is_met(
    comparison: Comparison, cost: float, ratio: float | None, faults: Sequence[str]
) -> bool | None:
    wanted = comparison.goal
    if faults:
        return False
    checks = [] if wanted.cost is None else [cost <= wanted.cost]
    if wanted.ratio is not None:
        checks.append(ratio is not None and ratio <= wanted.ratio)
    return all(checks) if checks else None


def _disagreement(comparison: Comparison, rounds: Sequence[tuple[Measured, Measured]]) -> list[str]:
    """Where the sides answered: how far apart they are, if that is too far."""
    for ours, theirs in rounds:
        if len(ours.answer) != len(theirs.answer):
            return [f"ours has {len(ours.answer)} numbers, theirs {len(theirs.answer)}"]
        largest = max(map(abs, theirs.answer), default=0.0)
        apart = [abs(a - b) for a, b in zip(ours.answer, theirs.answer, strict=True)]
        allowed = comparison.tolerance * largest
        wrong = [each for each in apart if math.isnan(each) or each > allowed]
        if wrong:
            most = "NaN" if any(map(math.isnan, wrong)) else f"{max(wrong):.3g}"
            return [f"not the same answer: {most} apart, of numbers up to {largest:.3g}"]
    return []


def _inferiority(
    comparison: Comparison, ours: Sequence[Measured], theirs: Sequence[Measured]
) -> list[str]:
    """Where what came out is worse than the other side's by more than the tolerance."""
    own = _median([m.quality for m in ours if m.quality is not None])
    other = _median([m.quality for m in theirs if m.quality is not None])
    if own is None or other is None or own >= other - comparison.tolerance:
        return []
    return [f"worse than theirs: {own:.4f}, {other:.4f}"]


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _cost(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.4g} {unit}"


def _aligned(cells: Sequence[str]) -> str:
    columns = zip(cells, COLUMNS, strict=True)
    return "  ".join(f"{cell:{side}{width}}" for cell, (_, side, width) in columns)
