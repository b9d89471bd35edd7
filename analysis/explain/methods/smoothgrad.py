"""SmoothGrad: the input gradient, averaged over noisy copies of the image."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.explain.maps import Maps
from analysis.explain.methods.gradient import LAYER, Floats, floating, mean_over_versions
from analysis.explain.network import Network

SAMPLES = 16
"""Noisy copies; the paper finds little gain beyond 50, and 16 is what a CPU affords."""

SIGMA = 0.15
"""Standard deviation of the noise, as a share of the image's own range; the paper: 0.1 to 0.2."""

SEED = 0


def maps(
    network: Network,
    images: NDArray[Any],
    scores: ArrayLike,
    samples: int = SAMPLES,
    sigma: float = SIGMA,
) -> Maps:
    """|mean over noisy copies of d score / d pixel|, (n, h, w); for a contrast as well.

    Smilkov et al. 2017, https://arxiv.org/abs/1706.03825. They average gradients with their signs,
    as here; the absolute value comes last. The noise is drawn from the image's content, so that a
    map does not depend on which images are asked about together.
    """
    gradient = mean_over_versions(
        network,
        floating(images),
        scores,
        lambda some: noisy(some, samples, sigma, SEED),
        samples,
    )
    return Maps(np.abs(gradient), LAYER)


def noisy(images: Floats, samples: int, sigma: float, seed: int) -> Floats:
    """(n, h, w) -> (n, samples, h, w): normal noise of sigma times each image's range on top.

    The noise follows from the seed and the image's own pixels alone: the same image gets the same
    noise in any company, and two images get different noise, so that it averages out in means
    over images. Nothing is clipped: noise at black and white pixels stays unbiased.
    """
    result = np.empty((len(images), samples, *images.shape[1:]), np.float32)
    for row, image in enumerate(images):
        rng = content_rng(image, seed)
        result[row] = image + sigma * np.ptp(image) * rng.standard_normal(
            result.shape[1:], np.float32
        )
    return result


def content_rng(image: Floats, seed: int) -> np.random.Generator:
    """A generator that follows from the image's pixels and a seed."""
    return np.random.default_rng([seed, zlib.crc32(np.ascontiguousarray(image).tobytes())])
