"""Kinds of light that images were taken in, and accuracy in each as if all had the same classes.

Light goes with expression: surprised faces of FER2013 are brighter than sad ones. So accuracy in a
stratum is standardised: each class counts there as it does among all images, whatever its share
in the stratum. What cannot be told apart then is not the light's doing.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import stats

CUTS = (0.10, 0.33, 0.67, 0.90)
"""Shares of the images that lie below the bounds between strata."""

Gray = NDArray[np.float64]


def brightness(images: Gray) -> Gray:
    """(n,) mean gray."""
    return np.asarray(images.mean(axis=(1, 2)))


def contrast(images: Gray) -> Gray:
    """(n,) standard deviation of gray."""
    return np.asarray(images.std(axis=(1, 2)))


def side_light(images: Gray) -> Gray:
    """(n,) how much the mean of the left half differs from that of the right."""
    half = images.shape[2] // 2
    left, right = images[:, :, :half], images[:, :, -half:]
    return np.asarray(abs(left.mean(axis=(1, 2)) - right.mean(axis=(1, 2))))


QUANTITIES: dict[str, Callable[[Gray], Gray]] = {
    "brightness": brightness,
    "contrast": contrast,
    "side light": side_light,
}
"""What light is told by -> (n, h, w) gray values, 0 to 255 -> (n,)."""


@dataclass(frozen=True)
class Strata:
    """Images by one quantity, from little to much of it.

    Attributes:
        of: (n,) which stratum an image is in, from 0.
        names: of the strata: their bounds.
    """

    of: NDArray[np.int64]
    names: tuple[str, ...]


def strata(values: NDArray[np.float64]) -> Strata:
    """Images cut at the `CUTS` of their own values; equal bounds leave no stratum between them."""
    if not len(values):
        return Strata(np.zeros(0, np.int64), ())
    bounds = np.unique(np.quantile(values, CUTS))
    of = np.searchsorted(bounds, values, side="right")
    words = [f"{bound:.0f}" for bound in bounds]
    names = [f"below {words[0]}", *(f"{a} to {b}" for a, b in pairwise(words))]
    return Strata(of, (*names, f"{words[-1]} and more"))


@dataclass(frozen=True)
class Standardised:
    """Accuracy as if the classes were those of all images; NaN where it is not known.

    Attributes:
        value: sum over classes of its share among all images x accuracy of it in the stratum.
        low: lower end of the 95 % interval.
        high: upper end.
        covered: share of all images whose class occurs in the stratum; the others do not count.
    """

    value: float
    low: float
    high: float
    covered: float


def standardised(
    right: NDArray[np.bool_], labels: NDArray[np.integer], inside: NDArray[np.bool_]
) -> Standardised:
    """Directly standardised accuracy of the images inside a stratum.

    The interval is normal; a class' variance is that of (right + 1) of (images + 2), so that a
    class of which all are right, or none, is not taken for certain.

    Args:
        right: (n,) whether the answer is right.
        labels: (n,) classes.
        inside: (n,) whether the image is in the stratum.
    """
    value = variance = covered = 0.0
    for label in np.unique(labels):
        here = inside & (labels == label)
        n, weight = int(here.sum()), float((labels == label).mean())
        if n:
            hits = int(right[here].sum())
            smooth = (hits + 1) / (n + 2)
            value += weight * hits / n
            variance += weight**2 * smooth * (1 - smooth) / n
            covered += weight
    if not covered:
        return Standardised(math.nan, math.nan, math.nan, 0.0)
    half = float(stats.norm.ppf(0.975)) * math.sqrt(variance) / covered
    value /= covered
    return Standardised(value, max(0.0, value - half), min(1.0, value + half), covered)
