"""How much of a map lies on each part of the face.

A map is small (6x6, say) and a part of the face is drawn in pixels. The map is spread to the pixels
bilinearly, with half-pixel centres, as the pictures show it, and its mass summed part by part.
Both steps are linear in the map, so they are one product with a matrix of (h' w', 5) weights, the
adjoint of the spreading applied to the masks; nothing is ever upsampled.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.explain.maps import weights

Floats = NDArray[np.float32]
Masks = NDArray[np.uint8]

REGIONS = ("rest", "brows", "eyes", "nose", "mouth")
"""What a value of a mask means; "rest" is skin, hair, background."""

SIDE = 48
"""Height and width of canonical masks in pixels, unless asked otherwise."""

BOXES: tuple[tuple[str, tuple[float, float, float, float]], ...] = (
    ("nose", (15, 32, 18, 30)),
    ("brows", (9, 15, 7, 41)),
    ("eyes", (15, 22, 7, 20)),
    ("eyes", (15, 22, 28, 41)),
    ("mouth", (33, 44, 14, 34)),
)
"""(region, (top, bottom, left, right)) in 48ths of the image, for an upright face that fills it.

Drawn by eye on FER2013's mean training face and checked against where the parts of drawn faces
lie. They are approximate: a turned, tilted or small face has its parts elsewhere.
"""

BATCH = 256


def canonical(height: int = SIDE, width: int = SIDE) -> Masks:
    """(h, w) indices into REGIONS: `BOXES` on an image of that size.

    A pixel belongs to a box that its centre lies in.
    """
    y, x = ((np.arange(side) + 0.5) * 48 / side for side in (height, width))
    mask = np.zeros((height, width), np.uint8)
    for name, (top, bottom, left, right) in BOXES:
        inside = np.ix_((top <= y) & (y < bottom), (left <= x) & (x < right))
        mask[inside] = REGIONS.index(name)
    return mask


def shares(maps: ArrayLike, masks: Masks | None = None) -> Floats:
    """Share of each map's positive mass on each region.

    Args:
        maps: (n, h', w') at the resolution that the method works at; of a signed map only what is
            positive counts.
        masks: (n, h, w) indices into REGIONS, one an image, or (h, w) for all of them; None: the
            canonical boxes.

    Returns:
        (n, 5) in the order of REGIONS, each row's sum 1; NaN where nothing of a map is positive.
    """
    positive = np.maximum(np.asarray(maps, np.float32), 0)
    masks = _of_size(positive) if masks is None else masks
    none = np.empty((0, len(REGIONS)), np.float32)
    mass = np.concatenate([none, *_masses(positive, masks)])
    total = mass.sum(axis=1, keepdims=True)
    return np.divide(mass, total, out=np.full_like(mass, np.nan), where=total > 0)


def on_regions(masks: Masks, grid: tuple[int, int]) -> Floats:
    """What a unit of mass in each cell of a map adds to each region.

    Args:
        masks: (n, h, w) indices into REGIONS.
        grid: (h', w') of the map.

    Returns:
        (n, h', w', 5), the adjoint of the bilinear spreading from h' w' cells to h w pixels.
    """
    inside = (masks[..., None] == np.arange(len(REGIONS))).astype(np.float32)
    down, across = (weights(*sides) for sides in zip(grid, masks.shape[1:], strict=True))
    by_row = np.tensordot(inside, down, axes=(1, 0))  # n, w, 5, h'
    return np.tensordot(by_row, across, axes=(1, 0)).transpose(0, 2, 3, 1)


def _masses(positive: Floats, masks: Masks) -> Iterator[Floats]:
    grid = positive.shape[1:]
    shared = on_regions(masks[None], grid) if masks.ndim == 2 else None
    for first in range(0, len(positive), BATCH):
        now = slice(first, first + BATCH)
        if shared is None:
            yield np.einsum("nhw,nhwr->nr", positive[now], on_regions(masks[now], grid))
        else:
            yield np.tensordot(positive[now], shared[0], axes=2)


def _of_size(maps: Floats) -> Masks:
    height, width = maps.shape[1:]
    return canonical(max(SIDE, height), max(SIDE, width))
