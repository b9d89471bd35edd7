"""Occlusion: how much the score loses when a square of the image is painted over."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.explain.maps import Maps
from analysis.explain.methods.gradient import LAYER, Floats, floating
from analysis.explain.methods.integrated import own_mean
from analysis.explain.network import Network

PATCH = 8
STRIDE = 4

AT_ONCE = 1024
"""Painted images held in memory at a time: 9 MB of 48x48."""


def maps(
    network: Network,
    images: NDArray[Any],
    scores: ArrayLike,
    patch: int = PATCH,
    stride: int = STRIDE,
) -> Maps:
    """How far the score fell when each patch was painted over: (n, h / stride, w / stride).

    After Zeiler & Fergus 2013, https://arxiv.org/abs/1311.2901, with logits for probabilities. The
    paint is the image's own mean. Patches are centred on the cells of the grid, as the cells of any
    other map are (12x12 for 48x48), so those at the edge reach over it and paint a quarter less.
    """
    values = drops(network, images, scores, patch, stride)
    return Maps(np.maximum(values, 0), LAYER)


def contrast(network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """What a difference of logits loses to each patch, with its sign."""
    return Maps(drops(network, images, scores), LAYER)


def drops(
    network: Network,
    images: NDArray[Any],
    scores: ArrayLike,
    patch: int = PATCH,
    stride: int = STRIDE,
) -> Floats:
    """(n, h', w') loss of score by each patch; negative where painting it over helps."""
    given, factors = floating(images), np.asarray(scores, np.float32)
    painted = patches(given.shape[1], given.shape[2], patch, stride)
    grid, count = painted.shape[:2], painted.shape[0] * painted.shape[1]
    painted = painted.reshape(count, *given.shape[1:])
    block = max(1, AT_ONCE // count)
    result = np.empty((len(given), count), np.float32)
    for first in range(0, len(given), block):
        now = slice(first, first + block)
        some = given[now]
        several = np.where(painted, own_mean(some)[:, None], some[:, None])
        logits = network.logits(several.reshape(-1, *some.shape[1:]))
        after = np.einsum("npk,nk->np", logits.reshape(len(some), count, -1), factors[now])
        before = (network.logits(some) * factors[now]).sum(axis=1)
        result[now] = before[:, None] - after
    return result.reshape(len(given), *grid)


def patches(height: int, width: int, patch: int, stride: int) -> NDArray[np.bool_]:
    """(h', w', height, width): what each patch covers."""
    rows, columns = (_spans(side, patch, stride) for side in (height, width))
    return rows[:, None, :, None] & columns[None, :, None, :]


def _spans(side: int, patch: int, stride: int) -> NDArray[np.bool_]:
    cells = max(1, round(side / stride))
    centre = (np.arange(cells) + 0.5) * side / cells
    first = np.rint(centre - patch / 2)[:, None]
    place = np.arange(side)
    return (place >= first) & (place < first + patch)
