"""One face, one map over it, one frame around it: arrays in, arrays out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from analysis.pictures.canvas.colours import HEAT, SIGNED, Colours
from analysis.pictures.canvas.lettering import (
    INK,
    RIGHT,
    WRONG,
    Colour,
    font,
    leading,
    measured,
    wrapped,
)

SIDE = 192
"""Longer side of a tile in pixels: a FER2013 face four times its size."""

FRAME = 4

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


def size_of(shape: tuple[int, ...], side: int = SIDE) -> tuple[int, int]:
    """(height, width) of an image of this shape when its longer side is `side` pixels."""
    h, w = shape[:2]
    longer = max(h, w)
    return max(1, round(h * side / longer)), max(1, round(w * side / longer))


def face(image: NDArray[np.uint8], side: int = SIDE, *, smooth: bool = True) -> Bytes:
    """(h, w) uint8 -> gray (h', w') uint8 whose longer side is `side`.

    Args:
        image: a face.
        side: in pixels.
        smooth: interpolated (Lanczos), which reads and compresses better; else each pixel stays a
            block (nearest), which shows what the net was given.
    """
    h, w = size_of(image.shape, side)
    how = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(np.ascontiguousarray(image)).resize((w, h), how))


def spread(values: NDArray[np.floating], size: tuple[int, int]) -> Floats:
    """A native map (h', w') brought to (h, w) = `size`: bilinear, half-pixel centres.

    The centre of a cell stays where its centre is in the face. Aligning corners instead would
    stretch a 6x6 map outward by 2 to 3.5 of 48 pixels, and bicubic would overshoot below 0.
    """
    if tuple(values.shape) == tuple(size):
        return np.asarray(values, np.float32)
    image = Image.fromarray(np.ascontiguousarray(values, np.float32), mode="F")
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR))


def overlay(gray: Bytes, values: NDArray[np.floating], colours: Colours | None = None) -> Bytes:
    """A map over a face that already has its size: (h, w), (h', w') -> (h, w, 3) uint8.

    Args:
        gray: the face.
        values: of largest size 1; where some are negative, signed colours are taken.
        colours: others.
    """
    chosen = colours or (SIGNED if values.min(initial=0) < 0 else HEAT)
    return chosen.over(gray, spread(values, (gray.shape[0], gray.shape[1])))


def rgb(gray: Bytes) -> Bytes:
    """(h, w) -> (h, w, 3)."""
    return np.repeat(gray[..., None], 3, axis=-1)


@dataclass(frozen=True)
class Mark:
    """What stands beside the colour, for those who cannot tell red from green."""

    text: str
    colour: Colour


MARKS = {
    True: Mark("\N{CHECK MARK} right", RIGHT),
    False: Mark("\N{BALLOT X} wrong", WRONG),
}


def framed(tile: Bytes, colour: Colour, thickness: int = FRAME) -> Bytes:
    """(h, w, 3) with its outermost pixels in the colour; the size stays."""
    tile = tile.copy()
    for edge in (np.s_[:thickness], np.s_[-thickness:]):
        tile[edge] = colour
        tile[:, edge] = colour
    return tile


def blank(size: tuple[int, int], words: str, gray: Bytes | None = None) -> Bytes:
    """A neutral tile that says why there is no map; the face, if given, shines through palely.

    Args:
        size: (h, w).
        words: e.g. "no positive evidence", or none.
        gray: (h, w) uint8.
    """
    below = np.full(size, 236, np.uint8) if gray is None else gray // 6 + np.uint8(190)
    image = Image.fromarray(rgb(below))
    draw = ImageDraw.Draw(image)
    letters = 13 if size[1] >= 100 else 11
    rows = wrapped(words, size[1] - 8, letters) if words else []
    top = (size[0] - leading(letters) * len(rows)) // 2
    for row in rows:
        left = (size[1] - measured(row, letters)) / 2
        draw.text((left, top), row, fill=INK, font=font(letters))
        top += leading(letters)
    return np.asarray(image)
