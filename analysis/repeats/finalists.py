"""Who is trained again with several seeds: the best configurations of a sweep."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.leaderboard import clean_accuracy
from analysis.sweep_folder import SweepFolder
from results.paths import Paths
from results.schema import PREDICTIONS
from results.store import DamagedResults

LOOSE = ("seed", "epochs", "data")
"""Settings in which trials of one configuration differ: the rest is the configuration."""

CANNOT_WIN = "failed"
"""Status of trials that are no finalists, whatever they reached before."""


@dataclass(frozen=True)
class Finalist:
    """One of the best configurations of a sweep.

    Attributes:
        place: 1 for the best.
        trial: its best trial there.
        status: of that trial.
        accuracy: of that trial on validation, 7-class, in its best epoch.
        epochs: trained by that trial.
        settings: the configuration, without `LOOSE`.
    """

    place: int
    trial: str
    status: str
    accuracy: float
    epochs: int
    settings: Mapping[str, Any]


def finalists(folder: SweepFolder, top: int) -> list[Finalist]:
    """The best configurations by validation accuracy, one trial each; test images have no say.

    Copies of training images do not count where the sweep's predictions tell which they are: nets
    that learn by heart are right about them. That holds among trials that predicted; those that
    did not, e.g. an old folder's, come in the order of all images.

    Pruned, unfinished and reused trials count with what they reached, failed ones do not. Of
    several trials of one configuration the best stands for it.

    Args:
        folder: of the sweep.
        top: how many; fewer where there are not so many.
    """
    trials = folder.trials
    measured = trials[trials["validation_accuracy"].notna() & (trials["status"] != CANNOT_WIN)]
    ranked = measured.assign(rank=_rank(folder, measured)).sort_values(
        ["rank", "validation_loss", "number"], ascending=[False, True, True]
    )
    best: list[Finalist] = []
    for row in ranked.to_dict("records"):
        if len(best) == top:
            break
        settings = settings_of(folder, str(row["trial"]))
        if settings not in [each.settings for each in best]:
            best.append(
                Finalist(
                    place=len(best) + 1,
                    trial=str(row["trial"]),
                    status=str(row["status"]),
                    accuracy=float(row["validation_accuracy"]),
                    epochs=int(row["epochs_trained"]),
                    settings=settings,
                )
            )
    return best


def _rank(folder: SweepFolder, measured: pd.DataFrame) -> pd.Series:
    """Accuracy without copies, where every trial's is known; else that on all images."""
    every = measured["validation_accuracy"].astype(float)
    clean = [_clean(folder, str(trial)) for trial in measured["trial"]]
    if not clean or any(math.isnan(value) for value in clean):
        return every
    return pd.Series(clean, index=measured.index)


def _clean(folder: SweepFolder, trial: str) -> float:
    file = Paths().prediction(trial)
    try:
        return clean_accuracy(folder.store.read_table(file, PREDICTIONS).to_pandas())
    except DamagedResults:
        return math.nan


def settings_of(folder: SweepFolder, trial: str) -> dict[str, Any]:
    """A trial's configuration without `LOOSE`."""
    flat = folder.config(trial).to_flat()
    return {key: value for key, value in flat.items() if key not in LOOSE}


def distinct_names(first: Sequence[Finalist]) -> list[str]:
    """What tells finalists apart, one text each; of a single one the architecture."""
    settings = [each.settings for each in first]
    keys = [key for row in settings[:1] for key in row if len({each[key] for each in settings}) > 1]
    return [", ".join(f"{k}={each[k]}" for k in keys or ["architecture"]) for each in settings]
