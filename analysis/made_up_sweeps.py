"""Small sweeps of known outcome, made of numbers: for the tests of what is said of a sweep."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.schema import EPOCHS, TRIALS, table

N = 1000
"""Validation images."""

Right = Mapping[str, NDArray[np.bool_]]


class MadeUpSweep:
    """Trials are added one by one; tables come out.

    Attributes:
        trial_rows: for `results.schema.TRIALS`.
        epoch_rows: for `results.schema.EPOCHS`.
        right: trial -> (`N`,) whether its answer is right.
    """

    def __init__(self) -> None:
        self.trial_rows: list[dict[str, Any]] = []
        self.epoch_rows: list[dict[str, Any]] = []
        self.right: dict[str, NDArray[np.bool_]] = {}

    def add(self, curve: Sequence[float], status: str = "completed", **settings: Any) -> str:
        """A trial with these accuracies after its epochs; returns its signature.

        The images that a net with accuracy a gets right are the first a N ones: two nets differ
        on as many images as their accuracies say, all in favour of the better.
        """
        number = len(self.trial_rows)
        trial = f"{number:010x}"
        best = max(curve, default=None)
        row = {"architecture": "cnn5", "preprocessing": "plain", "learning_rate": 0.01, "seed": 0}
        self.trial_rows.append(
            {
                **row,
                **settings,
                "trial": trial,
                "number": number,
                "status": status,
                "error": "the loss is not finite" if status == "failed" else None,
                "epochs_trained": len(curve),
                "best_epoch": curve.index(best) + 1 if best is not None else None,
                "validation_accuracy": best,
                "validation_loss": None if best is None else 1 - best,
                "validation_n": None if best is None else N,
            }
        )
        self.epoch_rows += [
            {"trial": trial, "epoch": epoch, "validation_accuracy": value}
            for epoch, value in enumerate(curve, 1)
        ]
        if status == "completed" and best is not None:
            self.right[trial] = np.arange(N) < round(best * N)
        return trial

    @property
    def trials(self) -> pd.DataFrame:
        """As in `trials.parquet`."""
        return table(TRIALS, self.trial_rows).to_pandas()

    @property
    def epochs(self) -> pd.DataFrame:
        """As in `epochs.parquet`."""
        return table(EPOCHS, self.epoch_rows).to_pandas()
