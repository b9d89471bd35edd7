"""What maps have in common: their mean and spread by true class, right and wrong apart."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

KEYS = ["member", "method", "rule", "label", "correct", "cam_h", "cam_w"]

_Moments = tuple[int, NDArray[np.float64], NDArray[np.float64]]
"""Number of maps, their mean, and the sum of squared distances from it, (h' w',) each."""


class ClassMeans:
    """Mean and standard deviation of maps, cell by cell; maps may come piece by piece.

    Every map counts alike: its maximum is 1 (or it is zero everywhere and counts as it is). The
    mean of contrasts is signed. The deviation is that of these maps (divided by n), not an estimate
    for others.
    """

    def __init__(self) -> None:
        self._moments: dict[tuple[Any, ...], _Moments] = {}

    def add(self, cams: pd.DataFrame) -> None:
        """Count more maps.

        Args:
            cams: rows of `results.schema.CAMS`.
        """
        table = cams.assign(correct=(cams["label"] == cams["prediction"]).astype(bool))
        for key, maps in table.groupby(KEYS, sort=True, observed=True)["cam"]:
            moments = _moments_of(maps)
            before = self._moments.get(key)
            self._moments[key] = moments if before is None else _merged(before, moments)

    def rows(self) -> list[dict[str, Any]]:
        """Rows of `results.schema.CLASS_MEANS`, one a group, in sorted order."""
        return [
            {
                **dict(zip(KEYS, key, strict=True)),
                "n": n,
                "mean": mean.astype(np.float32),
                "std": np.sqrt(squares / n).astype(np.float32),
            }
            for key, (n, mean, squares) in sorted(self._moments.items(), key=lambda item: item[0])
        ]


def _moments_of(maps: "pd.Series[Any]") -> _Moments:
    values = np.concatenate(maps.to_list()).astype(np.float64).reshape(len(maps), -1)
    mean = values.mean(axis=0)
    return len(values), mean, ((values - mean) ** 2).sum(axis=0)


def _merged(one: _Moments, other: _Moments) -> _Moments:
    """Moments of both together, after https://doi.org/10.1080/00031305.1983.10483115."""
    n = one[0] + other[0]
    distance = other[1] - one[1]
    mean = one[1] + distance * (other[0] / n)
    return n, mean, one[2] + other[2] + distance**2 * (one[0] * other[0] / n)
