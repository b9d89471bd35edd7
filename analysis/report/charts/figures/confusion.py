"""Which class is taken for which: counts and shares in one cell."""

import math
from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.report.charts import svg

CELL, LEAST_CELL, HEAD, BOTTOM = 46.0, 38.0, 40.0, 86.0
"""Pixels: side of a cell, and at least on a narrow screen; above and below the cells."""

STRONGEST = 0.5
"""Opacity of the colour of a cell that has all images of its class: words stay readable on it.
Others have it by the root of their share, so that rare mistakes can be seen."""

LONGEST = 14
"""Letters of a class's name."""

TRUE_CLASS, NARROW_TRUE_CLASS = "true class (images)", "true class"
"""What the rows are; on a narrow screen without the number of their images, which the cells say."""

MOST_CLASSES = 30
"""With more, cells are too many for a page: the picture file is shown."""


def draw(frame: pd.DataFrame, label: str, width: float) -> Markup:
    """A matrix for the ensemble and one for the best single model; nothing for many classes."""
    if frame["row"].max() >= MOST_CLASSES:
        return Markup("")
    narrow = width < svg.USUAL
    parts = [_matrix(cells, label, narrow) for _, cells in frame.groupby("who", sort=False)]
    return Markup("").join(parts)


def _matrix(cells: pd.DataFrame, label: str, narrow: bool) -> Markup:
    names = cells.drop_duplicates("row").sort_values("row")
    k, first = len(names), cells.iloc[0]
    rows = [svg.shortened(name, LONGEST) for name in names["label"]]
    if not narrow:
        rows = [f"{name} ({n:,})" for name, n in zip(rows, names["n"], strict=True)]
    true_class = NARROW_TRUE_CLASS if narrow else TRUE_CLASS
    left = 14 + svg.LETTER * max(map(len, (*rows, true_class)))
    cell = max((svg.NARROW - 12 - left) / k, LEAST_CELL) if narrow else CELL
    cell = min(cell, CELL)
    side = cell * k
    right = wording.interval(first["right"], first["low"], first["high"])
    title, n = f"{first['who']}: {right} right", f", n = {cells['count'].sum():,}"
    title, number = (title, n) if narrow else (title + n, "")
    parts = [svg.text(title, (8, 16), "start", "title")]
    parts.append(svg.text(true_class, (left - 6, HEAD - 8), "end"))
    for place, (name, words) in enumerate(zip(names["label"], rows, strict=True)):
        middle = HEAD + cell * (place + 0.5)
        parts.append(svg.text(words, (left - 6, middle + 4), "end"))
        below = (left + cell * (place + 0.5) + 4, HEAD + side + 14)
        parts.append(svg.turned(svg.shortened(name, LONGEST), below, "end", -40))
        parts.append(svg.box("cell", (left + cell * place, HEAD + cell * place), cell, cell, 0.0))
    parts += _cells(cells, left, cell)
    answer = (left + side / 2, HEAD + side + BOTTOM - 8)
    parts.append(svg.text(f"answer, {first['split']}{number}", answer, "middle", "title"))
    width = max(left + side + 12, 16 + svg.LETTER * 1.1 * len(title))
    return svg.drawing(f"{first['who']}. {label}", width, HEAD + side + BOTTOM, parts)


def _cells(cells: pd.DataFrame, left: float, side: float) -> Iterator[Markup]:
    for cell in cells[cells["count"] > 0].to_dict("records"):
        x, y = left + side * cell["column"], HEAD + side * cell["row"]
        share = f"{100 * cell['share']:.0f} %" if cell["share"] >= 0.005 else "<1 %"
        name = "strong" if cell["row"] == cell["column"] else "on"
        words = f"{cell['label']} taken for {cell['prediction']}"
        if cell["row"] == cell["column"]:
            words = f"{cell['label']} recognised"
        yield svg.titled(
            f"{words}: {cell['count']:,} of {cell['n']:,}",
            [
                svg.box("amount", (x, y), side, side, STRONGEST * math.sqrt(cell["share"])),
                svg.text(f"{cell['count']:,}", (x + side / 2, y + side / 2 - 3), "middle", name),
                svg.text(share, (x + side / 2, y + side / 2 + 13), "middle", name),
            ],
        )
