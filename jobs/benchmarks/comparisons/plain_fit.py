"""Plain Keras: the same net, compiled and fitted as its documentation does it."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from orchestrator.config import TrialConfig
from orchestrator.models.catalogue import Options, build
from orchestrator.training.engines import device
from orchestrator.training.inputs import Inputs

Arrays = tuple[NDArray[np.float32], NDArray[np.integer[Any]]]

THREADS = 1
"""Of a trial, on both sides."""


def plain_model(config: TrialConfig, inputs: Inputs, threads: int | None = THREADS) -> keras.Model:
    """The net of a trial, compiled for `fit` in the trial's precision.

    Args:
        config: of the trial; its optimizer is sgd.
        inputs: whose shape and classes count.
        threads: TensorFlow's; None for all. Counts before the first computation alone.
    """
    device("tensorflow").settle(threads)
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    shape, options = (*inputs.training.shape[1:], 1), Options(width=config.width, dropout=0.0)
    model = build(config.architecture, shape, len(inputs.classes), options)
    keras.config.set_dtype_policy("float32")
    model.compile(
        optimizer=keras.optimizers.SGD(
            config.learning_rate, momentum=config.momentum, nesterov=True
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def as_arrays(images: NDArray[Any], labels: NDArray[np.integer[Any]]) -> Arrays:
    """(n, h, w) uint8 -> (n, h, w, 1) float32 in [0, 1], with their labels."""
    return images[..., None].astype(np.float32) / np.float32(255), labels.astype(np.int64)


def both_splits(inputs: Inputs) -> tuple[Arrays, Arrays]:
    """Training and validation, as `fit` takes them."""
    return (
        as_arrays(inputs.training, inputs.training_labels),
        as_arrays(inputs.validation, inputs.validation_labels),
    )


def fit(model: keras.Model, batch: int, splits: tuple[Arrays, Arrays], epochs: int) -> None:
    """Train, and validate after each epoch."""
    (images, labels), validation = splits
    model.fit(
        images, labels, batch_size=batch, epochs=epochs, validation_data=validation, verbose=0
    )
