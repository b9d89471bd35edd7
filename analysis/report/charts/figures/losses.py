"""Training against validation loss of the best trials, with the verdict on each."""

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.report.charts import scale, svg
from analysis.report.charts.plot import Plot
from analysis.report.charts.rows import marks_key

WIDTH, HEIGHT, HEAD = 280.0, 210.0, 56.0
"""Pixels of a panel, and above its area."""

LONGEST = 36
"""Letters of a trial's name."""

LOSSES = {"train_loss": ("way", "dot"), "validation_loss": ("way second", "dot second hollow")}
"""Column -> classes of its line and of its marks."""


def draw(frame: pd.DataFrame, label: str) -> Markup:
    """A panel a trial: both losses, and the epoch with the best accuracy, dotted."""
    losses = frame[list(LOSSES)]
    shown = losses.where(losses.le(frame["ceiling"], axis=0)).stack()
    x, y = scale.integers(frame["epoch"]), scale.linear([0.0, *shown])
    panels = [_panel(rows, x, y, label) for _, rows in frame.groupby("trial", sort=False)]
    return Markup("").join(panels)


def _panel(rows: pd.DataFrame, x: scale.Scale, y: scale.Scale, label: str) -> Markup:
    plot = Plot(x, y, "epoch", "loss (nats)", width=WIDTH, height=HEIGHT, head=HEAD)
    first = rows.iloc[0]
    verdict = f"{first['verdict']}, accuracy {wording.share(first['accuracy'])}"
    words = [
        svg.text(svg.shortened(first["label"], LONGEST), (8, 14), "start", "title"),
        svg.text(verdict, (8, 31), "start"),
        marks_key({"dot": "training", "dot second hollow": "validation"}, 46),
    ]
    marks: list[Markup] = []
    if pd.notna(first["best_epoch"]):
        best = [plot.at(first["best_epoch"], value) for value in (y.low, y.high)]
        marks.append(svg.line("axis stopped", *best))
    for column, (line, dot) in LOSSES.items():
        for piece in _pieces(rows, column):
            marks += [plot.line(piece, line), *(plot.mark(*point, dot, 2.5) for point in piece)]
    title = f"{first['label']}: {verdict}"
    return plot.svg(f"{title}. {label}", [*words, svg.group(str(first["trial"]), title, marks)])


def _pieces(rows: pd.DataFrame, column: str) -> Iterator[list[tuple[float, float]]]:
    """Stretches of a curve that lie inside the frame."""
    piece: list[tuple[float, float]] = []
    for epoch, loss, top in zip(rows["epoch"], rows[column], rows["ceiling"], strict=True):
        if loss <= top:  # not where it is NaN
            piece.append((epoch, loss))
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece
