"""What maps have in common: their mean and spread by true class, right and wrong apart."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

KEYS = ["member", "method", "rule", "label", "correct", "cam_h", "cam_w"]


def class_mean_rows(cams: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean and standard deviation of maps, cell by cell.

    Every map counts alike: its maximum is 1 (or it is zero everywhere and counts as it is). The
    mean of contrasts is signed. The deviation is that of these maps (divided by n), not an estimate
    for others.

    Args:
        cams: rows of `results.schema.CAMS`.

    Returns:
        Rows of `results.schema.CLASS_MEANS`, one a group, in sorted order.
    """
    table = cams.assign(correct=(cams["label"] == cams["prediction"]).astype(bool))
    grouped = table.groupby(KEYS, sort=True, observed=True)["cam"]
    return [{**dict(zip(KEYS, key, strict=True)), **_moments(maps)} for key, maps in grouped]


def _moments(maps: "pd.Series[Any]") -> dict[str, Any]:
    values = stacked(maps)
    mean = values.mean(axis=0, dtype=np.float64)
    std = values.std(axis=0, dtype=np.float64)
    return {"n": len(values), "mean": mean.astype(np.float32), "std": std.astype(np.float32)}


def stacked(maps: "pd.Series[Any]") -> NDArray[np.float32]:
    """A column of maps of one size, (n, h' w')."""
    flat = np.concatenate(maps.to_list()).astype(np.float32)
    return flat.reshape(len(maps), -1)
