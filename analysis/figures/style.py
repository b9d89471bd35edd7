"""What all figures share: how names, colours, marks and intervals look.

The colours are those of Okabe & Ito (2008), "Color Universal Design",
https://jfly.uni-koeln.de/color/, which people with any common
colour vision tell apart; each stands beside a mark or a hatch that says the same without it.
"""

import contextlib
import itertools
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from analysis.pictures.canvas.lettering import is_drawable

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, GREY, DARK = "#56B4E9", "#CC79A7", "#8A8A8A", "#222222"

STATUSES = {
    "completed": (BLUE, "o"),
    "stopped_early": (SKY, "s"),
    "pruned": (GREY, "x"),
    "failed": (RED, "X"),
    "running": (GREEN, ">"),
    "paused": (ORANGE, "P"),
    "reused": (PURPLE, "D"),
}
"""Status -> colour and mark, of each in `results.statuses`."""

AMOUNTS = "magma_r"
"""Colour map of cells on white: perceptually uniform, nothing is light and much is dark."""

LONGEST = 34


@dataclass
class Numbers:
    """Numbers for what the font of a chart lacks, in the order in which it first occurs.

    Attributes:
        of: letters -> their number, from 1.
    """

    of: dict[str, int] = field(default_factory=dict)

    def in_place_of_lacking(self, text: str) -> str:
        """The text with [1] where a run of letters stands that the font lacks."""
        pieces = []
        for drawable, letters in itertools.groupby(text, is_drawable):
            run = "".join(letters)
            pieces.append(run if drawable else f"[{self.of.setdefault(run, len(self.of) + 1)}]")
        return "".join(pieces)

    @property
    def legend(self) -> str:
        """A sentence for the caption; "" where nothing is lacking."""
        if not self.of:
            return ""
        names = ", ".join(f"[{number}] {letters}" for letters, number in self.of.items())
        return f"Numbers stand for what the chart's font lacks: {names}."


_numbers: ContextVar[Numbers] = ContextVar("numbers")


@contextlib.contextmanager
def numbered() -> Iterator[Numbers]:
    """While a figure is drawn, `shown` gives numbers to what the font lacks."""
    numbers = Numbers()
    token = _numbers.set(numbers)
    try:
        yield numbers
    finally:
        _numbers.reset(token)


def shown(name: object, longest: int = LONGEST) -> str:
    """A name from a file or a table as matplotlib should write it.

    On one line, cut in its middle where it is long, with no "$" that would start a formula, and
    with numbers for letters that the font lacks (see `numbered`).
    """
    text = _numbers.get(Numbers()).in_place_of_lacking(" ".join(str(name).split()))
    if len(text) > longest:
        head = (longest - 1) * 2 // 3
        text = text[:head] + "…" + text[len(text) - (longest - 1 - head) :]
    return text.replace("$", r"\$")


def whiskers(centre: ArrayLike, low: ArrayLike, high: ArrayLike) -> NDArray[np.float64]:
    """(2, n) lengths for `errorbar`; an end that is not known has none."""
    middle, below, above = (np.asarray(x, dtype=float) for x in (centre, low, high))
    return np.nan_to_num(np.stack([middle - below, above - middle]), nan=0.0).clip(min=0.0)


def status_key(statuses: ArrayLike) -> list[Line2D]:
    """Legend entries of the statuses that occur, in the order of `STATUSES`."""
    there = set(np.asarray(statuses).tolist())
    return [
        Line2D([], [], color=colour, marker=mark, linestyle="", label=name.replace("_", " "))
        for name, (colour, mark) in STATUSES.items()
        if name in there
    ]


def panels(canvas: Canvas, count: int, columns: int, labels: tuple[str, str]) -> list[Axes]:
    """So many axes in rows of at most `columns`, sharing both scales; no empty ones are left.

    Args:
        canvas: an empty one.
        count: axes, >= 1.
        columns: at most so many side by side.
        labels: of the lowest axes of each column, and of the first of each row.
    """
    columns = max(1, min(count, columns))
    rows = -(-count // columns)
    grid = canvas.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for spare in grid[count:]:
        spare.remove()
        above = grid[list(grid).index(spare) - columns]
        above.xaxis.set_tick_params(labelbottom=True)
    for place, ax in enumerate(grid[:count]):
        if place + columns >= count:
            ax.set_xlabel(labels[0])
        if place % columns == 0:
            ax.set_ylabel(labels[1])
    return list(grid[:count])


def percent(value: float) -> str:
    """A share from 0 to 1 in words, e.g. 63.5 %."""
    return f"{100 * value:.1f} %"


def count(number: int, what: str) -> str:
    """A number of things, e.g. "1 trial", "1,204 images"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
