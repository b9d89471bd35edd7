"""The input gradient, and what smoothgrad and integrated gradients need of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.explain.maps import Maps
from analysis.explain.network import Network
from analysis.explain.targets import pixels

LAYER = "input"

Floats = NDArray[np.float32]
Versions = Callable[[Floats], Floats]
"""(n, h, w) images -> (n, v, h, w): v versions of each."""


def maps(network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """|d score / d pixel| (Simonyan, Vedaldi & Zisserman 2013), (n, h, w).

    See https://arxiv.org/abs/1312.6034.

    It shows where the score would change, not what speaks for it: also for a contrast (the
    gradient of the difference) no value is negative. Of logits, not of probabilities, whose
    gradient vanishes where the net is sure. A colour net's channels, which see the same gray
    image, are summed before the absolute value.
    """
    if not len(images):  # TensorFlow's convolution aborts the process on gradients of no images
        return Maps(np.zeros(images.shape, np.float32), LAYER)
    _, gradient = network.sensitivity(images, scores)
    return Maps(np.abs(gradient), LAYER)


def mean_over_versions(
    network: Network, images: Floats, scores: ArrayLike, versions: Versions, count: int
) -> Floats:
    """(n, h, w) mean of d score / d pixel over `count` versions of each image.

    Versions are made for a few images at a time, so memory does not grow with n.
    """
    factors = np.asarray(scores, np.float32)
    block = max(1, network.batch // count)
    result = np.zeros(images.shape, np.float32)
    for first in range(0, len(images), block):
        now = slice(first, first + block)
        several = versions(images[now])
        flat = several.reshape(-1, *images.shape[1:])
        _, gradient = network.sensitivity(flat, factors[now].repeat(count, axis=0))
        result[now] = gradient.reshape(several.shape).mean(axis=1)
    return result


def floating(images: NDArray[Any]) -> Floats:
    """(n, h, w) as a variant gives them -> float32 as the net sees them: bytes become 0 to 1."""
    return pixels(images, 1)[..., 0]
