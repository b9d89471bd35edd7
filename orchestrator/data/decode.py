"""Image files to faces: any size and colour becomes 48×48 gray."""

import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from orchestrator.data.containers.container import Container
from orchestrator.data.containers.signatures import other_kind
from orchestrator.data.faces import SIDE
from orchestrator.errors import BadInput
from orchestrator.process.progress_bar import ProgressBar

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
"""File-name endings that are taken for images."""

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""Pillow's decoders that are used, whatever a file's name says."""

PIXEL_LIMIT = 50_000_000
"""Height times width at most; a larger image is taken for a decompression bomb."""

FILE_LIMIT = 64 * 2**20
"""Bytes of one image file at most."""

_SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I;16N")


@dataclass(frozen=True)
class Decoded:
    """Images in the order they were asked for.

    Attributes:
        images: (n, 48, 48) uint8.
        converted: how many of them had another size or colours.
    """

    images: NDArray[np.uint8]
    converted: int


def decode_members(container: Container, names: Iterable[str]) -> Decoded:
    """Decode these members.

    An image of another size is cut to its centre square and resized with an antialiasing filter
    (Lanczos); colour becomes ITU-R 601-2 luma.

    Raises:
        BadInput: for the first member that is no intact image.
    """
    wanted = {name: row for row, name in enumerate(names)}
    images = np.empty((len(wanted), SIDE, SIDE), np.uint8)
    converted = 0
    with warnings.catch_warnings(), ProgressBar("decoding images", len(wanted)) as bar:
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        # In the container's order, not the caller's: a gzipped tar would rewind each time.
        for name in [name for name in container.sizes if name in wanted]:
            images[wanted[name]], changed = decode(_checked(container, name), container.place(name))
            converted += changed
            bar.advance(1)
    return Decoded(images, converted)


def decode(data: bytes, place: str) -> tuple[NDArray[np.uint8], bool]:
    """One image file's bytes to a face.

    Args:
        data: the file.
        place: how a message names it.

    Returns:
        The face (48, 48) uint8, and whether it had another size or colours.

    Raises:
        BadInput: for data that is cut off, no image or unreasonably large.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _refuse_bomb(image, place)
            image.load()
            _refuse_cut(image, data)
            return _as_face(image), image.mode != "L" or image.size != (SIDE, SIDE)
    except BadInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _bomb(place, "far more") from None
    except Image.UnidentifiedImageError:
        if other := other_kind(data):
            raise BadInput(f"{place} is {other}") from None
        raise BadInput(
            f"{place}: no image ({len(data):,} bytes that start with {data[:8]!r}), one of "
            f"{', '.join(FORMATS)} was expected; remove or replace the file"
        ) from None
    except Exception as error:  # Pillow's decoders raise nearly every type for damaged data
        raise BadInput(
            f"{place}: damaged or cut-off image ({error}), an intact one was expected; replace "
            "the file"
        ) from None


def _checked(container: Container, name: str) -> bytes:
    size = container.sizes[name]
    if size == 0 or size > FILE_LIMIT:
        raise BadInput(
            f"{container.place(name)}: {size:,} bytes, an image of 1 to {FILE_LIMIT:,} bytes was "
            "expected; remove or replace the file"
        )
    return container.read(name)


def _refuse_bomb(image: Image.Image, place: str) -> None:
    if image.width * image.height > PIXEL_LIMIT:
        raise _bomb(place, f"{image.width:,}x{image.height:,}")


def _bomb(place: str, pixels: str) -> BadInput:
    return BadInput(
        f"{place}: claims {pixels} pixels, at most {PIXEL_LIMIT:,} in all are decoded; a "
        "decompression bomb, or an image to be made smaller"
    )


def _refuse_cut(image: Image.Image, data: bytes) -> None:
    # libjpeg also decodes data that lacks only its end, filling up with gray.
    if image.format == "JPEG" and b"\xff\xd9" not in data:
        raise OSError("the end mark is missing")


def _as_face(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode in _SIXTEEN_BIT:
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.getexif():
        image = ImageOps.exif_transpose(image)
    if image.mode != "L":
        image = image.convert("L")
    if image.size != (SIDE, SIDE):
        image = ImageOps.fit(image, (SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)
