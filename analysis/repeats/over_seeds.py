"""Configurations over several seeds: means, spread, and tests against the best of them.

A lead counts as more than noise only if it holds over seeds (paired t-test, seed by seed: would it
come again with other seeds?) and over images (the same nets, image by image: would it come again on
other images?), each after Holm's correction over all configurations.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.repeats.finalists import Finalist, distinct_names, settings_of
from analysis.repeats.seed_mean import SeedMean, chance, mean
from analysis.statistics import holm
from analysis.sweep_folder import SweepFolder
from results.statuses import is_trained_to_end
from results.varied import description, value_in_force, varied

LEVEL = 0.05
"""A difference counts as more than chance below this p value, after Holm's correction."""

BEST, BEHIND, NOISE = "best", "behind", "inside the noise"
UNDECIDED, UNCOMPARED = "undecided", "not compared"
"""What a configuration is to the best one; column `relation`.

Undecided: these nets are behind, image by image, but the seeds are too few, or too different, to
say it of nets of other seeds.
"""


@dataclass(frozen=True)
class RightAnswers:
    """Which validation images each trial is right about.

    Attributes:
        by_trial: trial -> (n,), of those whose predictions are stored, image by image in one order.
        clean: (n,) whether the image's pixels stand nowhere in training.
    """

    by_trial: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    clean: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))


@dataclass(frozen=True)
class SeedGroup:
    """One configuration, trained with several seeds.

    Attributes:
        name: what tells it from the others.
        trials: of the seeds that finished, best first.
        epochs: that were asked for; None where none was begun.
        begun: seeds begun.
        accuracies: seed -> validation accuracy, of those that finished.
        right: seed -> (n,) whether its answer is right, image by image; of those that are stored.
    """

    name: str
    trials: tuple[str, ...]
    epochs: int | None
    begun: int
    accuracies: Mapping[int, float]
    right: Mapping[int, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Mean accuracy; NaN without a finished seed."""
        return float(np.mean(list(self.accuracies.values()))) if self.accuracies else math.nan


def groups(trials: pd.DataFrame, right: RightAnswers) -> list[SeedGroup]:
    """A sweep's configurations, each with its seeds; none where no configuration has two.

    Args:
        trials: `trials.parquet`.
        right: of the stored predictions.
    """
    records = [{str(k): v for k, v in row.items()} for row in trials.to_dict("records")]
    names = [name for name in varied(records) if name != "seed"]
    kinds: dict[tuple[Any, ...], list[int]] = {}
    for place, row in enumerate(records):
        kinds.setdefault(tuple(value_in_force(n, row) for n in names), []).append(place)
    made = [
        seed_group(description(records[rows[0]], names), trials.iloc[rows], right)
        for rows in kinds.values()
    ]
    return made if any(len(group.accuracies) > 1 for group in made) else []


def refit_groups(
    first: Sequence[Finalist], refit: SweepFolder, right: RightAnswers
) -> list[SeedGroup]:
    """A refit's trials by the finalists that they are of, in the finalists' order."""
    trials = refit.trials
    owners = [settings_of(refit, str(trial)) for trial in trials["trial"]]
    return [
        seed_group(name, trials[[settings == finalist.settings for settings in owners]], right)
        for finalist, name in zip(first, distinct_names(first), strict=True)
    ]


def seed_group(name: str, rows: pd.DataFrame, right: RightAnswers) -> SeedGroup:
    """The group of some rows of `trials`; of two with one seed the better counts."""
    order = ["validation_accuracy", "validation_loss", "number"]
    best = rows.sort_values(order, ascending=[False, True, True])
    ended = [r for r in best.to_dict("records") if is_trained_to_end(r)]
    by_seed: dict[int, Mapping[Any, Any]] = {}
    for row in ended:
        if not pd.isna(row["validation_accuracy"]):
            by_seed.setdefault(0 if pd.isna(row["seed"]) else int(row["seed"]), row)
    stored = right.by_trial
    return SeedGroup(
        name=name,
        trials=tuple(str(row["trial"]) for row in by_seed.values()),
        epochs=None if rows.empty or rows["epochs"].isna().any() else int(rows["epochs"].iloc[0]),
        begun=len(rows),
        accuracies={s: float(row["validation_accuracy"]) for s, row in by_seed.items()},
        right={s: stored[str(r["trial"])] for s, r in by_seed.items() if str(r["trial"]) in stored},
    )


def rows(made: Sequence[SeedGroup], clean: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """A row a group, in the groups' order, but for what its place is compared with.

    Args:
        made: the groups.
        clean: (n,) whether an image is no copy of a training image; where images are, the place and
            all differences are about the others alone, as far as every group's answers are stored.

    Returns:
        Columns of `results.schema.GROUPS`, without `configuration` and `trials`.
    """
    measured = [_clean_accuracies(group, clean) for group in made]
    complete = bool(made) and all(m is not None for m in measured)
    values = [
        group.accuracies if own is None or not complete else own
        for group, own in zip(made, measured, strict=True)
    ]
    means = [_mean(v) for v in values]
    order = sorted(range(len(made)), key=lambda i: (math.isnan(means[i]), -means[i], i))
    leads = {i: _lead(values[order[0]], values[i]) for i in order[1:]}
    images = {
        i: _image_lead(made[order[0]], made[i], clean if complete else None) for i in order[1:]
    }
    seeds_p = dict(zip(leads, holm(map(chance, leads.values())), strict=True))
    images_p = dict(zip(images, holm(map(chance, images.values())), strict=True))
    result: list[dict[str, Any]] = [{} for _ in made]
    for place, i in enumerate(order, 1):
        own = _measured(made[i]) | {"place": place, "relation": BEST}
        own["clean_mean"] = _finite(means[i]) if complete else None
        if place > 1:
            own |= _behind(leads[i], images[i], seeds_p[i], images_p[i])
        result[i] = own
    return result


def _mean(values: Mapping[int, float]) -> float:
    return float(np.mean(list(values.values()))) if values else math.nan


def _clean_accuracies(group: SeedGroup, clean: NDArray[np.bool_]) -> dict[int, float] | None:
    """Seed -> accuracy without copies; None where that is not known, or is the same."""
    if not clean.any() or clean.all() or set(group.right) != set(group.accuracies):
        return None
    return {seed: float(right[clean].mean()) for seed, right in group.right.items()}


def _lead(best: Mapping[int, float], own: Mapping[int, float]) -> SeedMean:
    """How far the best is ahead, seed by seed."""
    return mean([best[seed] - own[seed] for seed in best if seed in own])


def _image_lead(best: SeedGroup, own: SeedGroup, clean: NDArray[np.bool_] | None) -> SeedMean:
    """How far the best is ahead, image by image, each with the mean over shared seeds."""
    shared = [seed for seed in best.right if seed in own.right]
    if not shared:
        return mean([])
    difference = np.mean([best.right[s].astype(np.float64) - own.right[s] for s in shared], axis=0)
    return mean(difference if clean is None else difference[clean])


def _measured(group: SeedGroup) -> dict[str, Any]:
    accuracies = list(group.accuracies.values())
    average = mean(accuracies)
    return {
        "epochs": group.epochs,
        "begun": group.begun,
        "n": average.n,
        "mean": _finite(average.value),
        "sd": _finite(average.sd),
        "low": _finite(average.low),
        "high": _finite(average.high),
        "lowest": min(accuracies, default=None),
        "highest": max(accuracies, default=None),
    }


def _behind(lead: SeedMean, images: SeedMean, seeds_p: float, images_p: float) -> dict[str, Any]:
    return {
        "pairs": lead.n,
        "behind": _finite(lead.value),
        "behind_low": _finite(lead.low),
        "behind_high": _finite(lead.high),
        "behind_p": _finite(chance(lead)),
        "holm_p": _finite(seeds_p),
        "images_low": _finite(images.low),
        "images_high": _finite(images.high),
        "images_p": _finite(images_p),
        "relation": _relation(lead.value, seeds_p, images_p),
    }


def _relation(behind: float, seeds_p: float, images_p: float) -> str:
    if math.isnan(seeds_p):
        return UNCOMPARED
    over_seeds, over_images = seeds_p < LEVEL, images_p < LEVEL
    if behind > 0 and over_seeds and (over_images or math.isnan(images_p)):
        return BEHIND
    return UNDECIDED if behind > 0 and over_images else NOISE


def group_rows(made: Sequence[SeedGroup], clean: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """One row a configuration for `results.schema.GROUPS`, best first."""
    judged = rows(made, clean)
    full = [
        row | {"configuration": group.name, "trials": " ".join(group.trials)}
        for row, group in zip(judged, made, strict=True)
    ]
    return sorted(full, key=lambda row: row["place"])


def over_seeds(
    first: Sequence[Finalist], refit: SweepFolder, right: RightAnswers | None = None
) -> list[dict[str, Any]]:
    """One row a finalist for `results.schema.SEEDS`, best mean first, those without one last.

    Args:
        first: the finalists.
        refit: the sweep in which each was trained with several seeds.
        right: which images its trials are right about; without it no test is over images.
    """
    answers = right or RightAnswers()
    made = refit_groups(first, refit, answers)
    full = [
        row | _first(finalist, row["mean"]) | {"configuration": group.name}
        for row, group, finalist in zip(rows(made, answers.clean), made, first, strict=True)
    ]
    return sorted(full, key=lambda row: row["place"])


def _first(finalist: Finalist, average: float | None) -> dict[str, Any]:
    return {
        "first_trial": finalist.trial,
        "first_place": finalist.place,
        "first_status": finalist.status,
        "first_epochs": finalist.epochs,
        "first_accuracy": finalist.accuracy,
        "change": None if average is None else average - finalist.accuracy,
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
