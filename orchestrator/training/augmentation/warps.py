"""Transforms that look a pixel up elsewhere; see `transform.Warp`."""

import math

import keras
from keras import ops

from orchestrator.training.augmentation.transform import Tensor, draws, maps

MAX_SHIFT = 0.1
"""Share of height and of width at strength 1."""

MAX_ROTATION = math.radians(10)

MAX_ZOOM = 0.1

CROP = (40 / 48, 44 / 48)
"""Smallest and largest side of the window that `crop` keeps, a share of the image's."""

RESIZED_AREA = 0.2
"""How far the area that `resized_crop` draws may be from the image's, a share of it."""

RESIZED_ASPECT = 4 / 3
"""Largest ratio of width to height that `resized_crop` draws, and of height to width."""


def flip(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Left and right exchanged for half of the images, at any strength above 0."""
    (draw,) = draws(images, 1, seed)
    side = ops.where(ops.logical_and(draw < 0, strength > 0), -1.0, 1.0)
    return maps(xx=side, yy=ops.ones_like(side))


def shift(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Moved by up to 10 % of the width and of the height, by parts of a pixel too."""
    _, height, width, _ = ops.shape(images)
    x, y = draws(images, 2, seed)
    reach = MAX_SHIFT * strength
    one = ops.ones_like(x)
    return maps(
        xx=one,
        yy=one,
        x=x * reach * ops.cast(width, x.dtype),
        y=y * reach * ops.cast(height, y.dtype),
    )


def rotation(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Turned about the centre by up to 10 degrees either way."""
    (draw,) = draws(images, 1, seed)
    angle = draw * strength * MAX_ROTATION
    cosine, sine = ops.cos(angle), ops.sin(angle)
    return maps(xx=cosine, xy=-sine, yx=sine, yy=cosine)


def zoom(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Made smaller or larger by up to 10 %, both sides alike, about the centre."""
    (draw,) = draws(images, 1, seed)
    scale = 1 + draw * strength * MAX_ZOOM
    return maps(xx=scale, yy=scale)


def crop(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """A window of 40 to 44 pixels of 48, anywhere in the image, enlarged to the image's size.

    At strength s the window lacks s times as much: 44 to 46 pixels at one half. Windows are then
    what the net knows: `views=ten_crop` shows it some of the middle size when it predicts.

    Source: random crops of Krizhevsky et al. 2012, https://doi.org/10.1145/3065386, section 4.1.
    On FER2013 crops of 40 pixels (https://github.com/usef-kh/fer) and of 44
    (https://github.com/WuJie1010/Facial-Expression-Recognition.Pytorch) were trained on as they
    are; here one net has one size, so that every strength and every transform goes with it.
    """
    size, x, y = draws(images, 3, seed)
    smallest, largest = CROP
    lost = 1 - (smallest + (largest - smallest) * (1 + size) / 2)
    side = 1 - strength * lost
    return _window(images, side, side, x, y)


def resized_crop(images: Tensor, strength: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """A window of .8 to 1.2 of the image's area, 3:4 to 4:3, brought to the image's size.

    At strength s the area is 1 - .2 s to 1 + .2 s, the ratio to the power of s.

    Source: Khaireddin & Chen 2021, https://arxiv.org/abs/2105.03588, whose code
    (https://github.com/usef-kh/fer) leaves it to torchvision's RandomResizedCrop(48, scale=(.8,
    1.2)). Differs: a side longer than the image is cut to it instead of drawn again.
    """
    size, shape, x, y = draws(images, 4, seed)
    area = 1 + strength * RESIZED_AREA * size
    root = ops.exp(strength * shape * (math.log(RESIZED_ASPECT) / 2))
    wide = ops.minimum(ops.sqrt(area) * root, 1.0)
    high = ops.minimum(ops.sqrt(area) / root, 1.0)
    return _window(images, wide, high, x, y)


def _window(images: Tensor, wide: Tensor, high: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Maps onto a window of these shares of the image, none of it outside.

    Args:
        images: (n, h, w, c).
        wide: (n,) shares of the width.
        high: (n,) shares of the height.
        x: (n,) where the window lies: -1 at the left edge, 1 at the right one.
        y: likewise from top to bottom.
    """
    _, height, width, _ = ops.shape(images)
    across, down = (ops.cast(side - 1, x.dtype) / 2 for side in (width, height))
    return maps(xx=wide, yy=high, x=x * (1 - wide) * across, y=y * (1 - high) * down)
