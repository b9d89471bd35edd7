"""What a net is shown of an image when it predicts: the image alone, or several views of it.

Predicted is the mean of the views' probabilities. Views are made of the image as its preprocessing
gives it; a view is a row and a column to look every pixel up at, so that flips and moves are exact
and a window is enlarged bilinearly. Keras operations only, for every backend.

Sources: ten crops, Krizhevsky et al. 2012, https://doi.org/10.1145/3065386, section 4.1; on
FER2013 with crops of 40 pixels, Khaireddin & Chen 2021, https://arxiv.org/abs/2105.03588; mirrored
and changed images at once, Khanzada, Bai & Celepcikay 2020, https://arxiv.org/abs/2004.11823.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

Tensor = Any
"""A tensor of whichever backend Keras runs on."""

Line = Callable[[int], NDArray[Any]]
"""Pixels of a side -> the place at which each of them is looked up, in pixels from the first."""

WINDOW = 42 / 48
"""Side of a window, a share of the image's: the middle of what the augmentation `crop` draws."""

STEP = 1 / 24
"""How far an image is moved, a share of its side, in whole pixels: 2 of 48."""


def moved(steps: int) -> Line:
    """The image moved by so many steps, the border pixel repeated outward; 0: as it is."""
    return lambda side: np.clip(np.arange(side) + steps * max(1, round(side * STEP)), 0, side - 1)


def window(place: float) -> Line:
    """A window enlarged to the image's side; it lies at 0, the first edge, to 1, the last one."""
    return lambda side: place * (1 - WINDOW) * (side - 1) + WINDOW * np.arange(side)


def mirrored(line: Line) -> Line:
    """The same from its other end."""
    return lambda side: line(side)[::-1]


def _with_mirrors(*pairs: tuple[Line, Line]) -> tuple[tuple[Line, Line], ...]:
    return (*pairs, *((rows, mirrored(columns)) for rows, columns in pairs))


_STILL = moved(0)
_MOVED = [(_STILL, moved(1)), (_STILL, moved(-1)), (moved(1), _STILL), (moved(-1), _STILL)]
_CORNERS = [(window(y), window(x)) for y in (0, 1) for x in (0, 1)]

VIEWS: dict[str, tuple[tuple[Line, Line], ...]] = {
    "one": ((_STILL, _STILL),),
    "flip": _with_mirrors((_STILL, _STILL)),
    "flip_shifts": _with_mirrors((_STILL, _STILL), *_MOVED),
    "ten_crop": _with_mirrors((window(0.5), window(0.5)), *_CORNERS),
}
"""Name -> rows and columns of each view."""


def shown(images: Tensor, views: str) -> Tensor:
    """(n, h, w, c) float32 -> (v n, h, w, c): the first view of every image, then the second.

    Args:
        images: as the preprocessing gives them.
        views: a key of VIEWS.
    """
    height, width = images.shape[1:3]
    seen = [
        _looked_up(_looked_up(images, rows(height), 1), columns(width), 2)
        for rows, columns in VIEWS[views]
    ]
    return ops.concatenate(seen, axis=0)


def scores(logits: Callable[[Tensor], Tensor], images: Tensor, views: str) -> Tensor:
    """What a net says of images, over the views: the softmax of this is the prediction.

    Args:
        logits: (n, h, w, c) float32 -> (n, k) float32.
        images: (n, h, w, c).
        views: a key of VIEWS.

    Returns:
        (n, k): the logits themselves where there is one view; else logarithms of the views' mean
        probabilities.
    """
    if views == "one":
        return logits(images)
    count = len(VIEWS[views])
    each = ops.log_softmax(logits(shown(images, views)), axis=-1)
    each = ops.reshape(each, (count, -1, each.shape[-1]))
    return ops.logsumexp(each, axis=0) - math.log(count)


def images_at_once(batch: int, views: str) -> int:
    """How many images go into a batch when each comes in all views; a power of two is taken off."""
    return max(1, batch // 2 ** math.ceil(math.log2(len(VIEWS[views]))))


def _looked_up(images: Tensor, places: NDArray[Any], axis: int) -> Tensor:
    before = np.floor(places).astype(np.int32)
    weight = (places - before).astype(np.float32)
    first = ops.take(images, before, axis=axis)
    if not weight.any():
        return first
    after = ops.take(images, np.minimum(before + 1, len(places) - 1), axis=axis)
    weight = np.expand_dims(weight, tuple(i for i in range(4) if i != axis))
    return first * (1 - weight) + after * weight
