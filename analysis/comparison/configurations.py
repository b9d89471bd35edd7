"""A sweep's trials as configurations, each with one accuracy a seed, and tests between two of them.

A configuration is what a trial was made of, its seed aside. All accuracies are 7-class accuracies
on validation images; test images have no say here.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.repeats import seed_mean
from analysis.statistics import mcnemar
from results.settings import SETTINGS
from results.statuses import is_trained_to_end
from results.varied import value_in_force

FEWEST_SEEDS = 3
"""Shared seeds from which on seeds decide rather than images: with two, t has one degree."""

SEEDS, IMAGES, COUNTS = "seeds", "images", "counts"
"""What a comparison rests on: pairs of seeds, pairs of answers on the same images, or two counts of
right answers, whose images cannot be paired because predictions were not stored."""


@dataclass(frozen=True)
class Configuration:
    """What one or more trials were made of, and how good they were.

    Attributes:
        settings: the settings that varied, but for the seed; None where one is not in force.
        example: all settings of its best trial.
        trials: seed -> the trial's signature.
        accuracies: seed -> its validation accuracy in its best epoch, in [0, 1].
        finished: whether every one of its measured trials was trained to its end.
    """

    settings: Mapping[str, Any]
    example: Mapping[str, Any]
    trials: Mapping[int, str]
    accuracies: Mapping[int, float]
    finished: bool

    @property
    def accuracy(self) -> float:
        """The mean over its seeds."""
        return float(np.mean(list(self.accuracies.values())))

    @property
    def trial(self) -> str:
        """Its best trial."""
        return self.trials[max(self.accuracies, key=lambda seed: self.accuracies[seed])]


def configurations(trials: pd.DataFrame, varied: Sequence[str]) -> list[Configuration]:
    """Measured trials by configuration: finished ones before stopped ones, then best first.

    Trials that failed are left out, whatever they had reached. Of two with one seed and one
    configuration the better counts.

    Args:
        trials: `trials.parquet`.
        varied: the settings that varied, see `results.varied`.
    """
    measured = trials[trials["validation_accuracy"].notna() & (trials["status"] != "failed")]
    names = [name for name in varied if name != "seed"]
    groups: dict[tuple[Any, ...], list[dict[Any, Any]]] = {}
    order = ["validation_accuracy", "validation_loss", "number"]
    for row in measured.sort_values(order, ascending=[True, False, False]).to_dict("records"):
        groups.setdefault(tuple(value_in_force(name, row) for name in names), []).append(row)
    made = [_configuration(names, key, rows) for key, rows in groups.items()]
    made.sort(key=lambda each: (each.finished, each.accuracy))  # equals stay: the worse is first
    return made[::-1]


def _configuration(
    names: Sequence[str], values: tuple[Any, ...], rows: list[dict[Any, Any]]
) -> Configuration:
    by_seed = {int(row["seed"]) if not pd.isna(row["seed"]) else 0: row for row in rows}
    return Configuration(
        settings=dict(zip(names, values, strict=True)),
        example={name: rows[-1].get(name) for name in SETTINGS},
        trials={seed: str(row["trial"]) for seed, row in by_seed.items()},
        accuracies={seed: float(row["validation_accuracy"]) for seed, row in by_seed.items()},
        finished=all(map(is_trained_to_end, by_seed.values())),
    )


@dataclass(frozen=True)
class Comparison:
    """One configuration against another.

    Attributes:
        first: accuracy of the first, at what is compared: a mean over the shared seeds, or of its
            best trial; in [0, 1], NaN if unknown.
        second: the same of the second.
        p: two-sided probability of a difference so large if there were none; NaN if unknown.
        test: `SEEDS` (paired t-test), `IMAGES` (McNemar's exact test of their best trials) or
            `COUNTS` (Fisher's exact test, of two trials at one epoch or at their best ones).
        n: pairs of seeds, or images.
        epoch: the common epoch that was compared, where one of the two went no further; None
            where each stands at its own best epoch.
    """

    first: float
    second: float
    p: float
    test: str
    n: int
    epoch: int | None = None

    @property
    def difference(self) -> float:
        """How far the first is ahead."""
        return self.first - self.second


class Evidence:
    """What the stored tables can say of a difference between two configurations.

    Args:
        epochs: `epochs.parquet`.
        right: trial -> (n,) whether its stored answer is right, image by image in one order; of
            those trials whose predictions are stored.
        n: validation images.
    """

    def __init__(
        self, epochs: pd.DataFrame, right: Mapping[str, NDArray[np.bool_]], n: int
    ) -> None:
        self._right, self._n = right, n
        self._curves: dict[str, dict[int, float]] = {
            str(trial): dict(zip(rows["epoch"], rows["validation_accuracy"], strict=True))
            for trial, rows in epochs.groupby("trial")
        }

    def compare(self, first: Configuration, second: Configuration) -> Comparison:
        """The strongest test that the two allow: over seeds, over images, of counts."""
        if not (first.finished and second.finished):
            return self._at_common_epoch(first, second)
        shared = sorted(set(first.accuracies) & set(second.accuracies))
        if len(shared) >= FEWEST_SEEDS:
            one, two = (np.array([c.accuracies[s] for s in shared]) for c in (first, second))
            lead = seed_mean.mean(one - two)
            p = lead.p if lead.sd > 0 else float(lead.value == 0)
            return Comparison(float(one.mean()), float(two.mean()), p, SEEDS, lead.n)
        right = [self._right.get(c.trial) for c in (first, second)]
        if right[0] is not None and right[1] is not None and len(right[0]) == len(right[1]):
            p = mcnemar(right[0], right[1]).p
            return Comparison(_share(right[0]), _share(right[1]), p, IMAGES, len(right[0]))
        return self._counts(_best(first), _best(second), None)

    def common_epoch(self, configurations: Iterable[Configuration]) -> int:
        """The last epoch that all their best trials reached; 0 if that was not recorded."""
        return self._last_of_all(c.trial for c in configurations)

    def reached_by_all(self, configurations: Iterable[Configuration]) -> int:
        """The last epoch that all their trials reached, of every seed; 0 if not recorded."""
        return self._last_of_all(t for c in configurations for t in c.trials.values())

    def _last_of_all(self, trials: Iterable[str]) -> int:
        return int(min(max(self._curves.get(trial, {0: 0.0})) for trial in trials))

    def accuracy_at(self, configuration: Configuration, epoch: int) -> float | None:
        """Of a configuration's best trial after this epoch; None if that was not recorded."""
        value = self._curves.get(configuration.trial, {}).get(epoch)
        return None if value is None or math.isnan(value) else float(value)

    def _at_common_epoch(self, first: Configuration, second: Configuration) -> Comparison:
        """A trial that was stopped has no say beyond its last epoch: both as they were then."""
        epoch = self.common_epoch((first, second))
        one, two = (self.accuracy_at(c, epoch) for c in (first, second))
        if one is None or two is None:
            return Comparison(math.nan, math.nan, math.nan, COUNTS, self._n, epoch or None)
        return self._counts(one, two, epoch)

    def _counts(self, one: float, two: float, epoch: int | None) -> Comparison:
        n = self._n
        right = [round(one * n), round(two * n)]
        p = stats.fisher_exact([right, [n - r for r in right]]).pvalue if n else math.nan
        return Comparison(one, two, float(p), COUNTS, n, epoch)


def _share(right: NDArray[np.bool_]) -> float:
    return float(right.mean())


def _best(configuration: Configuration) -> float:
    return max(configuration.accuracies.values())


def spread_over_seeds(ranking: Iterable[Configuration]) -> tuple[float, int]:
    """Pooled standard deviation of accuracy over seeds, and the most seeds of a configuration.

    Only configurations count all of whose seeds were trained to their end: where one was stopped
    early, more than the seed differs. NaN where none of them has two.
    """
    every = [(np.array(list(c.accuracies.values())), c.finished) for c in ranking]
    several = [values for values, finished in every if len(values) > 1 and finished]
    if not several:
        return math.nan, max(len(values) for values, _ in every)
    squares = sum(float(((a - a.mean()) ** 2).sum()) for a in several)
    degrees = sum(len(a) - 1 for a in several)
    return math.sqrt(squares / degrees), max(len(a) for a in several)
