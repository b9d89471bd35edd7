"""What one epoch left behind: the row that goes to Tune, to TensorBoard and to Parquet."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class EpochRow:
    """One epoch of one trial.

    `train_*` are running means over the epoch in training mode: weights still moving, dropout and
    augmentation on, label smoothing and class weights in the loss. They understate what the net
    knows about its training images. `validation_*` are measured after the epoch in inference mode,
    with the averaged weights where there is an average, and without smoothing or class weights.

    Attributes:
        epoch: counted from 1.
        learning_rate: of the epoch's last step.
        train_loss: mean over the images the epoch used.
        train_accuracy: share of them whose largest logit is the right one, 0 to 1.
        validation_loss: mean negative log-likelihood, natural logarithm.
        validation_accuracy: over all classes, 0 to 1.
        validation_binary_accuracy: Keras' `BinaryAccuracy` on one-hot labels; see
            `orchestrator.metrics.binary_accuracy` for why it must not be quoted.
        validation_macro_f1: mean of the classes' F1, 0 to 1.
        validation_top2: share of images with the label among the two largest logits.
        validation_ece: expected calibration error, 15 bins, 0 to 1.
        seconds: wall time of the epoch, validation included: from when the device was given it to
            when it was measured; where it was given while the epoch before was under way, from
            when that one was measured.
        images_per_second: training images over these seconds.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    validation_binary_accuracy: float
    validation_macro_f1: float
    validation_top2: float
    validation_ece: float
    seconds: float
    images_per_second: float

    def to_flat(self) -> dict[str, Any]:
        """Every field by name, as Python scalars."""
        return dict(vars(self))

    @classmethod
    def from_flat(cls, values: Mapping[str, Any]) -> "EpochRow":
        """The row with these fields, converted to int and float; other keys are passed over.

        Tune and Parquet put keys of their own beside ours, so a foreign key is no mistake here.

        Raises:
            KeyError: for a missing field.
        """
        numbers = {f.name: float(values[f.name]) for f in dataclasses.fields(cls)}
        return cls(**{**numbers, "epoch": int(values["epoch"])})  # type: ignore[arg-type]
