"""Who is in the ensemble, who is not, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.ensemble.choose import EnsembleChoice
from analysis.ensemble.stored_predictions import StoredPredictions

NOT_TAKEN = "It was searched, and the rule gave it no say."


@dataclass(frozen=True)
class Standing:
    """What trials are known by.

    Attributes:
        validation: what all candidates said of validation.
        split: what members and the best single trial said of the split that was asked for.
    """

    validation: StoredPredictions
    split: StoredPredictions


def member_rows(
    trials: pd.DataFrame, choice: EnsembleChoice, standing: Standing, left_out: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Rows of `results.schema.MEMBERS`: members, the best single trial, then those left out.

    Args:
        trials: `trials.parquet`.
        choice: what was chosen.
        standing: see there.
        left_out: trial -> why it could not be searched.
    """
    recipe, (single,) = choice.recipe, choice.best_single.members
    own = accuracies(standing.validation)
    asked = accuracies(standing.split)
    rows = []
    for trial in trials.to_dict("records"):
        name = trial["trial"]
        row = {key: trial[key] for key in ("trial", "architecture", "preprocessing")}
        row["parameters"] = _whole(trial["parameters"])
        row |= _named(own.get(name), "validation_accuracy") | _named(asked.get(name), "accuracy")
        if name in recipe.members:
            place = recipe.members.index(name)
            say = recipe.coefficients[place]
            reason = f"Chosen by the rule {choice.rule}."
            row |= {"role": "member", "rank": place + 1, "coefficient": say, "reason": reason}
        elif name == single:
            row |= {
                "role": "best single",
                "reason": "The most accurate trial alone; for comparison.",
            }
        else:
            row |= {"role": "left out", "reason": left_out.get(name, NOT_TAKEN)}
        rows.append(row)
    order = {"member": 0, "best single": 1, "left out": 2}
    return sorted(rows, key=lambda row: (order[row["role"]], row.get("rank", 0)))


def accuracies(bank: StoredPredictions) -> dict[str, tuple[float, float]]:
    """Trial -> accuracy on all images, and on clean ones (NaN if there are none)."""
    right: NDArray[np.bool_] = bank.probabilities.argmax(axis=2) == bank.labels
    every = right.mean(axis=1)
    clean = right[:, bank.clean].mean(axis=1) if bank.clean.any() else np.full(len(right), np.nan)
    pairs = zip(bank.trials, every.tolist(), clean.tolist(), strict=True)
    return {trial: (of_all, of_clean) for trial, of_all, of_clean in pairs}


def _named(found: tuple[float, float] | None, name: str) -> dict[str, float]:
    return {} if found is None else {name: found[0], f"{name}_clean": found[1]}


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)
