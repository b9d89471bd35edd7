"""Images sampled elsewhere: composed affine maps, one bilinear look-up.

TensorFlow resamples by a kernel of its own, which XLA lacks: keep `resampled` outside a function
compiled with `jit_compile=True` there. On other backends four pixels are looked up and weighed,
which compiles into one pass; Keras' own form there is a general one that costs several times more.
"""

import keras
from keras import ops

from orchestrator.training.augmentation.transform import Tensor


def _after(outer: Tensor, inner: Tensor) -> Tensor:
    # Written out: a 3x3 `matmul` would run in TF32 on a GPU and lose a hundredth of a pixel.
    turned = ops.sum(outer[:, :, :2, None] * inner[:, None, :, :], axis=2)
    return ops.concatenate([turned[:, :, :2], turned[:, :, 2:] + outer[:, :, 2:]], axis=2)


def resampled(images: Tensor, maps: list[Tensor]) -> Tensor:
    """Images under one map after the other, looked up once.

    Args:
        images: (n, h, w, c) float32.
        maps: at least one, each (n, 2, 3); see `transform.Warp`.
    """
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
