"""Integrated gradients: the score's difference from a baseline image, shared out to the pixels."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter

from analysis.explain.maps import Maps
from analysis.explain.methods.gradient import LAYER, Floats, floating, mean_over_versions
from analysis.explain.network import Network

STEPS = 32

FLOOR = 0.01
"""Smallest difference of logits that the completeness gap is divided by."""

BLUR = 8
"""A blurred image is blurred with a Gaussian of 1 / BLUR of its height: 6 pixels of 48."""


def own_mean(images: Floats) -> Floats:
    """Each image's mean gray everywhere: no structure, and the image's own brightness."""
    mean = images.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    return np.broadcast_to(mean.astype(np.float32), images.shape)


def zero(images: Floats) -> Floats:
    """0 everywhere: black, or middle gray of a standardised image."""
    return np.zeros_like(images)


def blurred(images: Floats) -> Floats:
    """Each image under a Gaussian so wide that features are gone and the lighting stays."""
    sigma = images.shape[1] / BLUR
    result: Floats = gaussian_filter(images, (0, sigma, sigma), mode="nearest")
    return result


BASELINES: Mapping[str, Callable[[Floats], Floats]] = {
    "mean": own_mean,
    "zero": zero,
    "blur": blurred,
}
"""What stands for "nothing there", (n, h, w) -> (n, h, w); row i depends on image i alone."""

BASELINE = "mean"
"""A pixel that equals the baseline can get no evidence. With black that would be the pupils,
brows and open mouths that faces are told apart by; a blurred face still has the coarse shading of
a face, which would then count for nothing. The image's own mean gray has neither fault and works
for variants of any range; its blind spot is skin of just that gray, which carries no edge."""


def maps(
    network: Network,
    images: NDArray[Any],
    scores: ArrayLike,
    steps: int = STEPS,
    baseline: str = BASELINE,
) -> Maps:
    """What each pixel adds to the score, where it adds: the positive part of `attributions`.

    (n, h, w), with the completeness gap. Like a CAM, and unlike an absolute value, it says what
    speaks for the class; what speaks against it is in `contrast` and `attributions`.
    """
    values, gap = attributions(network, images, scores, steps, baseline)
    return Maps(np.maximum(values, 0), LAYER, gap)


def contrast(network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """Attributions of a difference of logits, with their signs, (n, h, w)."""
    values, gap = attributions(network, images, scores)
    return Maps(values, LAYER, gap)


def attributions(
    network: Network,
    images: NDArray[Any],
    scores: ArrayLike,
    steps: int = STEPS,
    baseline: str = BASELINE,
) -> tuple[Floats, Floats]:
    """(n, h, w) signed share of each pixel in f(x) - f(x0), and (n,) gap.

    Sundararajan, Taly & Yan 2017, https://arxiv.org/abs/1703.01365: (x - x0) times the mean
    gradient on the straight way from the baseline x0 to the image x. The integral is taken by the
    midpoint rule (the paper: right ends), which errs 5 to 8 times less with as many steps. The
    shares should sum to f(x) - f(x0); gap is how far they do not, as a share of it (of at least
    FLOOR). Steps stop helping where the net is kinked along the way, so look at the gap before
    trusting a map.
    """
    given = floating(images)
    start = BASELINES[baseline](given)
    factors = np.asarray(scores, np.float32)
    towards = given - start
    # midpoints of the steps, as what is still missing from the image
    missing = (np.float32(1) - (np.arange(steps, dtype=np.float32) + 0.5) / steps)[:, None, None]

    def on_the_way(some: Floats) -> Floats:
        away = BASELINES[baseline](some) - some
        return some[:, None] + missing * away[:, None]

    gradient = mean_over_versions(network, given, factors, on_the_way, steps)
    values = towards * gradient
    ends = [(network.logits(end) * factors).sum(axis=1, dtype=np.float64) for end in (given, start)]
    difference = ends[0] - ends[1]
    lost = np.abs(values.sum(axis=(1, 2), dtype=np.float64) - difference)
    gap = lost / np.maximum(np.abs(difference), FLOOR)
    return values, gap.astype(np.float32)
