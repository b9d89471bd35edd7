"""Transforms that change what stands at a pixel; see `transform.Paint`."""

import math

import keras
from keras import ops

from orchestrator.training.augmentation.transform import Tensor, draws

MAX_BRIGHTNESS = 0.2
"""In standard deviations of the image's own pixels, at strength 1."""

MAX_CONTRAST = 0.5
"""Share by which differences from the image's mean grow or shrink, at strength 1."""

ERASED_AREA = (0.02, 0.4)
"""Smallest and largest share of the image that is erased; Zhong et al.'s s_l and s_h."""

ERASED_ASPECT = 1 / 0.3
"""Largest ratio of the longer to the shorter side of what is erased; 1 / Zhong et al.'s r_1."""


def brightness(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Every pixel moved by up to 0.2 of the image's own standard deviation; nothing is clipped."""
    (draw,) = draws(images, 1, seed)
    spread = ops.std(images, axis=(1, 2, 3), keepdims=True)
    return images + ops.reshape(draw, (-1, 1, 1, 1)) * strength * MAX_BRIGHTNESS * spread


def contrast(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Differences from the image's mean times 0.5 to 1.5; nothing is clipped.

    Source: Howard 2013, https://arxiv.org/abs/1312.5402, section 2, where the factor is that of a
    colour image's contrast.
    """
    (draw,) = draws(images, 1, seed)
    differences = images - ops.mean(images, axis=(1, 2, 3), keepdims=True)
    return images + ops.reshape(draw, (-1, 1, 1, 1)) * strength * MAX_CONTRAST * differences


def erasing(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """A rectangle replaced by the image's mean in half of the images at strength 1.

    Strength is the probability's factor, not the size's.

    Source: Zhong et al. 2020, "Random Erasing Data Augmentation", algorithm 1,
    https://arxiv.org/abs/1708.04896. Differs: filled
    with the image's mean instead of noise; the logarithm of the aspect ratio is uniform, so tall
    and wide are equally likely; a side longer than the image is cut to it instead of drawn again.
    """
    _, height, width, _ = ops.shape(images)
    chance, size, shape, top, left = [(1 + draw) / 2 for draw in draws(images, 5, seed)]
    smallest, largest = ERASED_AREA
    area = (smallest + (largest - smallest) * size) * ops.cast(height * width, size.dtype)
    root = ops.exp((shape - 0.5) * math.log(ERASED_ASPECT))
    rows = _span(ops.sqrt(area) * root, top, height)
    columns = _span(ops.sqrt(area) / root, left, width)
    hit = ops.logical_and(rows[:, :, None, None], columns[:, None, :, None])
    hit = ops.logical_and(hit, ops.reshape(chance < 0.5 * strength, (-1, 1, 1, 1)))
    return ops.where(hit, ops.mean(images, axis=(1, 2), keepdims=True), images)


def _span(length: Tensor, place: Tensor, side: Tensor) -> Tensor:
    """(n, side) whether a pixel lies in a stretch of this length placed uniformly on the side."""
    extent = ops.cast(side, length.dtype)
    length = ops.clip(ops.round(length), 1.0, extent)[:, None]
    first = ops.floor(place[:, None] * (extent - length + 1))
    pixels = ops.cast(ops.arange(side), length.dtype)[None, :]
    return ops.logical_and(pixels >= first, pixels < first + length)
