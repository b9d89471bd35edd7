"""Learning curves of all trials, one over the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from analysis import wording
from analysis.leaderboard import leaderboard
from analysis.report.charts import scale
from analysis.report.charts.plot import (
    Chart,
    Plot,
    fitting,
    group,
    measured_words,
    unfinished_words,
)
from results.statuses import is_trained_to_end
from results.varied import description


@dataclass(frozen=True)
class Curve:
    """A trial's validation accuracy: (epoch, accuracy) in order; `place` is 1 for the best."""

    trial: str
    name: str
    place: int
    points: tuple[tuple[int, float], ...]
    finished: bool


def curves(trials: pd.DataFrame, epochs: pd.DataFrame, varied: Sequence[str]) -> list[Curve]:
    """A curve a measured trial, in the order of the leaderboard."""
    rows = epochs[epochs["validation_accuracy"].notna()].sort_values("epoch")
    by_trial = {
        str(trial): tuple(
            zip(part["epoch"].astype(int), part["validation_accuracy"].astype(float), strict=True)
        )
        for trial, part in rows.groupby("trial")
    }
    return [
        Curve(
            trial=str(row["trial"]),
            name=description(row, varied),
            place=place,
            points=by_trial[str(row["trial"])],
            finished=is_trained_to_end(row),
        )
        for place, row in enumerate(leaderboard(trials).rows, 1)
        if str(row["trial"]) in by_trial
    ]


def draw(made: Sequence[Curve]) -> Chart:
    """The chart of at least one curve; the best is drawn last, so that it lies on top."""
    return fitting(partial(_draw, made))


def _draw(made: Sequence[Curve], width: float) -> Chart:
    x = scale.integers([epoch for curve in made for epoch, _ in curve.points])
    y = scale.linear([accuracy for curve in made for _, accuracy in curve.points])
    plot = Plot(x, y, "epoch", "validation accuracy", width)
    marks = []
    for curve in reversed(made):
        name = "curve best" if curve.place == 1 else "curve"
        dashed = "" if curve.finished else " stopped"
        accuracy = max(height for _, height in curve.points)
        title = f"{curve.place}. {curve.name}: {wording.share(accuracy)}"
        line = plot.line(curve.points, f"{name}{dashed}")
        end = plot.mark(*curve.points[-1], "dot" if curve.finished else "dot hollow", 3)
        marks.append(group(curve.trial, title, [line, end]))
    strong = len(made) > 1 and made[0].place == 1 and len(made[0].points) > 1
    best = "; the best is drawn strongly" if strong else ""
    lines = [curve for curve in made if len(curve.points) > 1 and not curve.finished]
    look = "dashed, and hollow at the end" if lines else "hollow"
    hollow = unfinished_words((curve.finished for curve in made), look)
    caption = f"Validation accuracy by epoch, {measured_words(len(made))}{best}{hollow}."
    return Chart(plot.svg(caption, marks), caption)
