"""Soft-edged shapes over a grid of pixels.

Pixels see addition, multiplication, division and square roots alone, which IEEE 754 fixes to the
last bit: the same seed gives the same bytes on every processor, which `exp` would not.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
"""float32 throughout; NumPy's stubs lose that as soon as a Python number takes part."""

EDGE = np.float32(0.06)
"""Width of a drawn edge: about one and a half pixels, so that nothing aliases."""


def cover(distance: Floats, soft: Floats | np.float32 | float = EDGE) -> Floats:
    """Coverage in [0, 1] of a shape given its signed distance (negative inside)."""
    alpha = distance * (-1 / np.asarray(soft, np.float32))
    alpha += np.float32(0.5)
    return np.clip(alpha, 0, 1, out=alpha)


def bump(square: Floats) -> Floats:
    """A smooth hill, 1 where the squared distance is 0 and 0 from 1 on."""
    hill = np.maximum(1 - square, 0)
    hill *= hill
    return hill


def paint(picture: Floats, alpha: Floats, tone: Floats | float) -> None:
    """Covers the picture in place by a tone."""
    picture += alpha * (tone - picture)


def darken(picture: Floats, alpha: Floats) -> None:
    """Takes this share of the light away in place: creases and shadows on any skin."""
    picture *= 1 - alpha
