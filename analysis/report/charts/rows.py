"""A row a name, with marks at numbers and their intervals: what accuracies and recalls share."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from analysis.report.charts import scale, svg
from analysis.report.charts.plot import BOTTOM, Plot

ROW = 32.0
"""Pixels from one row to the next."""

HEAD, KEY_ROW = 26.0, 18.0
"""Pixels above the rows, where the key stands, and more for each further line of it."""

TAIL = 56.0
"""Pixels right of the rows, where the highest number is written."""

LONGEST, NARROW_LONGEST = 38, 20
"""Letters of a row's name, and in a narrow drawing."""


@dataclass(frozen=True)
class RowMark:
    """A mark in a row.

    Attributes:
        place: of the row, 0 for the lowest; between rows where it is set off.
        value: where it lies.
        low: lower end of its interval; NaN for none.
        high: likewise.
        look: its classes, which the key explains.
        title: what it says to whoever points at it.
        words: what is written beside it.
        trial: that it is about; "" if about none.
        radius: pixels.
    """

    place: float
    value: float
    low: float
    high: float
    look: str
    title: str
    words: str = ""
    trial: str = ""
    radius: float = 4.5


@dataclass(frozen=True)
class RowLayout:
    """Pixels of a plot with rows: its width, from one row to the next, above and right of them.

    And the number at which an upright dotted line stands; NaN for none.
    """

    width: float = svg.USUAL
    row: float = ROW
    head: float = HEAD
    tail: float = TAIL
    dotted: float = math.nan


def rows_plot(
    names: Sequence[str], x: scale.Scale, x_title: str, layout: RowLayout | None = None
) -> Plot:
    """A plot with a row a name, the first at the bottom."""
    sizes = layout or RowLayout()
    most = LONGEST if sizes.width >= svg.USUAL else NARROW_LONGEST
    short = [svg.shortened(name, most) for name in names]
    return Plot(
        x,
        scale.names(short),
        x_title,
        "",
        width=sizes.width,
        height=sizes.head + BOTTOM + sizes.row * len(names),
        indent=14 + svg.LETTER * max(map(len, short), default=0),
        head=sizes.head,
        tail=sizes.tail,
    )


def draw_rows(
    names: Sequence[str],
    marks: Sequence[RowMark],
    key: Mapping[str, str],
    x_title: str,
    label: str,
    layout: RowLayout,
) -> Markup:
    """The drawing.

    Args:
        names: of the rows, from the lowest to the highest.
        marks: at least one.
        key: classes of marks -> what they are.
        x_title: what the numbers are.
        label: read to those who cannot see it.
        layout: its pixels above the rows are those of one line of a key.
    """
    ends = [end for mark in marks for end in (mark.value, mark.low, mark.high)]
    lines = len(key_lines(list(key.items()), layout.width))
    layout = replace(layout, head=layout.head + KEY_ROW * (lines - 1))
    plot = rows_plot(names, scale.linear(ends), x_title, layout)
    parts = [] if math.isnan(layout.dotted) else [upright(plot, layout.dotted)]
    for mark in marks:
        drawn = row_mark(plot, mark)
        parts.append(
            svg.group(mark.trial, mark.title, drawn)
            if mark.trial
            else svg.titled(mark.title, drawn)
        )
    return plot.svg(label, [*parts, marks_key(key, width=layout.width)])


def key_lines(
    entries: Sequence[tuple[str, str]], width: float
) -> list[list[tuple[float, str, str]]]:
    """Where the entries of a key stand that is this wide: lines of (pixels from the left, *entry).

    Args:
        entries: (look, words) of each.
        width: pixels.
    """
    x, lines = FIRST, [[]]  # type: float, list[list[tuple[float, str, str]]]
    for look, words in entries:
        if lines[-1] and x + BESIDE + svg.LETTER * len(words) > width:
            x = FIRST
            lines.append([])
        lines[-1].append((x, look, words))
        x += BESIDE + APART + svg.LETTER * len(words)
    return lines


FIRST, BESIDE, APART = 12.0, 9.0, 21.0
"""Pixels: where a key's first mark stands; from a mark to its words; from words to a mark."""


def marks_key(key: Mapping[str, str], y: float = 11.0, width: float = svg.USUAL) -> Markup:
    """Marks and what they are, beside one another as far as they fit; y: of the first line."""
    parts = []
    for line, entries in enumerate(key_lines(list(key.items()), width)):
        middle = y + KEY_ROW * line
        for x, look, words in entries:
            parts.append(svg.disc(look, (x, middle), 4.5))
            parts.append(svg.text(words, (x + BESIDE, middle + 4), "start"))
    return Markup("").join(parts)


def upright(plot: Plot, value: float) -> Markup:
    """A dotted line across the rows at a number."""
    x = plot.left(value)
    return svg.line("axis stopped", (x, plot.head), (x, plot.height - BOTTOM))


def row_mark(plot: Plot, mark: RowMark) -> list[Markup]:
    """A mark with its interval and what is written beside it."""
    x, y = plot.at(mark.value, mark.place)
    parts, end = [], x
    low, high = (value if math.isfinite(value) else mark.value for value in (mark.low, mark.high))
    if low < high:
        left, end = plot.left(low), plot.left(high)
        look = "whisker second" if "second" in mark.look.split() else "whisker"
        parts.append(svg.line(look, (left, y), (end, y)))
    parts.append(svg.disc(mark.look, (x, y), mark.radius))
    if mark.words:
        parts.append(svg.text(mark.words, (end + 7, y + 4), "start"))
    return parts
