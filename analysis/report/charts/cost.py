"""Accuracy against what it costs: parameters of the net, images a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from analysis import wording
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

COSTS = {
    "parameters": "parameters",
    "images_per_second": "training images a second",
}
"""Column of `trials.parquet` -> what its axis is called; one line adds one."""


@dataclass(frozen=True)
class CostPoint:
    """A trial: its signature, name, cost, best accuracy, and whether it was trained to its end."""

    trial: str
    name: str
    cost: float
    accuracy: float
    finished: bool


def points(trials: pd.DataFrame, cost: str, varied: Sequence[str]) -> list[CostPoint]:
    """A point a measured trial with a priced cost above 0, in the table's order."""
    priced = trials[trials["validation_accuracy"].notna() & (trials[cost] > 0)]
    return [
        CostPoint(
            str(row["trial"]),
            description(row, varied),
            float(row[cost]),
            float(row["validation_accuracy"]),
            is_trained_to_end(row),
        )
        for row in priced.to_dict("records")
    ]


def draw(cost: str, made: Sequence[CostPoint]) -> Chart:
    """The chart of at least one point."""
    return fitting(partial(_draw, cost, made))


def _draw(cost: str, made: Sequence[CostPoint], width: float) -> Chart:
    x = scale.numbers(p.cost for p in made)
    y = scale.linear(p.accuracy for p in made)
    plot = Plot(x, y, COSTS[cost], "validation accuracy", width)
    marks = [
        group(
            p.trial,
            f"{p.name}: {wording.share(p.accuracy)}, {wording.short(p.cost)} {COSTS[cost]}",
            [plot.mark(p.cost, p.accuracy, "dot" if p.finished else "dot hollow")],
        )
        for p in made
    ]
    hollow = unfinished_words((p.finished for p in made), "hollow")
    caption = f"Accuracy against {COSTS[cost]}, {measured_words(len(made))}{hollow}."
    return Chart(plot.svg(caption, marks), caption)
