"""Each trial a line through the settings that varied, to its accuracy."""

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.figures.parallel_coordinates import axis_values
from analysis.report.charts import svg

STEP, HEIGHT = 150.0, 330.0
"""Pixels from one axis to the next, and of the drawing."""

LEFT, RIGHT, TOP, BOTTOM = 30.0, 140.0, 16.0, 44.0
"""Pixels around the axes; values stand right of theirs."""

FAINTEST = 0.3
"""Opacity of the least accurate trial's line; the most accurate one's is 1."""

LONGEST = 19
"""Letters of a value, and of a setting."""


def draw(frame: pd.DataFrame, label: str) -> Markup:
    """An upright axis a setting; the stronger the line, the more accurate the trial."""
    axes = int(frame["axis"].max()) + 1
    width = LEFT + STEP * (axes - 1) + RIGHT
    lines = _lines(frame)
    parts = [part for axis, rows in frame.groupby("axis") for part in _axis(int(axis), rows)]
    return svg.drawing(label, width, HEIGHT, [*lines, *parts])


def _place(axis: float, height: float) -> svg.Place:
    return LEFT + STEP * axis, TOP + (1 - height) * (HEIGHT - TOP - BOTTOM)


def _lines(frame: pd.DataFrame) -> Iterator[Markup]:
    """Least accurate first, so that the best lies on top."""
    low, high = frame["accuracy"].min(), frame["accuracy"].max()
    for trial, line in frame.sort_values(["accuracy", "axis"]).groupby("trial", sort=False):
        first = line.iloc[0]
        share = (first["accuracy"] - low) / (high - low) if high > low else 1.0
        settings = ", ".join(
            f"{row['setting']} {row['value']}" for row in line.iloc[:-1].to_dict("records")
        )
        looks = f"way{' best' if first['best'] else ''}{'' if first['finished'] else ' stopped'}"
        opacity = FAINTEST + (1 - FAINTEST) * float(share)
        drawn = [svg.path(looks, places, opacity) for places in _pieces(line)]
        title = f"{settings}: {wording.share(first['accuracy'])}"
        yield svg.group(str(trial), title, drawn)


def _pieces(line: pd.DataFrame) -> list[list[svg.Place]]:
    """A trial's places; where it lacks a setting its line is interrupted."""
    pieces: list[list[svg.Place]] = [[]]
    for axis, height in zip(line["axis"], line["height"], strict=True):
        if pd.notna(height):
            pieces[-1].append(_place(axis, height))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _axis(axis: int, rows: pd.DataFrame) -> Iterator[Markup]:
    """The upright line, its values, and what it is."""
    first = rows.iloc[0]
    yield svg.line("axis", _place(axis, 0.0), _place(axis, 1.0))
    for value, height in axis_values(rows):
        x, y = _place(axis, height)
        yield svg.text(svg.shortened(value, LONGEST), (x + 5, y + 4), "start", "over")
    x, y = _place(axis, 0.0)
    name = svg.shortened(first["setting"], LONGEST)
    yield svg.text(name, (x - 8, y + 24), "start", "title")
    if first["scale"] == "logarithmic":
        yield svg.text("(logarithmic)", (x - 8, y + 38), "start")
