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
from orchestrator.errors import BadInput, cause
from orchestrator.process.progress_bar import ProgressBar

SUFFIXES = (
    *(".jpg", ".jpeg", ".jfif", ".jpe", ".jif", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp"),
    *(".pgm", ".ppm"),
)
"""File-name endings that are taken for images; others are looked into."""

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""Pillow's decoders that are used, whatever a file's name says."""

PIXEL_LIMIT = 50_000_000
"""Height times width at most; a larger image is taken for a decompression bomb."""

FILE_LIMIT = 64 * 2**20
"""Bytes of one image file at most."""

MID_GRAY = 128
"""What stands behind transparent pixels."""

CONVERTED, SCALED, LAID = "converted", "scaled", "laid"
CHANGES = {
    CONVERTED: (
        "had another size or colours and were converted to 48x48 gray (centre square, Lanczos "
        "filter, luma)"
    ),
    SCALED: "have more than 8 bits of gray and were scaled by the range of their numbers",
    LAID: f"have transparent pixels and were laid over mid-gray ({MID_GRAY})",
}
"""What is done to an image -> how a note says it."""

_SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I;16N")
_RANGES = (1.0, 255.0, 2**16 - 1.0, 2**32 - 1.0)  # of gray in wider numbers: the narrowest holds
_NARROWEST = {"F": 0, "I": 1}  # mode -> its first range; of 16 bits, the third


@dataclass(frozen=True)
class Decoded:
    """Images in the order they were asked for.

    Attributes:
        images: (n, 48, 48) uint8.
        changed: what was done, of `CHANGES` -> the members to which it was.
    """

    images: NDArray[np.uint8]
    changed: dict[str, list[str]]

    def notes(self) -> list[str]:
        """A sentence for each change: how many images, the first example."""
        return [
            f"{len(members):,} of {len(self.images):,} images {CHANGES[change]}, e.g. "
            f"{min(members)}."
            for change, members in self.changed.items()
            if members
        ]


def decode_members(container: Container, names: Iterable[str]) -> Decoded:
    """Decode these members.

    An image of another size is cut to its centre square and resized with an antialiasing filter
    (Lanczos); colour becomes ITU-R 601-2 luma. Gray of 16 bits is divided by 65,535; gray of 32
    bits or floating point by the narrowest of 1 (floating point only), 255, 65,535, 4,294,967,295
    that its brightest pixel does not exceed. Transparent pixels are laid over mid-gray.

    Raises:
        BadInput: for the first member that is no intact image.
    """
    wanted = {name: row for row, name in enumerate(names)}
    images = np.empty((len(wanted), SIDE, SIDE), np.uint8)
    changed: dict[str, list[str]] = {change: [] for change in CHANGES}
    with warnings.catch_warnings(), ProgressBar("decoding images", len(wanted)) as bar:
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        # In the container's order, not the caller's: a gzipped tar would rewind each time.
        for name in [name for name in container.sizes if name in wanted]:
            images[wanted[name]], changes = decode(_checked(container, name), container.place(name))
            for change in changes:
                changed[change].append(name)
            bar.advance(1)
    return Decoded(images, changed)


def decode(data: bytes, place: str) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """One image file's bytes to a face.

    Args:
        data: the file.
        place: how a message names it.

    Returns:
        The face (48, 48) uint8, and what was done to it, of `CHANGES`.

    Raises:
        BadInput: for data that is cut off, no image or unreasonably large.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _refuse_bomb(image, place)
            image.load()
            _refuse_cut(image, data)
            return _as_face(image)
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
            f"{place}: damaged or cut-off image ({cause(error)}), an intact one was expected; "
            "replace the file"
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


def _as_face(image: Image.Image) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    changes = []
    exif = image.getexif()
    if image.mode in (*_SIXTEEN_BIT, "I", "F"):
        image = _eight_bit(image)
        changes.append(SCALED)
    if image.has_transparency_data and (laid := _over_mid_gray(image)) is not None:
        image = laid
        changes.append(LAID)
    if image.mode != "L" or image.size != (SIDE, SIDE):
        changes.append(CONVERTED)
    if exif:
        image.info["exif"] = exif.tobytes()  # what was made anew above has lost it
        image = ImageOps.exif_transpose(image)
    if image.mode != "L":
        image = image.convert("L")
    if image.size != (SIDE, SIDE):
        image = ImageOps.fit(image, (SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image), tuple(changes)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Gray of more bits, scaled to 0 to 255 and rounded.

    Raises:
        ValueError: for pixels that are negative or no numbers.
    """
    values = np.asarray(image).astype(np.float64)
    if not np.isfinite(values).all() or values.min() < 0:
        raise ValueError("negative pixels, or pixels that are no numbers")
    ranges = _RANGES[_NARROWEST.get(image.mode, 2) :]
    most = next((top for top in ranges if values.max() <= top), values.max())
    return Image.fromarray(np.rint(values / most * 255).astype(np.uint8))


def _over_mid_gray(image: Image.Image) -> Image.Image | None:
    """An image without its transparency; None where every pixel is opaque."""
    rgba = image.convert("RGBA")
    if rgba.getchannel("A").getextrema() == (255, 255):
        return None
    ground = Image.new("RGBA", rgba.size, (MID_GRAY, MID_GRAY, MID_GRAY, 255))
    return Image.alpha_composite(ground, rgba).convert("RGB")
