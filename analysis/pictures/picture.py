"""Pictures as files in `images/`, their index, `images.parquet`, and pieces, `tiles.parquet`."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from analysis.pictures.cells import Pieces
from results.paths import Paths
from results.schema import IMAGES, TILES, table
from results.store import DamagedResults, Store

MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""First bytes of a file -> its type. What is neither is not shown: an SVG may hold scripts."""


@dataclass(frozen=True)
class RenderedPicture:
    """A finished picture.

    Attributes:
        file: path inside images/, with "/" and an ending, e.g. "explain/fear-sad.png".
        kind: what sort of picture it is: figure, overview, mistakes, recognised, random faces,
            methods, class means, filters, feature maps, ideal.
        title: heading to show with it.
        caption: what it shows, in words, for those who cannot see it.
        content: PNG or JPEG bytes.
        width: in pixels.
        height: in pixels.
        columns: further columns of `results.schema.IMAGES`: trial, image_id, split, label,
            prediction, method, summary, legend.
        pieces: the same for a page that lays it out by itself; None of a figure.
    """

    file: str
    kind: str
    title: str
    caption: str
    content: bytes
    width: int
    height: int
    columns: dict[str, Any] = field(default_factory=dict)
    pieces: Pieces | None = None

    @classmethod
    def of(
        cls, image: Image.Image, file: str, kind: str, title: str, caption: str, **columns: Any
    ) -> "RenderedPicture":
        """An image encoded as its file's ending says, .jpg or .png; the rest as above."""
        content = jpeg(image) if file.endswith(".jpg") else png(image)
        return cls(file, kind, title, caption, content, image.width, image.height, columns)

    def with_pieces(self, pieces: Pieces) -> "RenderedPicture":
        """The same picture, which a page can now lay out by itself."""
        return replace(self, pieces=pieces)

    def row(self) -> dict[str, Any]:
        """Its row of `images.parquet`."""
        named = ("file", "kind", "title", "caption", "width", "height")
        return {name: getattr(self, name) for name in named} | self.columns


def write_pictures(store: Store, pictures: Iterable[RenderedPicture]) -> None:
    """Write pictures, their index and pieces; pictures of an earlier run that are gone go."""
    before = _indexed(store)
    rows: list[dict[str, Any]] = []
    tiles: list[dict[str, Any]] = []
    for picture in pictures:
        store.write_bytes(f"{Paths().images}/{picture.file}", picture.content)
        rows.append(picture.row())
        if picture.pieces is not None:
            tiles += picture.pieces.table_rows(picture.file)
    store.write_table(Paths().tiles, table(TILES, tiles))
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
