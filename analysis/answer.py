"""From a sweep's tables to its answer: what was best, how sure that is, what was not tried.

Data alone; `analysis.statements` puts it into sentences. Everything here is about validation
images, on which the trials were chosen too: test images have no say.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    spread_over_seeds,
)
from analysis.statistics import holm
from results.settings import SETTINGS
from results.statuses import UNDER_WAY, is_trained_to_end
from results.varied import value_in_force, varied

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
        unmeasured: the same, where it was tried but failed or has not been measured yet.
    """

    value: Any
    trials: int
    best: Configuration
    behind: Comparison | None = None
    p: float = math.nan
    untried: tuple[tuple[str, Any], ...] = ()
    unmeasured: tuple[tuple[str, Any], ...] = ()

    @property
    def is_compared(self) -> bool:
        """Whether a test could be made of the difference to the best value."""
        return not math.isnan(self.p)

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
        epoch: the last epoch that every trial of the ranking reached; 0 if unknown.
        leader_then: the value whose trial led at that epoch; None if unknown, or if two did.
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
        trained_to_end: trials that were trained to their end.
        errors: what failed trials said, most frequent first.
        ranking: measured configurations, best first.
        leaders: those that cannot be told from the best, the best among them.
        settings: one a setting that varied, the seed aside.
        seed_sd: standard deviation of accuracy over seeds, pooled over configurations all of whose
            seeds were trained to their end; NaN where none of these has two.
        seeds: the most seeds that any configuration has.
        n: validation images.
        comparisons: how many comparisons of values Holm's correction is over.
        tests: what they rest on, see `Comparison.test`.
        against_best: how many it is over where configurations are held against the best one.
        tests_against_best: what these rest on.
    """

    varied: tuple[str, ...] = ()
    statuses: Mapping[str, int] = field(default_factory=dict)
    trained_to_end: int = 0
    errors: tuple[str, ...] = ()
    ranking: tuple[Configuration, ...] = ()
    leaders: tuple[Configuration, ...] = ()
    settings: tuple[SettingAnswer | RangeAnswer, ...] = ()
    seed_sd: float = math.nan
    seeds: int = 0
    n: int = 0
    comparisons: int = 0
    tests: tuple[str, ...] = ()
    against_best: int = 0
    tests_against_best: tuple[str, ...] = ()

    @property
    def under_way(self) -> int:
        """How many trials have not ended."""
        return sum(self.statuses.get(status, 0) for status in UNDER_WAY)


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
        trained_to_end=sum(map(is_trained_to_end, trials.to_dict("records"))),
        errors=tuple(str(error) for error in trials["error"].dropna().value_counts().index),
    )
    if not ranking:
        return settled
    n = int(trials["validation_n"].max()) if trials["validation_n"].notna().any() else 0
    evidence = Evidence(epochs, right, n)
    searched = [name for name in names if name != "seed"]
    ranges = {name for name in searched if _has_many_values(name, ranking)}
    every = [{s: value_in_force(s, row) for s in searched} for row in trials.to_dict("records")]
    few = [name for name in searched if name not in ranges]
    results = _corrected([_setting(name, ranking, evidence, every) for name in few])
    leaders, against = _leaders(ranking, evidence)
    by_name: dict[str, SettingAnswer | RangeAnswer] = {r.setting: r for r in results}
    by_name |= {name: _range(name, ranking, leaders) for name in ranges}
    behind = [v.behind for r in results for v in r.values if v.behind and v.is_compared]
    seed_sd, seeds = spread_over_seeds(ranking)
    return replace(
        settled,
        ranking=tuple(ranking),
        leaders=tuple(leaders),
        settings=tuple(by_name[name] for name in searched),
        seed_sd=seed_sd,
        seeds=seeds,
        n=n,
        comparisons=len(behind),
        tests=_tests(behind),
        against_best=len(against),
        tests_against_best=_tests(against),
    )


def _tests(comparisons: Iterable[Comparison]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(comparison.test for comparison in comparisons))


# --- settings with few values ---------------------------------------------------------------


def _setting(
    name: str,
    ranking: Sequence[Configuration],
    evidence: Evidence,
    every: Sequence[Mapping[str, Any]],
) -> SettingAnswer:
    """What one setting came to; `every` holds the settings of all trials, measured or not."""
    by_value: dict[Any, list[Configuration]] = {}
    for configuration in ranking:
        value = configuration.settings[name]
        if value is not None:
            by_value.setdefault(value, []).append(configuration)
    values = [ValueResult(value, _trials(made), made[0]) for value, made in by_value.items()]
    first, *others = values
    compared = []
    for other in others:
        made = [c.settings for c in by_value[other.value]]
        begun = [settings for settings in every if settings[name] == other.value]
        apart, untried = (_untried(name, first.best, tried) for tried in (made, begun))
        unmeasured = tuple(pair for pair in apart if pair not in untried)
        behind = evidence.compare(first.best, other.best)
        compared.append(replace(other, behind=behind, untried=untried, unmeasured=unmeasured))
    epoch = evidence.reached_by_all(ranking)
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
    setting: str, best: Configuration, tried: Sequence[Mapping[str, Any]]
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
        and all(settings[name] != value for settings in tried)
    )


def _in_a_row(hits: Sequence[bool]) -> int:
    return hits.index(False) if False in hits else len(hits)


def _leader(
    by_value: Mapping[Any, Sequence[Configuration]],
    accuracy: Callable[[Configuration], float | None],
) -> Any:
    """The value of the most accurate configuration; None where unknown, or where two have it."""
    heights = {value: [accuracy(c) for c in made] for value, made in by_value.items()}
    if any(height is None for made in heights.values() for height in made):
        return None
    tops = {value: max(h for h in made if h is not None) for value, made in heights.items()}
    first = [value for value, top in tops.items() if top == max(tops.values())]
    return first[0] if len(first) == 1 else None


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


def _leaders(
    ranking: Sequence[Configuration], evidence: Evidence
) -> tuple[list[Configuration], list[Comparison]]:
    """Who cannot be told from the best, and the tests behind that.

    Who was stopped early does not lead one who was not, nor does who could not be compared.
    """
    best = ranking[0]
    others = [other for other in ranking[1:] if other.finished or not best.finished]
    comparisons = [evidence.compare(best, other) for other in others]
    corrected = holm(comparison.p for comparison in comparisons)
    leaders = [best] + [
        other
        for other, comparison, p in zip(others, comparisons, corrected, strict=True)
        if p >= LEVEL or comparison.difference <= 0
    ]
    return leaders, [made for made in comparisons if not math.isnan(made.p)]


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
