"""Maps as colours over faces: uniform to the eye, see-through where there is nothing; bars.

Lightness grows steadily along inferno and viridis (jet's turns back three times), and the signed
table is symmetric about white. matplotlib lends its tables; nothing is drawn with it.
"""

from dataclasses import dataclass

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.pictures.canvas.lettering import INK, PAPER, Line, measured, written
from analysis.pictures.canvas.tiles import Bytes

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Colours:
    """A table of 256 colours and how strongly they cover what lies below.

    Attributes:
        name: in matplotlib.
        signed: whether values go from -1 to 1 (else from 0 to 1).
        most: opacity of the largest value; opacity grows with the value, so that a zero leaves
            the face as it is.
    """

    name: str
    signed: bool = False
    most: float = 0.8

    @property
    def table(self) -> Bytes:
        """(256, 3) uint8."""
        steps = matplotlib.colormaps[self.name](np.arange(256))[:, :3]
        return np.round(steps * 255).astype(np.uint8)

    def painted(self, values: Floats) -> Bytes:
        """(...) values -> (..., 3) uint8, opaque; values outside the range take its ends."""
        share = (values + 1) / 2 if self.signed else values
        return _TABLES[self.name][np.clip(share * 255 + 0.5, 0, 255).astype(np.uint8)]

    def over(self, gray: Bytes, values: Floats) -> Bytes:
        """(h, w) gray and (h, w) values -> (h, w, 3) uint8, each pixel as opaque as its value.

        The gray below is brought to a middle range, so that a value looks alike on a pale and on
        a dark face. Small signed values are faint red or blue, never white: that would draw dark
        lines along the zeros of a dark face.
        """
        opacity = np.minimum(np.abs(values), 1)[..., None] * np.float32(self.most)
        below = gray[..., None] * np.float32(0.62) + 40
        if self.signed:
            values = np.asarray(np.sign(values) * (0.5 + np.abs(values) / 2), np.float32)
        return np.round(below + opacity * (self.painted(values) - below)).astype(np.uint8)


HEAT = Colours("inferno")
SPREAD = Colours("viridis")
SIGNED = Colours("RdBu_r", signed=True)

_TABLES = {colours.name: colours.table for colours in (HEAT, SPREAD, SIGNED)}


def colours_of(values: NDArray[np.floating]) -> Colours:
    """Signed ones where some of a map's values are negative."""
    return SIGNED if values.min(initial=0) < 0 else HEAT


def overlay(gray: Bytes, values: NDArray[np.floating]) -> Bytes:
    """A map over a face that already has its size: (h, w), (h', w') -> (h, w, 3) uint8.

    Args:
        gray: the face.
        values: of largest size 1.
    """
    return colours_of(values).over(gray, spread(values, (gray.shape[0], gray.shape[1])))


def spread(values: NDArray[np.floating], size: tuple[int, int]) -> Floats:
    """A native map (h', w') brought to (h, w) = `size`: bilinear, half-pixel centres.

    The centre of a cell stays where its centre is in the face. Aligning corners instead would
    stretch a 6x6 map outward by 2 to 3.5 of 48 pixels, and bicubic would overshoot below 0.
    """
    if tuple(values.shape) == tuple(size):
        return np.asarray(values, np.float32)
    image = Image.fromarray(np.ascontiguousarray(values, np.float32), mode="F")
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR))


@dataclass(frozen=True)
class ColourBar:
    """A colour bar to be drawn.

    Attributes:
        colours: whose.
        low: what stands at its left end.
        high: what stands at its right end.
        over: whether the colours lie over a face: then they are shown over medium gray.
    """

    colours: Colours
    low: str
    high: str
    over: bool = True

    def drawn(self, length: int = 160) -> Image.Image:
        """The bar between its two ends' words."""
        start = -1 if self.colours.signed else 0
        values = np.tile(np.linspace(start, 1, length, dtype=np.float32), (14, 1))
        gray = np.full(values.shape, 140, np.uint8)
        strip = self.colours.over(gray, values) if self.over else self.colours.painted(values)
        bordered = np.pad(strip, ((1, 1), (1, 1), (0, 0)), constant_values=INK[0])
        words = [_label(self.low), Image.fromarray(bordered), _label(self.high)]
        image = Image.new("RGB", (sum(w.width for w in words) + 16, 20), PAPER)
        left = 0
        for word in words:
            image.paste(word, (left, (20 - word.height) // 2))
            left += word.width + 8
        return image


def _label(text: str) -> Image.Image:
    return written([Line(text, 13)], int(measured(text, 13)) + 2)
