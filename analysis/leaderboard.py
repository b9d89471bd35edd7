"""Which trials did best, from the tables of a sweep; the table itself is `results.leaderboard`."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

import results.leaderboard
from results.leaderboard import Leaderboard


def leaderboard(trials: pd.DataFrame, clean: Mapping[str, float] | None = None) -> Leaderboard:
    """Measured trials, best first.

    Args:
        trials: `trials.parquet`.
        clean: trial -> `clean_accuracy` of its predictions, of those that have any.
    """
    rows = ({str(key): value for key, value in row.items()} for row in trials.to_dict("records"))
    return results.leaderboard.leaderboard(rows, clean)


def in_order(trials: pd.DataFrame) -> pd.DataFrame:
    """The same rows in the order of the leaderboard, those without an accuracy last.

    Args:
        trials: `trials.parquet`, or some rows of it.
    """
    by = ["validation_accuracy", "validation_loss", "number"]
    return trials.sort_values(by, ascending=[False, True, True], kind="stable")


def clean_accuracy(predictions: pd.DataFrame) -> float:
    """Accuracy on the images that have no exact copy in training.

    A net that learns its training images by heart is right about their copies; FER2013's
    PublicTest has 280 of them.

    Args:
        predictions: one trial's `predictions/<trial>.parquet`.

    Returns:
        NaN where no image is a copy, so that there is nothing to leave out, or where all are.
    """
    copy = predictions["also_in_training"].astype(bool)
    if copy.all() or not copy.any():
        return float("nan")
    clean = predictions[~copy]
    named = np.stack(clean["probability"].to_list()).argmax(axis=1)
    return float(np.mean(named == clean["label"].to_numpy()))
