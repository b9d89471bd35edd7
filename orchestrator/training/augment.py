"""Random changes of training images, drawn anew for every image of every batch.

Keras operations only, so the same code runs inside the compiled epoch of any backend. Strength is
a tensor, never a Python branch: strength 0 gives the images back exactly, and one program serves
every strength. Nothing depends on the range of values, so zero-mean preprocessing variants are
served as well as images in [0, 1].

A transform is a `Warp` (where each pixel is looked up) or a `Paint` (what stands there). All warps
are composed and the images resampled once, bilinearly, the border pixel repeated outward: what
Keras' `ImageDataGenerator` did in the protocol of cs230-fer (rotation 10, shift 0.1, zoom 0.1,
flip). Paints follow, on the warped images.

TensorFlow resamples by a kernel of its own, which XLA lacks: keep `augment` outside a function
compiled with `jit_compile=True` there. On other backends four pixels are looked up and weighed,
which compiles into one pass; Keras' own form there is a general one that costs several times more.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from orchestrator.errors import BadInput

Tensor = Any
"""A tensor of whichever backend Keras runs on."""

MAX_SHIFT = 0.1
"""Share of height and of width at strength 1."""

MAX_ROTATION = math.radians(10)

MAX_ZOOM = 0.1

MAX_BRIGHTNESS = 0.2
"""In standard deviations of the image's own pixels, at strength 1."""

ERASED_AREA = (0.02, 0.4)
"""Smallest and largest share of the image that is erased; Zhong et al.'s s_l and s_h."""

ERASED_ASPECT = 1 / 0.3
"""Largest ratio of the longer to the shorter side of what is erased; 1 / Zhong et al.'s r_1."""


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


def parse(text: str) -> tuple[str, ...]:
    """The transforms that a configuration names, in the order they are applied.

    Args:
        text: names of `TRANSFORMS`, blank-separated in any order; "none" or "" for no transform.

    Raises:
        BadInput: for an unknown name.
    """
    names = [] if text.strip() == "none" else text.split()
    for name in names:
        if name not in TRANSFORMS:
            raise BadInput(
                f"augmentation={text!r}: unknown transform {name!r};"
                f" known: {', '.join(TRANSFORMS)}, or none alone"
            )
    return tuple(name for name in TRANSFORMS if name in names)


def augment(
    images: Tensor, strength: Tensor, names: tuple[str, ...], seed: keras.random.SeedGenerator
) -> Tensor:
    """Each image changed by its own draw.

    Args:
        images: (n, h, w, c) float32, any range.
        strength: scalar in 0 to 1, a tensor, a variable or a number.
        names: of `TRANSFORMS`; applied in that dictionary's order, whatever theirs.
        seed: advanced by one draw a transform, also at strength 0.

    Returns:
        (n, h, w, c) float32; at strength 0 equal to `images` bit for bit.

    Raises:
        BadInput: for an unknown name.
    """
    chosen = [TRANSFORMS[name] for name in parse(" ".join(names))]
    strength = ops.cast(strength, images.dtype)
    maps = [step.draw(images, strength, seed) for step in chosen if isinstance(step, Warp)]
    if maps:
        images = _resample(images, maps)
    for step in chosen:
        if isinstance(step, Paint):
            images = step.apply(images, strength, seed)
    return images


def flip(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Left and right exchanged for half of the images, at any strength above 0."""
    (draw,) = _draws(images, 1, seed)
    side = ops.where(ops.logical_and(draw < 0, strength > 0), -1.0, 1.0)
    return _maps(xx=side, yy=ops.ones_like(side))


def shift(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Moved by up to 10 % of the width and of the height, by parts of a pixel too."""
    _, height, width, _ = ops.shape(images)
    x, y = _draws(images, 2, seed)
    reach = MAX_SHIFT * strength
    one = ops.ones_like(x)
    return _maps(
        xx=one,
        yy=one,
        x=x * reach * ops.cast(width, x.dtype),
        y=y * reach * ops.cast(height, y.dtype),
    )


def rotation(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Turned about the centre by up to 10 degrees either way."""
    (draw,) = _draws(images, 1, seed)
    angle = draw * strength * MAX_ROTATION
    cosine, sine = ops.cos(angle), ops.sin(angle)
    return _maps(xx=cosine, xy=-sine, yx=sine, yy=cosine)


def zoom(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Made smaller or larger by up to 10 %, both sides alike, about the centre."""
    (draw,) = _draws(images, 1, seed)
    scale = 1 + draw * strength * MAX_ZOOM
    return _maps(xx=scale, yy=scale)


def brightness(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Every pixel moved by up to 0.2 of the image's own standard deviation; nothing is clipped."""
    (draw,) = _draws(images, 1, seed)
    spread = ops.std(images, axis=(1, 2, 3), keepdims=True)
    return images + ops.reshape(draw, (-1, 1, 1, 1)) * strength * MAX_BRIGHTNESS * spread


def erasing(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """A rectangle replaced by the image's mean in half of the images at strength 1.

    Strength is the probability's factor, not the size's.

    Source: Zhong et al. 2020, "Random Erasing Data Augmentation", algorithm 1,
    https://arxiv.org/abs/1708.04896. Differs: filled
    with the image's mean instead of noise; the logarithm of the aspect ratio is uniform, so tall
    and wide are equally likely; a side longer than the image is cut to it instead of drawn again.
    """
    _, height, width, _ = ops.shape(images)
    chance, size, shape, top, left = [(1 + draw) / 2 for draw in _draws(images, 5, seed)]
    smallest, largest = ERASED_AREA
    area = (smallest + (largest - smallest) * size) * ops.cast(height * width, size.dtype)
    root = ops.exp((shape - 0.5) * math.log(ERASED_ASPECT))
    rows = _span(ops.sqrt(area) * root, top, height)
    columns = _span(ops.sqrt(area) / root, left, width)
    hit = ops.logical_and(rows[:, :, None, None], columns[:, None, :, None])
    hit = ops.logical_and(hit, ops.reshape(chance < 0.5 * strength, (-1, 1, 1, 1)))
    return ops.where(hit, ops.mean(images, axis=(1, 2), keepdims=True), images)


TRANSFORMS: dict[str, Transform] = {
    "flip": Warp(flip),
    "shift": Warp(shift),
    "rotation": Warp(rotation),
    "zoom": Warp(zoom),
    "brightness": Paint(brightness),
    "erasing": Paint(erasing),
}
"""Name -> transform, in the order they are applied."""


def _draws(images: Tensor, count: int, seed: keras.random.SeedGenerator) -> Any:
    """`count` tensors (n,), uniform in -1 to 1."""
    n = ops.shape(images)[0]
    drawn = keras.random.uniform((count, n), minval=-1.0, maxval=1.0, seed=seed)
    return [drawn[i] for i in range(count)]


def _maps(
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


def _after(outer: Tensor, inner: Tensor) -> Tensor:
    # Written out: a 3x3 `matmul` would run in TF32 on a GPU and lose a hundredth of a pixel.
    turned = ops.sum(outer[:, :, :2, None] * inner[:, None, :, :], axis=2)
    return ops.concatenate([turned[:, :, :2], turned[:, :, 2:] + outer[:, :, 2:]], axis=2)


def _resample(images: Tensor, maps: list[Tensor]) -> Tensor:
    _, height, width, _ = ops.shape(images)
    combined = maps[0]
    for following in maps[1:]:
        combined = _after(combined, following)
    # From coordinates about the centre to coordinates about the first pixel.
    centre = (
        ops.stack([ops.cast(width - 1, combined.dtype), ops.cast(height - 1, combined.dtype)]) / 2
    )
    moved = centre - ops.sum(combined[:, :, :2] * centre, axis=2) + combined[:, :, 2]
    rows = ops.concatenate([combined[:, :, :2], moved[:, :, None]], axis=2)
    if keras.backend.backend() != "tensorflow":
        return looked_up(images, rows)
    flat = ops.reshape(rows, (-1, 6))
    transform = ops.concatenate([flat, ops.zeros_like(flat[:, :2])], axis=1)
    return ops.image.affine_transform(
        images, transform, interpolation="bilinear", fill_mode="nearest"
    )


def looked_up(images: Tensor, maps: Tensor) -> Tensor:
    """Images sampled elsewhere, bilinearly, the border pixel repeated outward.

    Args:
        images: (n, h, w, c) float32.
        maps: (n, 2, 3) from a pixel of the result to where it is looked up; x then y, in pixels
            from the first one.

    Returns:
        (n, h, w, c) float32; bit for bit `images` where a map changes nothing.
    """
    _, height, width, channels = ops.shape(images)
    x = ops.cast(ops.arange(width), images.dtype)[None, None, :]
    y = ops.cast(ops.arange(height), images.dtype)[None, :, None]

    def place(row: Tensor, side: int) -> tuple[Tensor, Tensor, Tensor]:
        """The pixel before, the pixel after, and the latter's weight; (n, h, w) each."""
        exact = row[:, 0, None, None] * x + row[:, 1, None, None] * y + row[:, 2, None, None]
        exact = ops.clip(exact, 0, side - 1)
        before = ops.floor(exact)
        first = ops.cast(before, "int32")
        return first, ops.minimum(first + 1, side - 1), (exact - before)[..., None]

    left, right, across = place(maps[:, 0], width)
    above, below, down = place(maps[:, 1], height)
    flat = ops.reshape(images, (-1, height * width, channels))

    def at(rows: Tensor, columns: Tensor) -> Tensor:
        index = ops.reshape(rows * width + columns, (-1, height * width, 1))
        index = ops.broadcast_to(index, (*index.shape[:2], channels))
        picked = ops.take_along_axis(flat, index, axis=1)
        return ops.reshape(picked, (-1, height, width, channels))

    upper = at(above, left) * (1 - across) + at(above, right) * across
    lower = at(below, left) * (1 - across) + at(below, right) * across
    return upper * (1 - down) + lower * down


def _span(length: Tensor, place: Tensor, side: Tensor) -> Tensor:
    """(n, side) whether a pixel lies in a stretch of this length placed uniformly on the side."""
    extent = ops.cast(side, length.dtype)
    length = ops.clip(ops.round(length), 1.0, extent)[:, None]
    first = ops.floor(place[:, None] * (extent - length + 1))
    pixels = ops.cast(ops.arange(side), length.dtype)[None, :]
    return ops.logical_and(pixels >= first, pixels < first + length)
