"""Whether a confidence of 0.8 is right eight times in ten."""

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.report.charts import scale, svg
from analysis.report.charts.plot import Plot

HEIGHT, HEAD, BARS, LINE = 346.0, 10.0, 60.0, 16.0
"""Pixels: of the drawing without its notes, above its area, of the longest bar along its lower
edge, of a line of notes."""


def draw(frame: pd.DataFrame, label: str, width: float) -> Markup:
    """Accuracy by confidence beside the line of honesty; bars below: how many images."""
    n, split = int(frame["n"].sum()), frame["split"].iloc[0]
    unit = scale.linear((0.0, 1.0), beyond=0.03)
    notes = [svg.text(w, (8, 14 + LINE * i), "start") for i, w in enumerate(_notes(frame, width))]
    head = HEAD + LINE * len(notes)
    title, height = f"confidence, {split}, n = {n:,}", HEIGHT - HEAD + head - 3 * LINE
    plot = Plot(unit, unit, title, "accuracy", width, height, head=head)
    most = int(frame["n"].max())
    bins = [_bin(plot, row, most) for row in frame[frame["n"] > 0].to_dict("records")]
    honest = svg.path("axis stopped", [plot.at(0.0, 0.0), plot.at(1.0, 1.0)])
    return plot.svg(label, [honest, *bins, *notes])


def _notes(frame: pd.DataFrame, width: float) -> list[str]:
    """What stands above; the calibration errors in two lines where they do not fit into one."""
    first = frame.iloc[0]
    error = f"expected calibration error {wording.share(first['error'])}"
    if pd.notna(first["before"]):
        error += f", before calibration {wording.share(first['before'])}"
    return [
        *([error] if svg.LETTER * len(error) < width else error.split(", ")),
        "dashed: as right as it is sure; below it: too sure",
        "bars: images, hollow where wrong",
    ]


def _bin(plot: Plot, row: dict, most: int) -> Markup:
    place, accuracy = plot.at(row["confidence"], row["accuracy"])
    left, base = plot.at(row["left"], 0.0)
    width = plot.left(row["right"]) - left - 2
    right, wrong = (BARS * row[kind] / most for kind in ("correct", "wrong"))
    title = (
        f"confidence {wording.share(row['left'], 2)} to {wording.share(row['right'], 2)}: "
        f"{row['correct']:,} of {row['n']:,} right, "
        f"{wording.interval(row['accuracy'], row['low'], row['high'])}"
    )
    bars = [
        svg.box("bar faint", (left + 1, base - right), width, right),
        svg.box("bar faint hollow", (left + 1, base - right - wrong), width, wrong),
    ]
    ends = ((place, plot.top(row["low"])), (place, plot.top(row["high"])))
    return svg.titled(
        title,
        [*bars, svg.line("whisker", *ends), svg.disc("dot", (place, accuracy), 4.5)],
    )
