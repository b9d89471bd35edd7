"""Learning curves of two trials, one over the other: training and validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.report.charts import scale
from analysis.report.charts.plot import Chart, Plot, fitting, group

PARTS = {"validation": "", "train": " stopped"}
"""Which images -> the class that sets its line apart: training is dashed."""

WORDS = {"validation": "validation", "train": "training"}
"""Which images -> the words for them."""

COLOURS = ("blue", "orange")
"""Of the first and of the second, as the style sheet has them."""


@dataclass(frozen=True)
class PairedCurve:
    """What a trial was after each of its epochs, on training or on validation images.

    Attributes:
        trial: its signature.
        name: of its sweep.
        second: whether that is the second of the two.
        part: "validation" or "train".
        points: (epoch, value) in order, at least one.
    """

    trial: str
    name: str
    second: bool
    part: str
    points: tuple[tuple[int, float], ...]

    @property
    def classes(self) -> str:
        """Of its line."""
        return f"curve best{' second' if self.second else ''}{PARTS[self.part]}"

    @property
    def words(self) -> str:
        """Of its key."""
        return f"{self.name}, {WORDS[self.part]}"


def curves(
    epochs: Sequence[pd.DataFrame],
    trials: Sequence[str | None],
    names: Sequence[str],
    measure: str,
) -> list[PairedCurve]:
    """Up to four curves; what was not recorded has none.

    Args:
        epochs: `epochs.parquet` of the first and of the second sweep.
        trials: a trial of each; None where there is none.
        names: of the sweeps.
        measure: "accuracy" or "loss".
    """
    made = []
    for second, (table, trial, name) in enumerate(zip(epochs, trials, names, strict=True)):
        rows = table[table["trial"] == trial].sort_values("epoch")
        for part in PARTS:
            values = rows[["epoch", f"{part}_{measure}"]].dropna()
            points = tuple((int(epoch), float(value)) for epoch, value in values.to_numpy())
            if trial is not None and points:
                made.append(PairedCurve(trial, name, bool(second), part, points))
    return made


def draw(made: Sequence[PairedCurve], measure: str) -> Chart:
    """The chart of at least one curve; measure: "accuracy" or "loss"."""
    return fitting(partial(_draw, made, measure))


def _draw(made: Sequence[PairedCurve], measure: str, width: float) -> Chart:
    x = scale.integers([epoch for curve in made for epoch, _ in curve.points])
    y = scale.linear([value for curve in made for _, value in curve.points])
    title = "cross-entropy (nats)" if measure == "loss" else measure
    plot = Plot(x, y, "epoch", title, width=width, height=340)
    marks = [_marks(plot, curve, measure) for curve in made]
    key = plot.key([(curve.classes, curve.words) for curve in made], at_top=measure == "loss")
    colours = {curve.name: COLOURS[curve.second] for curve in made}
    caption = (
        f"{measure.capitalize()} of the two best single models by epoch: "
        f"{wording.enumeration([f'{name} in {colour}' for name, colour in colours.items()])}, "
        "solid on validation images, dashed in training."
    )
    return Chart(plot.svg(caption, [*marks, key]), caption)


def _marks(plot: Plot, curve: PairedCurve, measure: str) -> Markup:
    last = curve.points[-1]
    title = f"{curve.words}: {measure} {wording.share(last[1])} after epoch {last[0]}"
    dot = f"dot{' second' if curve.second else ''}{' hollow' if curve.part == 'train' else ''}"
    return group(
        curve.trial, title, [plot.line(curve.points, curve.classes), plot.mark(*last, dot, 3)]
    )
