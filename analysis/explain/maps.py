"""A map as an array: its scale, its size, and several maps as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Maps:
    """Where the evidence was, one map an image, as the method left it: not normalised.

    Attributes:
        values: (n, h', w') in the method's own units, at the resolution it works at.
        layer: whose maps were weighed; "pixels" for methods that ask the images themselves.
        gap: (n,) how much of the score a method with a completeness axiom failed to share out,
            or None for the others.
    """

    values: Floats
    layer: str
    gap: Floats | None = None


def rectified(signed: Maps) -> Maps:
    """What speaks for the score alone: values below 0 become 0."""
    return replace(signed, values=np.maximum(signed.values, 0))


def normalise(values: ArrayLike) -> tuple[Floats, Floats]:
    """(n, h', w') -> the same with max |value| 1, and that maximum before, (n,).

    A map that is zero everywhere stays zero and has the maximum 0.
    """
    raw = np.asarray(values, np.float32)
    maximum = np.abs(raw).max(axis=(1, 2), initial=0)
    divisor = np.where(maximum > 0, maximum, 1).astype(np.float32)
    return raw / divisor[:, None, None], maximum.astype(np.float32)


def weights(native: int, wanted: int) -> Floats:
    """(wanted, native): how much of each cell each place along one side gets; rows sum to 1.

    Every cell stands for the square of pixels that it covers. Centres are half a step inside: cell
    i of `native` is centred at (i + 0.5) wanted / native - 0.5 of the wanted side, so that a map is
    neither shifted nor stretched. (Aligning the corners instead, as `scipy.ndimage.zoom` does,
    moves the cells of a 6x6 map by up to 3.5 of 48 pixels outward.) Beyond the outermost centres
    the outermost cell goes on. Shrinking samples; it does not average.
    """
    place = np.clip((np.arange(wanted) + 0.5) * native / wanted - 0.5, 0, native - 1)
    before = np.minimum(place.astype(np.int64), max(native - 2, 0))
    share = place - before
    matrix = np.zeros((wanted, native), np.float32)
    rows = np.arange(wanted)
    matrix[rows, before] = 1 - share
    matrix[rows, np.minimum(before + 1, native - 1)] += share
    return matrix


def resize(maps: ArrayLike, height: int, width: int) -> Floats:
    """(n, h', w') -> (n, height, width) float32, the same as `tf.image.resize(bilinear)`."""
    values = np.asarray(maps, np.float32)
    if values.shape[1:] == (height, width):
        return values
    rows, columns = weights(values.shape[1], height), weights(values.shape[2], width)
    return np.asarray(rows @ values @ columns.T, np.float32)


def combine(members: Sequence[ArrayLike], coefficients: ArrayLike) -> Floats:
    """(n, h, w): the coefficient-weighted mean of the members' normalised maps.

    Every member's map first has maximum 1 and is resized (bilinear, half-pixel centres) to the
    largest grid among them. A member without evidence (a map of zeros) adds zeros. The mean has
    maximum 1 where all members have theirs in the same cell.

    What this is not: the map of one net that averages the members. The class activation map of an
    averaged logit is the weighted sum of the members' maps before normalising, so the two are the
    same only where the members' maxima are equal (and grids too). We normalise first because
    logits of different nets have different scales, and one loud member would drown the others.

    Args:
        members: m of (n, h', w'), each at its own resolution, normalised or not.
        coefficients: (m,) weight of each, not negative; need not sum to 1.
    """
    single = [normalise(values)[0] for values in members]
    height = max(values.shape[1] for values in single)
    width = max(values.shape[2] for values in single)
    stacked = np.stack([resize(values, height, width) for values in single])
    shares = np.asarray(coefficients, np.float64)
    return np.asarray(np.tensordot(shares / shares.sum(), stacked, axes=1), np.float32)
