"""Whether a map stays when the image hardly changes."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.explain.methods.gradient import floating
from analysis.explain.methods.smoothgrad import noisy

SAMPLES = 2
SIGMA = 0.02
"""Standard deviation of the noise, as a share of the image's own range: 5 of 255, not visible."""

SEED = 1
"""Not SmoothGrad's: it would meet its own noise again."""

Floats = NDArray[np.float32]


def stability(
    values_of: Callable[[Floats], ArrayLike],
    images: NDArray,
    values: ArrayLike,
    samples: int = SAMPLES,
    sigma: float = SIGMA,
) -> Floats:
    """(n,) mean `distance` between each map and those of slightly noisy copies of its image.

    The average sensitivity of Yeh et al. 2019 (https://arxiv.org/abs/1901.09392), with normal noise
    and a distance that has a scale. The class explained stays the same even where noise changes the
    answer.

    Args:
        values_of: (n, h, w) images -> (n, h', w') maps of the same scores.
        images: (n, h, w).
        values: (n, h', w') maps of the images themselves.
        samples: noisy copies of each image.
        sigma: of the noise.
    """
    copies = noisy(floating(images), samples, sigma, SEED)
    distances = [distance(values, values_of(copies[:, one])) for one in range(samples)]
    return np.mean(distances, axis=0, dtype=np.float32)


def distance(one: ArrayLike, other: ArrayLike) -> Floats:
    """(n,) share of the maps' mass that stands elsewhere: 0 the same pattern, 1 none in common.

    Half the sum of absolute differences, each map divided by its mass (sum of absolute values): the
    total variation distance. A cosine would forgive a wide faint background. Strength does not
    count; a map of zeros is at distance 1 from any other, and 0 from a map of zeros.
    """
    first, second = (np.abs(_flat(maps)).sum(axis=1) for maps in (one, other))
    shares = [
        _flat(maps) / np.where(mass > 0, mass, 1)[:, None]
        for maps, mass in ((one, first), (other, second))
    ]
    moved = np.abs(shares[0] - shares[1]).sum(axis=1) / 2
    return np.where((first > 0) == (second > 0), moved, 1).astype(np.float32)


def _flat(maps: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(maps, np.float64)
    return values.reshape(len(values), -1)
