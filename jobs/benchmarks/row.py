"""A row of a benchmark's table, printed and filed as soon as it is measured."""

import dataclasses
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COLUMNS = (
    ("row", "<", 15),
    ("setting", "<", 44),
    ("first call", ">", 10),
    ("ms a step", ">", 9),
    ("images/s", ">", 9),
    ("s an epoch", ">", 10),
    ("n", ">", 4),
    ("spread", ">", 6),
)
"""Title, alignment and width; what is said besides follows without a column."""


@dataclass(frozen=True)
class Row:
    """What was measured.

    Attributes:
        row: its name.
        setting: what was run.
        first_seconds: the first call, compiling included.
        step_milliseconds: of one step of training.
        images_per_second: training images.
        epoch_seconds: of one pass over FER2013's 28,709 training images.
        n: repeats, whose median stands in the columns before.
        spread: (longest - shortest) / median of the repeats.
        note: what else is to be said.
        more: figures that are filed and not printed.
    """

    row: str
    setting: str
    first_seconds: float | None = None
    step_milliseconds: float | None = None
    images_per_second: float | None = None
    epoch_seconds: float | None = None
    n: int | None = None
    spread: float | None = None
    note: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """As the table shows it."""
        cells = (
            self.row,
            self.setting,
            _number(self.first_seconds, "{:.1f} s"),
            _number(self.step_milliseconds, "{:.2f}"),
            _number(self.images_per_second, "{:,.0f}"),
            _number(self.epoch_seconds, "{:.3f}"),
            _number(self.n, "{}"),
            _number(self.spread, "{:.0%}"),
        )
        return f"{_aligned(cells)}  {self.note}".rstrip()


def median_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """The median, and (longest - shortest) / median."""
    middle = statistics.median(values)
    return middle, (max(values) - min(values)) / middle


class Table:
    """Rows on standard output and, as lines of JSON, in a file.

    Args:
        out: the file, begun anew; None for none.
        circumstances: hardware, versions, date: the file's first line.
    """

    def __init__(self, out: Path | None, circumstances: Mapping[str, Any]) -> None:
        self._out = out
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(json.dumps(circumstances) + "\n")
        print(", ".join(f"{name} {value}" for name, value in circumstances.items()))
        print("\n" + _aligned([title for title, _, _ in COLUMNS]), flush=True)

    def add(self, row: Row) -> None:
        """Print it, file it."""
        print(row.line(), flush=True)
        if self._out is not None:
            facts = {k: v for k, v in dataclasses.asdict(row).items() if v not in (None, "", {})}
            with self._out.open("a") as stream:
                stream.write(json.dumps(facts) + "\n")


def _number(value: float | None, pattern: str) -> str:
    return "" if value is None else pattern.format(value)


def _aligned(cells: Sequence[str]) -> str:
    columns = zip(cells, COLUMNS, strict=True)
    return "  ".join(f"{cell:{side}{width}}" for cell, (_, side, width) in columns)
