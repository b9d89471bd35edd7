"""Learning curves over seeds: at each epoch a configuration's mean, and how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.repeats.seed_mean import mean


@dataclass(frozen=True)
class BandPoint:
    """One epoch.

    Attributes:
        epoch: from 1.
        value: the mean over seeds.
        low: lower end of its 95 % interval (Student's t).
        high: upper end.
    """

    epoch: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class SeedBand:
    """A configuration's curve.

    Attributes:
        place: of the configuration, 1 for the best.
        name: of the configuration.
        trials: whose mean it is.
        points: in order, as far as every one of these went.
    """

    place: int
    name: str
    trials: tuple[str, ...]
    points: tuple[BandPoint, ...]


def bands(groups: pd.DataFrame, epochs: pd.DataFrame, column: str) -> list[SeedBand]:
    """A band a configuration with two finished seeds or more, best first.

    Args:
        groups: `groups.parquet`.
        epochs: `epochs.parquet`.
        column: of `epochs`, whose mean is taken.
    """
    made = []
    for row in groups.sort_values("place").to_dict("records"):
        trials = tuple(str(row["trials"]).split())
        points = _points(epochs[epochs["trial"].isin(trials)], trials, column)
        if len(trials) > 1 and points:
            made.append(SeedBand(int(row["place"]), str(row["configuration"]), trials, points))
    return made


def _points(rows: pd.DataFrame, trials: Sequence[str], column: str) -> tuple[BandPoint, ...]:
    points = []
    for epoch, values in rows.dropna(subset=[column]).groupby("epoch")[column]:
        if len(values) == len(trials):
            average = mean(values)
            points.append(BandPoint(int(epoch), average.value, average.low, average.high))
    return tuple(points)
