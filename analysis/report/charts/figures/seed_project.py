"""The seed project's figures beside ours: each read as what it is."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.figures.seed_project import GUESSING
from analysis.report.charts import scale, svg
from analysis.report.charts.plot import Plot
from analysis.report.charts.rows import RowLayout, RowMark, marks_key, row_mark, rows_plot, upright

LAYOUT = RowLayout(width=900.0, head=44.0)

SQUARE, ESTIMATE = 9.0, 14.0
"""Pixels: side of a square for binary accuracy; height of the bar of our estimate."""

LOOKS = {"ours": "dot", "theirs": "dot second"}
"""Whose figure -> classes of the mark of its 7-class accuracy."""

KEY = {
    "dot": "ours, 7-class accuracy, 95 % interval",
    "dot second": "seed project, seemingly 7-class accuracy",
}

BINARY, GUESSED = (
    "binary accuracy: not comparable",
    "seed project, our estimate of 7-class accuracy",
)
"""What squares and bars are."""


def draw(frame: pd.DataFrame, label: str) -> Markup:
    """A row a figure: 7-class accuracy, or our estimate of it, and binary accuracy far right."""
    rows = frame.sort_values("place").to_dict("records")
    names = [f"{row['name']}" for row in rows]
    numbers = frame[["accuracy", "binary", "low", "high"]].stack()
    plot = rows_plot(names, scale.linear([*numbers, GUESSING]), X_TITLE, LAYOUT)
    parts = [upright(plot, GUESSING), _guessing(plot), marks_key(KEY), *_second_key()]
    return plot.svg(label, [*parts, *(_row(plot, row) for row in rows)])


X_TITLE = "accuracy (the seed project's as reported; none could be checked)"


def _guessing(plot: Plot) -> Markup:
    return svg.text("6/7: never sure", (plot.left(GUESSING), plot.head - 3))


def _second_key() -> list[Markup]:
    beside = 12 + SQUARE + 30 + svg.LETTER * len(BINARY)
    return [
        svg.box("bar hollow other", (8, 24), SQUARE, SQUARE),
        svg.text(BINARY, (21, 33), "start"),
        svg.box("bar second", (beside, 24), 2 * SQUARE, SQUARE),
        svg.text(GUESSED, (beside + 2 * SQUARE + 6, 33), "start"),
    ]


def _row(plot: Plot, row: dict[Any, Any]) -> Markup:
    marks, words = [], []
    if pd.notna(row["accuracy"]):
        value = wording.share(row["accuracy"])
        look = LOOKS[row["who"]]
        mark = RowMark(row["place"], row["accuracy"], row["low"], row["high"], look, "", value)
        marks += row_mark(plot, mark)
        words.append(wording.interval(row["accuracy"], row["low"], row["high"]))
    elif pd.notna(row["low"]):
        (left, middle), right = plot.at(row["low"], row["place"]), plot.left(row["high"])
        place = (left, middle - ESTIMATE / 2)
        guess = f"{wording.share(row['low'], 2)} to {wording.share(row['high'], 2)} (estimated)"
        marks.append(svg.box("bar second", place, right - left, ESTIMATE))
        marks.append(svg.text(guess, (right + 6, middle + 4), "start"))
        words.append(guess)
    if pd.notna(row["binary"]):
        x, y = plot.at(row["binary"], row["place"])
        place = (x - SQUARE / 2, y - SQUARE / 2)
        binary = wording.share(row["binary"])
        marks.append(svg.box("bar hollow other", place, SQUARE, SQUARE))
        marks.append(svg.text(binary, (x + SQUARE, y + 4), "start"))
        words.append(f"binary accuracy {binary}")
    return svg.titled(f"{row['name']}: {', '.join(words)}", marks)
