"""What stands for a data set where pixels do not matter, to how long a step or compiling takes."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from orchestrator.training.inputs import Inputs

Images = Callable[[int], NDArray[np.generic]]
"""Number -> so many images."""


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

    def images(n: int) -> NDArray[np.generic]:
        drawn = rng.integers(0, 256, (n, side, side), dtype=np.uint8)
        return drawn if plain else (drawn / np.float32(255)).astype(np.float16)

    key = f"noise {training} {validation} {side} {classes} {plain}"
    return _inputs(images, training, validation, classes, key)


def blank(
    training: int, validation: int, side: int = 48, classes: int = 7, plain: bool = True
) -> Inputs:
    """One black pixel that is seen everywhere: of any size, it takes no memory.

    Arguments as of `noise`.
    """
    pixel = np.zeros((), np.uint8 if plain else np.float16)

    def images(n: int) -> NDArray[np.generic]:
        return np.broadcast_to(pixel, (n, side, side))

    key = f"blank {training} {validation} {side} {classes} {plain}"
    return _inputs(images, training, validation, classes, key)


def _inputs(images: Images, training: int, validation: int, classes: int, key: str) -> Inputs:
    def labels(n: int) -> NDArray[np.uint8]:
        return (np.arange(n) % classes).astype(np.uint8)

    return Inputs(
        training=images(training),
        training_labels=labels(training),
        validation=images(validation),
        validation_labels=labels(validation),
        validation_ids=np.arange(validation).astype(str),
        classes=tuple(map(str, range(classes))),
        key=key,
    )
