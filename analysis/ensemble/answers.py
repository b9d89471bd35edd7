"""What the ensemble says of each image."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from results.columns import lists
from results.schema import ANSWERS


@dataclass(frozen=True)
class Asked:
    """Images of one split.

    Attributes:
        split: its name.
        ids: (n,).
        labels: (n,).
        seen: ids of those that also stand in training.
        classes: k names.
    """

    split: str
    ids: NDArray[np.str_]
    labels: NDArray[np.uint8]
    seen: Collection[str]
    classes: Sequence[str]

    @property
    def clean(self) -> NDArray[np.bool_]:
        """(n,) which have no exact copy in training."""
        return ~np.isin(self.ids, list(self.seen))


def answers(
    asked: Asked,
    probabilities: NDArray[np.floating],
    members: NDArray[np.floating],
    best_single: NDArray[np.floating],
) -> pa.Table:
    """A row an image, as `results.schema.ANSWERS` says.

    Args:
        asked: the images.
        probabilities: (n, k), the ensemble's.
        members: (m, n, k), each member's.
        best_single: (n, k), the best single model's.
    """
    shares = np.asarray(probabilities, np.float64)
    prediction = shares.argmax(axis=1)
    ordered = np.sort(shares, axis=1)
    runner_up = ordered[:, -2] if shares.shape[1] > 1 else np.zeros(len(shares))
    safe = np.maximum(shares, 1e-30)
    names = np.asarray(asked.classes, dtype=str)
    columns = {
        "image_id": asked.ids.astype(str),
        "split": np.full(len(shares), asked.split),
        "label": asked.labels.astype(np.uint8),
        "label_name": names[asked.labels],
        "prediction": prediction.astype(np.uint8),
        "prediction_name": names[prediction],
        "correct": prediction == asked.labels,
        "probability": lists(shares.astype(np.float32)),
        "confidence": ordered[:, -1],
        "margin": ordered[:, -1] - runner_up,
        "entropy": -(shares * np.log(safe)).sum(axis=1),
        "agreement": (members.argmax(axis=2) == prediction).mean(axis=0),
        "best_single": best_single.argmax(axis=1).astype(np.uint8),
        "also_in_training": ~asked.clean,
    }
    return pa.table([pa.array(columns[name]) for name in ANSWERS.names], schema=ANSWERS)
