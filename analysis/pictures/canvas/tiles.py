"""One face, one frame around it, or why there is nothing: arrays in, arrays out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

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
