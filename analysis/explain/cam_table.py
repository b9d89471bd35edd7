"""Maps as rows of `cams.parquet`, and the ensemble's from its members'."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from results.columns import lists, matrix
from results.schema import CAMS

REGIONS = ("rest", "brows", "eyes", "nose", "mouth")
ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Explained:
    """Some images that one member was asked about, by one method and rule.

    Attributes:
        ids: (n,).
        labels: (n,).
        predictions: (n,), the ensemble's.
        targets: (n,) classes whose score is explained.
        p_prediction: (n,) probability that the member gives the prediction.
        p_label: (n,) and the label.
        words: split, member, method, layer, rule.
    """

    ids: NDArray[np.str_]
    labels: NDArray[np.uint8]
    predictions: NDArray[np.uint8]
    targets: NDArray[np.uint8]
    p_prediction: NDArray[np.floating]
    p_label: NDArray[np.floating]
    words: Mapping[str, str]


def cam_table(
    about: Explained,
    maps: NDArray[np.floating],
    raw_max: NDArray[np.floating],
    shares: NDArray[np.floating],
    gap: NDArray[np.floating] | None = None,
) -> pa.Table:
    """Rows of `results.schema.CAMS`.

    Args:
        about: what was asked.
        maps: (n, h', w'), maximum 1.
        raw_max: (n,) largest absolute value before that.
        shares: (n, 5) of the regions in the order of `REGIONS`; NaN for a zero map.
        gap: (n,) of integrated gradients.
    """
    n, height, width = maps.shape
    columns = {
        "image_id": about.ids.astype(str),
        "label": about.labels,
        "prediction": about.predictions,
        "target": about.targets,
        "p_prediction": about.p_prediction,
        "p_label": about.p_label,
        "cam_h": np.full(n, height),
        "cam_w": np.full(n, width),
        "cam": lists(maps.reshape(n, -1).astype(np.float16)),
        "raw_max": raw_max,
        "gap": pa.nulls(n, pa.float64()) if gap is None else gap,
    }
    columns |= {word: np.full(n, value) for word, value in about.words.items()}
    columns |= {region: shares[:, i] for i, region in enumerate(REGIONS)}
    return pa.table([pa.array(columns[f.name]).cast(f.type) for f in CAMS], schema=CAMS)


def stacked(cams: pa.Table) -> NDArray[np.float32]:
    """(n, h', w') maps of rows that have one size."""
    n = len(cams)
    height, width = cams["cam_h"][0].as_py(), cams["cam_w"][0].as_py()
    return matrix(cams["cam"]).reshape(n, height, width)
