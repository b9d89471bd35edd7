"""Accuracy against one setting: at the last epoch that all reached, and at each trial's best."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from markupsafe import Markup

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
from results.varied import description, heading, value_in_force, value_text

SPREAD = 0.3
"""Half of the width, in steps, over which trials with one value are spread out."""


@dataclass(frozen=True)
class SettingPoint:
    """A trial in the chart.

    Attributes:
        trial: its signature.
        name: what tells it from others.
        value: of the setting.
        common: accuracy at the common epoch; NaN where that is not recorded.
        best: accuracy in its best epoch.
        finished: whether it was trained to its end.
    """

    trial: str
    name: str
    value: Any
    common: float
    best: float
    finished: bool


def common_epoch(trials: pd.DataFrame) -> int:
    """The last epoch that every measured trial reached; 0 where none was measured."""
    measured = trials[trials["validation_accuracy"].notna()]["epochs_trained"].dropna()
    return int(measured.min()) if len(measured) else 0


def points(
    trials: pd.DataFrame, epochs: pd.DataFrame, setting: str, varied: Sequence[str]
) -> list[SettingPoint]:
    """A point a measured trial in which the setting is in force, most accurate first.

    Args:
        trials: `trials.parquet`.
        epochs: `epochs.parquet`.
        setting: which one.
        varied: the settings that varied: they name the trials.
    """
    at_epoch = epochs[epochs["epoch"] == common_epoch(trials)]
    common = dict(zip(at_epoch["trial"], at_epoch["validation_accuracy"], strict=True))
    measured = trials[trials["validation_accuracy"].notna()]
    ordered = measured.sort_values("validation_accuracy", ascending=False, kind="stable")
    return [
        SettingPoint(
            trial=str(row["trial"]),
            name=description(row, varied),
            value=value,
            common=float(common.get(row["trial"], math.nan)),
            best=float(row["validation_accuracy"]),
            finished=is_trained_to_end(row),
        )
        for row in ordered.to_dict("records")
        if (value := value_in_force(setting, row)) is not None
    ]


def draw(setting: str, made: Sequence[SettingPoint], epoch: int) -> Chart:
    """The chart; numbers lie along an axis, names beside one another.

    Args:
        setting: its name.
        made: as `points` gives them, at least one.
        epoch: the common epoch.
    """
    return fitting(partial(_draw, setting, made, epoch))


def _draw(setting: str, made: Sequence[SettingPoint], epoch: int, width: float) -> Chart:
    places, x = _horizontal(made)
    heights = [h for p in made for h in (p.common, p.best) if math.isfinite(h)]
    plot = Plot(x, scale.linear(heights), heading(setting), "validation accuracy", width)
    marks = [_trial(plot, p, place, epoch) for p, place in zip(made, places, strict=True)]
    small = epoch and any(math.isfinite(p.common) and p.common != p.best for p in made)
    marks_mean = "the best epoch of each"
    if small:
        marks_mean = (
            f"small: at epoch {epoch}, the last that every measured trial reached; large: its best"
        )
    hollow = unfinished_words((p.finished for p in made), "hollow")
    caption = f"Accuracy by {heading(setting)}, {measured_words(len(made))}; {marks_mean}{hollow}."
    return Chart(plot.svg(caption, marks), caption)


def _horizontal(made: Sequence[SettingPoint]) -> tuple[list[float], scale.Scale]:
    if all(isinstance(p.value, int | float) and not isinstance(p.value, bool) for p in made):
        places = [float(p.value) for p in made]
        axis = scale.numbers(places)
        counts = all(isinstance(p.value, int) for p in made) and not axis.is_log
        return places, scale.integers(places) if counts else axis
    words = list(dict.fromkeys(value_text(p.value) for p in made))
    members = {word: [p for p in made if value_text(p.value) == word] for word in words}
    places = []
    for point in made:
        word = value_text(point.value)
        step = 2 * SPREAD / max(len(members[word]) - 1, 1)
        offset = members[word].index(point) * step - SPREAD if len(members[word]) > 1 else 0.0
        places.append(words.index(word) + offset)
    return places, scale.names(words)


def _trial(plot: Plot, point: SettingPoint, place: float, epoch: int) -> Markup:
    marks = []
    title = f"{point.name}: {wording.share(point.best)}"
    if math.isfinite(point.common) and point.common != point.best:
        title += f", {wording.share(point.common)} at epoch {epoch}"
        marks += [
            plot.line([(place, point.common), (place, point.best)], "link"),
            plot.mark(place, point.common, "dot", 2.5),
        ]
    marks.append(plot.mark(place, point.best, "dot" if point.finished else "dot hollow"))
    return group(point.trial, title, marks)
