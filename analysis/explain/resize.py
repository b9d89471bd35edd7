"""Maps at another size: bilinear, every cell standing for the square of pixels that it covers."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]


def weights(native: int, wanted: int) -> Floats:
    """(wanted, native): how much of each cell each place along one side gets; rows sum to 1.

    Centres are half a step inside: cell i of `native` is centred at (i + 0.5) wanted / native - 0.5
    of the wanted side, so that a map is neither shifted nor stretched. (Aligning the corners
    instead, as `scipy.ndimage.zoom` does, moves the cells of a 6x6 map by up to 3.5 of 48 pixels
    outward.) Beyond the outermost centres the outermost cell goes on. Shrinking samples; it does
    not average.
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
