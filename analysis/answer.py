"""From a sweep's tables to its answer: what was best, how sure that is, what was not tried.

Data alone; `analysis.statements` puts it into sentences. Everything here is about validation
images, on which the trials were chosen too: test images have no say.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.comparison.configurations import (
    Comparison,
    Configuration,
    Evidence,
    configurations,
    holm,
)
from results.settings import SETTINGS
from results.varied import varied

LEVEL = 0.05
"""A difference counts as more than chance below this p value, after Holm's correction."""

MOST_VALUES = 5
"""A number with more values than this is answered by a range, not value by value."""


@dataclass(frozen=True)
class ValueResult:
    """How far the trials with one value of a setting got.

    Attributes:
        value: of the setting.
        trials: measured trials that had it.
        best: their best configuration.
        behind: the best value's best configuration against this one; None of the best value.
        p: of that comparison after Holm's correction over all of the answer's; NaN if unknown.
        untried: values of other settings that the best configuration has and that this value was
            never tried with: what sets it apart may be theirs.
    """

    value: Any
    trials: int
    best: Configuration
    behind: Comparison | None = None
    p: float = math.nan
    untried: tuple[tuple[str, Any], ...] = ()

    @property
    def is_behind(self) -> bool:
        """Whether it is worse than the best beyond chance."""
        return self.behind is not None and self.p < LEVEL and self.behind.difference > 0

    @property
    def is_ahead(self) -> bool:
        """Whether it was better, beyond chance, at its last epoch, but went no further."""
        return self.behind is not None and self.p < LEVEL and self.behind.difference < 0


@dataclass(frozen=True)
class SettingAnswer:
    """What the sweep says of one setting with few values.

    Attributes:
        setting: its name.
        values: best first.
        in_a_row: so many of the best configurations, counted from the first, have the best value.
        with_best: measured configurations that have it.
        epoch: the last epoch that every measured trial reached; 0 if unknown.
        leader_then: the value whose trial led at that epoch; None if unknown.
    """

    setting: str
    values: tuple[ValueResult, ...]
    in_a_row: int
    with_best: int
    epoch: int
    leader_then: Any


@dataclass(frozen=True)
class RangeAnswer:
    """What the sweep says of a number that nearly every trial has another value of.

    Attributes:
        setting: its name.
        best: the value of the best configuration for which the setting counts; NaN where it
            counts for none that cannot be told from the best, as for low and high.
        low: the least value among the configurations that cannot be told from the best.
        high: the greatest.
        tried: the least and the greatest value of all measured ones.
        inside: measured configurations between low and high.
        leading: those of them that cannot be told from the best.
    """

    setting: str
    best: float
    low: float
    high: float
    tried: tuple[float, float]
    inside: int
    leading: int


@dataclass(frozen=True)
class Answer:
    """What a sweep found out.

    Attributes:
        varied: the settings that it varied.
        statuses: status -> trials.
        errors: what failed trials said, most frequent first.
        ranking: measured configurations, best first.
        leaders: those that cannot be told from the best, the best among them.
        settings: one a setting that varied, the seed aside.
        seed_sd: standard deviation of accuracy over seeds, pooled over configurations; NaN where
            no configuration has two.
        seeds: the most seeds that any configuration has.
        n: validation images.
        comparisons: how many comparisons Holm's correction is over.
        tests: what they rest on, see `Comparison.test`.
    """

    varied: tuple[str, ...] = ()
    statuses: Mapping[str, int] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    ranking: tuple[Configuration, ...] = ()
    leaders: tuple[Configuration, ...] = ()
    settings: tuple[SettingAnswer | RangeAnswer, ...] = ()
    seed_sd: float = math.nan
    seeds: int = 0
    n: int = 0
    comparisons: int = 0
    tests: tuple[str, ...] = ()


def answer(
    trials: pd.DataFrame, epochs: pd.DataFrame, right: Mapping[str, NDArray[np.bool_]]
) -> Answer:
    """What the trials of a sweep say of the settings that it varied.

    Args:
        trials: `trials.parquet`.
        epochs: `epochs.parquet`.
        right: trial -> (n,) whether its answer is right, image by image in one order, of those
            whose predictions on validation images are stored.
    """
    names = varied(trials.to_dict("records"))
    ranking = configurations(trials, names)
    settled = Answer(
        varied=names,
        statuses={str(s): int(n) for s, n in trials["status"].value_counts().items()},
        errors=tuple(str(error) for error in trials["error"].dropna().value_counts().index),
    )
    if not ranking:
        return settled
    n = int(trials["validation_n"].max()) if trials["validation_n"].notna().any() else 0
    evidence = Evidence(epochs, right, n)
    searched = [name for name in names if name != "seed"]
    ranges = {name for name in searched if _has_many_values(name, ranking)}
    results = _corrected([_setting(s, ranking, evidence) for s in searched if s not in ranges])
    leaders = _leaders(ranking, evidence)
    by_name: dict[str, SettingAnswer | RangeAnswer] = {r.setting: r for r in results}
    by_name |= {name: _range(name, ranking, leaders) for name in ranges}
    behind = [value.behind for r in results for value in r.values if value.behind]
    seed_sd, seeds = _seeds(ranking)
    return replace(
        settled,
        ranking=tuple(ranking),
        leaders=tuple(leaders),
        settings=tuple(by_name[name] for name in searched),
        seed_sd=seed_sd,
        seeds=seeds,
        n=n,
        comparisons=len(behind),
        tests=tuple(dict.fromkeys(comparison.test for comparison in behind)),
    )


# --- settings with few values ---------------------------------------------------------------


def _setting(name: str, ranking: Sequence[Configuration], evidence: Evidence) -> SettingAnswer:
    by_value: dict[Any, list[Configuration]] = {}
    for configuration in ranking:
        value = configuration.settings[name]
        if value is not None:
            by_value.setdefault(value, []).append(configuration)
    values = [ValueResult(value, _trials(made), made[0]) for value, made in by_value.items()]
    first, *others = values
    compared = [
        replace(
            other,
            behind=evidence.compare(first.best, other.best),
            untried=_untried(name, first.best, by_value[other.value]),
        )
        for other in others
    ]
    epoch = evidence.common_epoch(ranking)
    return SettingAnswer(
        setting=name,
        values=(first, *compared),
        in_a_row=_in_a_row([c.settings[name] == first.value for c in ranking]),
        with_best=len(by_value[first.value]),
        epoch=epoch,
        leader_then=_leader(by_value, lambda c: evidence.accuracy_at(c, epoch)),
    )


def _trials(made: Sequence[Configuration]) -> int:
    return sum(len(configuration.trials) for configuration in made)


def _untried(
    setting: str, best: Configuration, tried: Sequence[Configuration]
) -> tuple[tuple[str, Any], ...]:
    """Values of the best that these were never tried with; of settings with known names alone."""
    if not SETTINGS[setting].choices:
        return ()
    return tuple(
        (name, value)
        for name, value in best.settings.items()
        if name != setting
        and SETTINGS[name].choices
        and value is not None
        and all(configuration.settings[name] != value for configuration in tried)
    )


def _in_a_row(hits: Sequence[bool]) -> int:
    return hits.index(False) if False in hits else len(hits)


def _leader(
    by_value: Mapping[Any, Sequence[Configuration]],
    accuracy: Callable[[Configuration], float | None],
) -> Any:
    """The value of the most accurate configuration; None where an accuracy is not recorded."""
    heights = {value: [accuracy(c) for c in made] for value, made in by_value.items()}
    if any(height is None for made in heights.values() for height in made):
        return None
    return max(heights, key=lambda value: max(h for h in heights[value] if h is not None))


def _corrected(results: Sequence[SettingAnswer]) -> list[SettingAnswer]:
    """The same with p values after Holm's correction over all comparisons of all settings."""
    probabilities = [v.behind.p for r in results for v in r.values if v.behind]
    remaining = iter(holm(probabilities))
    return [
        replace(
            result,
            values=tuple(
                replace(value, p=next(remaining)) if value.behind else value
                for value in result.values
            ),
        )
        for result in results
    ]


# --- numbers with many values ---------------------------------------------------------------


def _has_many_values(name: str, ranking: Sequence[Configuration]) -> bool:
    values = {configuration.settings[name] for configuration in ranking} - {None}
    number = type(SETTINGS[name].default) in (int, float)
    return number and len(values) > MOST_VALUES


def _leaders(ranking: Sequence[Configuration], evidence: Evidence) -> list[Configuration]:
    """Who cannot be told from the best; who was stopped early does not lead one who was not."""
    best = ranking[0]
    others = [other for other in ranking[1:] if other.finished or not best.finished]
    comparisons = [evidence.compare(best, other) for other in others]
    corrected = holm(comparison.p for comparison in comparisons)
    return [best] + [
        other
        for other, comparison, p in zip(others, comparisons, corrected, strict=True)
        if not (p < LEVEL and comparison.difference > 0)
    ]


def _range(
    name: str, ranking: Sequence[Configuration], leaders: Sequence[Configuration]
) -> RangeAnswer:
    tried, good = (
        [float(c.settings[name]) for c in group if c.settings[name] is not None]
        for group in (ranking, leaders)
    )
    low, high = min(good, default=math.nan), max(good, default=math.nan)
    return RangeAnswer(
        setting=name,
        best=good[0] if good else math.nan,
        low=low,
        high=high,
        tried=(min(tried), max(tried)),
        inside=sum(low <= value <= high for value in tried),
        leading=len(good),
    )


# --- seeds ----------------------------------------------------------------------------------


def _seeds(ranking: Sequence[Configuration]) -> tuple[float, int]:
    """Pooled standard deviation over seeds, and the most seeds that a configuration has."""
    several = [np.array(list(c.accuracies.values())) for c in ranking if len(c.accuracies) > 1]
    if not several:
        return math.nan, max(len(c.accuracies) for c in ranking)
    squares = sum(float(((a - a.mean()) ** 2).sum()) for a in several)
    degrees = sum(len(a) - 1 for a in several)
    return math.sqrt(squares / degrees), max(len(a) for a in several)
