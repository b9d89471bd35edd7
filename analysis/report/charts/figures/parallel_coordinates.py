"""Each trial a line through the settings that varied, to its accuracy."""

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.figures.parallel_coordinates import axis_values
from analysis.report.charts import svg

STEP, LEAST_STEP, HEIGHT = 150.0, 54.0, 330.0
"""Pixels from one axis to the next, at least on a narrow screen, and of the drawing."""

LEFT, RIGHT, TOP, BOTTOM = 30.0, 140.0, 16.0, 44.0
"""Pixels around the axes; values stand right of theirs."""

NARROW_RIGHT = 52.0
"""Likewise on a narrow screen, where the last axis has its name left of it."""

FAINTEST = 0.3
"""Opacity of the least accurate trial's line; the most accurate one's is 1."""

LONGEST = 19
"""Letters of a value, and of a setting."""


def draw(frame: pd.DataFrame, label: str, width: float) -> Markup:
    """An upright axis a setting; the stronger the line, the more accurate the trial."""
    last = int(frame["axis"].max())
    step, right, narrow = STEP, RIGHT, width < svg.USUAL
    if narrow:
        right = NARROW_RIGHT
        step = max((width - LEFT - right) / max(last, 1), LEAST_STEP)
    lines = _lines(frame, step)
    parts = [part for axis, rows in frame.groupby("axis") for part in _axis(int(axis), rows, step)]
    if narrow:
        x, y = _place(last, 0.0, step)
        parts[-1:] = [svg.text("accuracy", (x + NARROW_RIGHT - 4, y + 24), "end", "title")]
    return svg.drawing(label, LEFT + step * last + right, HEIGHT, [*lines, *parts])


def _place(axis: float, height: float, step: float) -> svg.Place:
    return LEFT + step * axis, TOP + (1 - height) * (HEIGHT - TOP - BOTTOM)


def _lines(frame: pd.DataFrame, step: float) -> Iterator[Markup]:
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
        drawn = [svg.path(looks, places, opacity) for places in _pieces(line, step)]
        title = f"{settings}: {wording.share(first['accuracy'])}"
        yield svg.group(str(trial), title, drawn)


def _pieces(line: pd.DataFrame, step: float) -> list[list[svg.Place]]:
    """A trial's places; where it lacks a setting its line is interrupted."""
    pieces: list[list[svg.Place]] = [[]]
    for axis, height in zip(line["axis"], line["height"], strict=True):
        if pd.notna(height):
            pieces[-1].append(_place(axis, height, step))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _axis(axis: int, rows: pd.DataFrame, step: float) -> Iterator[Markup]:
    """The upright line, its values, and what it is; as many letters as fit before the next."""
    first, most = rows.iloc[0], min(LONGEST, int(step / svg.LETTER))
    yield svg.line("axis", _place(axis, 0.0, step), _place(axis, 1.0, step))
    for value, height in axis_values(rows):
        x, y = _place(axis, height, step)
        yield svg.text(svg.shortened(value, most), (x + 5, y + 4), "start", "over")
    x, y = _place(axis, 0.0, step)
    yield svg.text(svg.shortened(first["setting"], most), (x - 8, y + 24), "start", "title")
    if first["scale"] == "logarithmic":
        yield svg.text("(logarithmic)", (x - 8, y + 38), "start")
