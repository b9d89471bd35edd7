"""A member's probabilities of another split, as the sweep writes those of validation."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.ensemble.answers import Asked
from results.columns import lists
from results.schema import PREDICTIONS


def prediction_table(asked: Asked, probabilities: NDArray[np.floating], epoch: int) -> pa.Table:
    """Rows of `results.schema.PREDICTIONS`, in the order of the images.

    Args:
        asked: the images.
        probabilities: (n, k).
        epoch: whose weights predicted.
    """
    n = len(asked.ids)
    columns = {
        "image_id": asked.ids.astype(str),
        "split": np.full(n, asked.split),
        "label": asked.labels,
        "label_name": np.asarray(asked.classes, dtype=str)[asked.labels],
        "probability": lists(probabilities.astype(np.float16)),
        "epoch": np.full(n, epoch),
        "also_in_training": ~asked.clean,
    }
    return pa.table([pa.array(columns[name]) for name in PREDICTIONS.names], schema=PREDICTIONS)
