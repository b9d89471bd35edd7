"""Which class is taken for which: counts and shares in one cell."""

import math
from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.report.charts import svg

CELL, HEAD, BOTTOM = 46.0, 40.0, 86.0
"""Pixels: side of a cell; above and below the cells."""

STRONGEST = 0.5
"""Opacity of the colour of a cell that has all images of its class: words stay readable on it.
Others have it by the root of their share, so that rare mistakes can be seen."""

LONGEST = 14
"""Letters of a class's name."""

TRUE_CLASS = "true class (images)"

MOST_CLASSES = 30
"""With more, cells are too many for a page: the picture file is shown."""


def draw(frame: pd.DataFrame, label: str) -> Markup:
    """A matrix for the ensemble and one for the best single model; nothing for many classes."""
    if frame["row"].max() >= MOST_CLASSES:
        return Markup("")
    parts = [_matrix(cells, label) for _, cells in frame.groupby("who", sort=False)]
    return Markup("").join(parts)


def _matrix(cells: pd.DataFrame, label: str) -> Markup:
    names = cells.drop_duplicates("row").sort_values("row")
    k, first = len(names), cells.iloc[0]
    rows = [
        f"{svg.shortened(row['label'], LONGEST)} ({row['n']:,})" for row in names.to_dict("records")
    ]
    left = 14 + svg.LETTER * max(map(len, (*rows, TRUE_CLASS)))
    side = CELL * k
    right = wording.interval(first["right"], first["low"], first["high"])
    title = f"{first['who']}: {right} right, n = {cells['count'].sum():,}"
    parts = [svg.text(title, (8, 16), "start", "title")]
    parts.append(svg.text(TRUE_CLASS, (left - 6, HEAD - 8), "end"))
    for place, (name, words) in enumerate(zip(names["label"], rows, strict=True)):
        middle = HEAD + CELL * (place + 0.5)
        parts.append(svg.text(words, (left - 6, middle + 4), "end"))
        below = (left + CELL * (place + 0.5) + 4, HEAD + side + 14)
        parts.append(svg.turned(svg.shortened(name, LONGEST), below, "end", -40))
        parts.append(svg.box("cell", (left + CELL * place, HEAD + CELL * place), CELL, CELL, 0.0))
    parts += _cells(cells, left)
    answer = (left + side / 2, HEAD + side + BOTTOM - 8)
    parts.append(svg.text(f"answer, {first['split']}", answer, "middle", "title"))
    width = max(left + side + 12, 16 + svg.LETTER * 1.1 * len(title))
    return svg.drawing(f"{first['who']}. {label}", width, HEAD + side + BOTTOM, parts)


def _cells(cells: pd.DataFrame, left: float) -> Iterator[Markup]:
    for cell in cells[cells["count"] > 0].to_dict("records"):
        x, y = left + CELL * cell["column"], HEAD + CELL * cell["row"]
        share = f"{100 * cell['share']:.0f} %" if cell["share"] >= 0.005 else "<1 %"
        name = "strong" if cell["row"] == cell["column"] else "on"
        words = f"{cell['label']} taken for {cell['prediction']}"
        if cell["row"] == cell["column"]:
            words = f"{cell['label']} recognised"
        yield svg.titled(
            f"{words}: {cell['count']:,} of {cell['n']:,}",
            [
                svg.box("amount", (x, y), CELL, CELL, STRONGEST * math.sqrt(cell["share"])),
                svg.text(f"{cell['count']:,}", (x + CELL / 2, y + CELL / 2 - 3), "middle", name),
                svg.text(share, (x + CELL / 2, y + CELL / 2 + 13), "middle", name),
            ],
        )
