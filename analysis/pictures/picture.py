"""Pictures as files in `images/` with their index, `images.parquet`."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from results.paths import Paths
from results.schema import IMAGES, table
from results.store import DamagedResults, Store

MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""First bytes of a file -> its type. What is neither is not shown: an SVG may hold scripts."""


@dataclass(frozen=True)
class RenderedPicture:
    """A finished picture.

    Attributes:
        file: path inside images/, with "/" and an ending, e.g. "explain/fear-sad.png".
        kind: what sort of picture it is: figure, gallery, methods, class means, filters, feature
            maps, ideal.
        title: heading to show with it.
        caption: what it shows, in words, for those who cannot see it.
        content: PNG or JPEG bytes.
        width: in pixels.
        height: in pixels.
        columns: further columns of `results.schema.IMAGES`: trial, image_id, split, label,
            prediction, method.
    """

    file: str
    kind: str
    title: str
    caption: str
    content: bytes
    width: int
    height: int
    columns: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, image: Image.Image, file: str, kind: str, title: str, caption: str, **columns: Any
    ) -> "RenderedPicture":
        """An image encoded as its file's ending says, .jpg or .png; the rest as above."""
        content = jpeg(image) if file.endswith(".jpg") else png(image)
        return cls(file, kind, title, caption, content, image.width, image.height, columns)

    def row(self) -> dict[str, Any]:
        """Its row of `images.parquet`."""
        named = ("file", "kind", "title", "caption", "width", "height")
        return {name: getattr(self, name) for name in named} | self.columns


def write_pictures(store: Store, pictures: Iterable[RenderedPicture]) -> None:
    """Write pictures and their index; pictures of an earlier run that are not among them go."""
    before = _indexed(store)
    rows = []
    for picture in pictures:
        store.write_bytes(f"{Paths().images}/{picture.file}", picture.content)
        rows.append(picture.row())
    store.write_table(Paths().images_index, table(IMAGES, rows))
    for file in before - {row["file"] for row in rows}:
        store.delete(f"{Paths().images}/{file}")


def _indexed(store: Store) -> set[str]:
    try:
        return set(store.read_table(Paths().images_index, IMAGES)["file"].to_pylist())
    except DamagedResults:
        return set()


def image_type(content: bytes) -> str | None:
    """A file's MIME type by its first bytes; None if it is not to be shown."""
    return next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), None)


def png(image: Image.Image) -> bytes:
    """A picture's PNG bytes; compressed fast, for pages with hundreds of them."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()


def jpeg(image: Image.Image) -> bytes:
    """A picture's JPEG bytes at quality 90: a quarter of the PNG's where there are faces."""
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=90, optimize=True, progressive=True)
    return buffer.getvalue()
