"""Folders of small sweeps of known outcome, for the tests of what is made of two of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator.config import TrialConfig
from orchestrator.data.faces import Splits
from results.paths import Paths
from results.schema import ANSWERS, EPOCHS, PREDICTIONS, TRIALS, table
from results.store import Store

SURE = 0.75
"""Probability of every answer."""

TINY = TrialConfig(architecture="CPF", width=0.125, epochs=4)
"""What every trial is made of, but for what it is told."""

Predictions = Sequence[int]
"""What a net says of the validation images, class by class, in their order."""


class MadeUpFolder:
    """A sweep's folder: trials are added one by one, then it is written.

    Args:
        root: where it is written.
        splits: the data set; labels are its validation images'.
        record: of `sweep.json`, in place of what would stand there.
    """

    def __init__(self, root: Path, splits: Splits, **record: Any) -> None:
        self.store = Store(root)
        self._splits = splits
        data = {
            "path": "embedded faces (140)",
            "embedded": 140,
            "seed": 0,
            "digest": splits.digest,
            "classes": list(splits.classes),
        }
        plain = {"name": root.name, "question": "Which?", "commit": "c0ffee", "data": data}
        self.record = plain | record
        self._trials: list[dict[str, Any]] = []
        self._epochs: list[dict[str, Any]] = []

    def add(
        self, trial: str, predictions: Predictions, curve: Sequence[float] = (), **settings: Any
    ) -> "MadeUpFolder":
        """A finished trial that says this of the validation images; curve: accuracy by epoch."""
        right = np.asarray(predictions) == self._splits.validation.labels
        row = {
            "trial": trial,
            "number": len(self._trials),
            "status": "completed",
            "validation_accuracy": float(right.mean()),
            "validation_loss": 1.0,
            "validation_n": len(right),
            "epochs_trained": max(1, len(curve)),
        }
        self._trials.append(TINY.to_flat() | row | settings)
        self._epochs += [
            {
                "trial": trial,
                "epoch": epoch,
                "validation_accuracy": value,
                "train_accuracy": min(1.0, value + 0.125),
            }
            for epoch, value in enumerate(curve or (float(right.mean()),), 1)
        ]
        rows = [
            image | {"probability": self._probabilities(prediction), "epoch": 1}
            for image, prediction in zip(self._images(), predictions, strict=True)
        ]
        self.store.write_table(Paths().prediction(trial), table(PREDICTIONS, rows))
        self.store.write_bytes(Paths().weight(trial), b"none")
        return self

    def ensemble(self, predictions: Predictions) -> "MadeUpFolder":
        """An ensemble that says this of the validation images."""
        rows = [
            image
            | {
                "prediction": prediction,
                "probability": self._probabilities(prediction),
                "confidence": SURE,
            }
            for image, prediction in zip(self._images(), predictions, strict=True)
        ]
        self.store.write_table(Paths().answers, table(ANSWERS, rows))
        return self

    def written(self) -> Store:
        """All tables, where they belong."""
        self.store.write_json(Paths().sweep, self.record)
        self.store.write_table(Paths().trials, table(TRIALS, self._trials))
        self.store.write_table(Paths().epochs, table(EPOCHS, self._epochs))
        return self.store

    def _images(self) -> list[dict[str, Any]]:
        faces = self._splits.validation
        return [
            {"image_id": str(image), "split": "validation", "label": int(label)}
            for image, label in zip(faces.ids, faces.labels, strict=True)
        ]

    def _probabilities(self, prediction: int) -> list[float]:
        k = len(self._splits.classes)
        rest = (1 - SURE) / (k - 1)
        return [SURE if label == prediction else rest for label in range(k)]


def wrong_at(splits: Splits, images: Sequence[int]) -> list[int]:
    """Right answers but at these positions of the validation images: there the next class."""
    labels = splits.validation.labels.astype(int).copy()
    labels[list(images)] = (labels[list(images)] + 1) % len(splits.classes)
    return [int(label) for label in labels]
