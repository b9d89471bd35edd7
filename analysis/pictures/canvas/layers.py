"""Faces and maps as small PNGs that a page lays over each other and scales: arrays in, bytes out.

A face is kept as it is, a map at a few dozen cells in a palette of at most 32 colours, whose
transparency is that of `Colours.over`: together a tenth of the bytes of the same as one picture.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.pictures.canvas.colours import Colours, Floats, spread
from analysis.pictures.canvas.tiles import Bytes, face, size_of

LEVELS = 32
"""Steps of a map's colours; a step is 3 % of the largest value, less than people can tell."""

MAP_SIDE = 24
"""A coarser map is brought to so many cells before it is coloured: a browser that enlarged a
map of 6x6 cells would blend colours, not values, and show some that the colour bar lacks."""

FACE_SIDE = 96
"""A larger image is shrunk to so many pixels; FER2013 has 48."""


def face_png(image: Bytes) -> bytes:
    """(h, w) uint8 -> a gray PNG, at most `FACE_SIDE` pixels long."""
    side = min(FACE_SIDE, max(image.shape))
    gray = image if side == max(image.shape) else face(image, side)
    return _png(Image.fromarray(np.ascontiguousarray(gray)))


def overlay_png(values: NDArray[np.floating], colours: Colours, shape: tuple[int, ...]) -> bytes:
    """A map that is to lie over a face: as see-through as `Colours.over` makes it.

    Args:
        values: (h', w') of largest size 1.
        colours: of the map.
        shape: (h, w) of the face, whose sides the map takes in small.
    """
    side = min(MAP_SIDE, max(shape))
    size = size_of(shape, side) if max(values.shape) < side else values.shape[:2]
    steps = _steps(colours)
    opacity = np.minimum(np.abs(steps), 1) * colours.most
    if colours.signed:  # as in `Colours.over`: what is small is faint, never white
        steps = np.asarray(np.sign(steps) * (0.5 + np.abs(steps) / 2), np.float32)
    alpha = np.round(opacity * 255).astype(np.uint8)
    levels = _levels(spread(values, (int(size[0]), int(size[1]))), colours)
    return _indexed(levels, colours.painted(steps), alpha)


def painted_png(values: NDArray[np.floating], colours: Colours) -> bytes:
    """(h', w') values as colours without anything below, a pixel a cell."""
    return _indexed(
        _levels(np.asarray(values, np.float32), colours), colours.painted(_steps(colours))
    )


def bar_png(colours: Colours, over: bool) -> bytes:
    """A colour bar of one row: over medium gray where its colours lie over a face."""
    steps = _steps(colours)[None]
    gray = np.full(steps.shape, 140, np.uint8)
    strip = colours.over(gray, steps) if over else colours.painted(steps)
    return _png(Image.fromarray(strip))


def png_size(content: bytes) -> tuple[int, int]:
    """(width, height) of a PNG, from its header (https://www.w3.org/TR/png-3/#11IHDR)."""
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _steps(colours: Colours) -> Floats:
    """(`LEVELS`,) the values that are drawn; of signed ones an odd number, so that 0 is one."""
    if colours.signed:
        return np.linspace(-1, 1, LEVELS - 1, dtype=np.float32)
    return np.linspace(0, 1, LEVELS, dtype=np.float32)


def _levels(values: Floats, colours: Colours) -> Bytes:
    last = len(_steps(colours)) - 1
    share = (values + 1) / 2 if colours.signed else values
    places = np.nan_to_num(np.asarray(share, np.float32)) * np.float32(last)
    return np.clip(places + np.float32(0.5), 0, last).astype(np.uint8)


def _indexed(levels: Bytes, palette: Bytes, alpha: Bytes | None = None) -> bytes:
    used, places = np.unique(levels, return_inverse=True)
    image = Image.fromarray(places.reshape(levels.shape).astype(np.uint8), mode="P")
    image.putpalette(palette[used].tobytes())
    return _png(image, None if alpha is None else alpha[used].tobytes())


def _png(image: Image.Image, transparency: bytes | None = None) -> bytes:
    buffer = io.BytesIO()
    more = {} if transparency is None else {"transparency": transparency}
    image.save(buffer, format="PNG", optimize=True, **more)
    return buffer.getvalue()
