"""Which row of fer2013.csv an image is: by its number, or by its pixels.

File names of the image folders hold no row number. Their JPEG differs from the table's pixels by a
gray value or two, so the nearest row is the image's own; of exact copies any will do.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

FARTHEST = 4.0
"""Mean difference in gray values of 255 up to which two images are the same one."""

NEIGHBOURS = 4
"""Rows that are looked at, nearest in coarse pixels first."""

CELL = 8
"""Pixels along each side that one coarse pixel is the mean of."""

BATCH = 512

NONE = -1
"""In place of a row where there is none."""


def rows_by_number(ids: Sequence[str]) -> NDArray[np.int64] | None:
    """(n,) rows from 0, where ids are the rows' numbers from 1; None where they are not."""
    if not len(ids) or not all(str(name).isdecimal() for name in ids):
        return None
    return np.array([int(name) - 1 for name in ids], np.int64)


def rows_by_pixels(images: NDArray[np.uint8], table: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(n,) the row of the table that has an image's pixels, or `NONE`.

    Args:
        images: (n, h, w), h and w multiples of `CELL`.
        table: (r, h, w).
    """
    if not len(table):
        return np.full(len(images), NONE, np.int64)
    near = min(NEIGHBOURS, len(table))
    _, places = cKDTree(_coarse(table)).query(_coarse(images), k=near)
    places = np.asarray(places, np.int64).reshape(len(images), near)
    matched = np.full(len(images), NONE, np.int64)
    for first in range(0, len(images), BATCH):
        now = slice(first, first + BATCH)
        some = images[now].astype(np.float32)[:, None]
        apart = abs(table[places[now]].astype(np.float32) - some).mean(axis=(2, 3))
        best = apart.argmin(axis=1)
        rows = np.arange(len(best))
        matched[now] = np.where(apart[rows, best] <= FARTHEST, places[now][rows, best], NONE)
    return matched


def _coarse(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    n, height, width = images.shape
    cells = images.reshape(n, height // CELL, CELL, width // CELL, CELL).astype(np.float32)
    return np.asarray(cells.mean(axis=(2, 4)).reshape(n, -1))
