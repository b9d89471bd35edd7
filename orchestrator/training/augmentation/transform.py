"""What a transform is, and what every transform draws from and is written down by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

Tensor = Any
"""A tensor of whichever backend Keras runs on."""


@dataclass(frozen=True)
class Warp:
    """A random change of coordinates.

    Attributes:
        draw: (images (n, h, w, c), strength, seed) -> (n, 2, 3) affine maps from a pixel of the
            result to the place it is looked up at; x then y, in pixels from the image's centre.
    """

    draw: Callable[[Tensor, Tensor, keras.random.SeedGenerator], Tensor]


@dataclass(frozen=True)
class Paint:
    """A random change of values.

    Attributes:
        apply: (images (n, h, w, c), strength, seed) -> (n, h, w, c).
    """

    apply: Callable[[Tensor, Tensor, keras.random.SeedGenerator], Tensor]


Transform = Warp | Paint


def draws(images: Tensor, count: int, seed: keras.random.SeedGenerator) -> list[Tensor]:
    """`count` tensors (n,), uniform in -1 to 1; one draw of the seed."""
    n = ops.shape(images)[0]
    drawn = keras.random.uniform((count, n), minval=-1.0, maxval=1.0, seed=seed)
    return [drawn[i] for i in range(count)]


def maps(
    xx: Tensor,
    yy: Tensor,
    xy: Tensor | None = None,
    yx: Tensor | None = None,
    x: Tensor | None = None,
    y: Tensor | None = None,
) -> Tensor:
    """(n, 2, 3) from (n,) entries; what is left out is 0."""
    zero = ops.zeros_like(xx)
    entries = [zero if part is None else part for part in (xx, xy, x, yx, yy, y)]
    return ops.reshape(ops.stack(entries, axis=1), (-1, 2, 3))
