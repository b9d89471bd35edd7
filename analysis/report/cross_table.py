"""What was tried with what: a table for each pair of settings with few values."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from analysis import wording
from analysis.report.page_blocks import Table
from results.varied import heading, value_in_force, value_text

MOST_VALUES = 8
"""A setting with more values has no table: most of its cells would be empty."""


@dataclass(frozen=True)
class Cell:
    """Trials with one pair of values: how many there are, and the best accuracy among them.

    `best` is None where none was measured.
    """

    trials: int
    best: float | None


def cross(trials: pd.DataFrame, first: str, second: str) -> dict[tuple[Any, Any], Cell]:
    """(value of the first, value of the second) -> what was tried, for every pair of values.

    Args:
        trials: `trials.parquet`; a trial in which one of the two is not in force does not count.
        first: a setting.
        second: another one.
    """
    rows = trials.to_dict("records")
    pairs = [(value_in_force(first, row), value_in_force(second, row), row) for row in rows]
    complete = [(a, b, row) for a, b, row in pairs if a is not None and b is not None]
    firsts, seconds = ({pair[i]: None for pair in complete} for i in (0, 1))
    return {
        (a, b): _cell([row for x, y, row in complete if (x, y) == (a, b)])
        for a in firsts
        for b in seconds
    }


def _cell(rows: Sequence[dict[Any, Any]]) -> Cell:
    accuracies = [row["validation_accuracy"] for row in rows]
    measured = [float(a) for a in accuracies if not wording.missing(a)]
    return Cell(len(rows), max(measured, default=None))


def tables(trials: pd.DataFrame, varied: Sequence[str]) -> list[Table]:
    """A table a pair of settings that varied, the seed aside, neither with many values."""
    few = [name for name in varied if name != "seed" and _values(trials, name) <= MOST_VALUES]
    return [_table(trials, *pair) for pair in combinations(few, 2)]


def _values(trials: pd.DataFrame, name: str) -> int:
    return len({value_in_force(name, row) for row in trials.to_dict("records")} - {None})


def _table(trials: pd.DataFrame, first: str, second: str) -> Table:
    cells = cross(trials, first, second)
    firsts, seconds = (list(dict.fromkeys(pair[i] for pair in cells)) for i in (0, 1))
    return Table(
        caption=(
            f"{heading(first).capitalize()} with {heading(second)}: best validation accuracy, in "
            "brackets the number of trials"
        ),
        heads=(heading(first), *(value_text(value) for value in seconds)),
        rows=tuple((value_text(a), *(_words(cells[(a, b)]) for b in seconds)) for a in firsts),
        words=frozenset((heading(first),)),
    )


def _words(cell: Cell) -> str:
    return f"{wording.share(cell.best)} ({cell.trials})" if cell.trials else "never"
