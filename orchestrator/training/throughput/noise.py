"""Noise in the shape of a data set: what a step costs does not depend on the pixels."""

import numpy as np

from orchestrator.training.inputs import Inputs


def noise(
    training: int, validation: int, side: int = 48, classes: int = 7, plain: bool = True
) -> Inputs:
    """Images of noise, their labels in turn.

    Args:
        training: n of the training images, (n, side, side) uint8.
        validation: n of the validation images.
        side: h and w in pixels.
        classes: k.
        plain: whether images are uint8, as the data set has them, or float16, as preprocessed.
    """
    rng = np.random.default_rng(0)

    def images(n: int) -> np.ndarray:
        drawn = rng.integers(0, 256, (n, side, side), dtype=np.uint8)
        return drawn if plain else (drawn / np.float32(255)).astype(np.float16)

    def labels(n: int) -> np.ndarray:
        return (np.arange(n) % classes).astype(np.uint8)

    return Inputs(
        training=images(training),
        training_labels=labels(training),
        validation=images(validation),
        validation_labels=labels(validation),
        validation_ids=np.arange(validation).astype(str),
        classes=tuple(map(str, range(classes))),
        key=f"noise {training} {validation} {side} {classes} {plain}",
    )
