"""Pictures of faces and maps as blocks of the page: from `tiles.parquet`, laid out by the browser.

A face that stands in several places is inside the page once, by its digest; a map is small enough
to stand where it is shown.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, ClassVar

import pandas as pd

from analysis import wording
from analysis.pictures.canvas.layers import png_size
from analysis.pictures.picture import image_type

DAMAGED = "damaged"
"""What stands in place of a tile whose bytes are no PNG."""


@dataclass(frozen=True)
class StoredImage:
    """One small PNG; `name` is its anchor, ours alone, `address` a data URI."""

    name: str
    address: str
    width: int
    height: int

    @classmethod
    def of(cls, content: Any) -> "StoredImage | None":
        """None where there are no bytes, or not those of a PNG."""
        if not isinstance(content, bytes) or image_type(content) != "image/png":
            return None
        name = f"face-{hashlib.sha256(content).hexdigest()[:16]}"
        return cls(name, data_uri(content, "image/png"), *png_size(content))


@dataclass(frozen=True)
class Tile:
    """A face, a map over it, or a map alone, as `analysis.pictures.cells.LayeredTile` has them."""

    face: StoredImage | None
    map: StoredImage | None
    label: str
    note: str
    smooth: bool

    @property
    def box(self) -> StoredImage | None:
        """What gives the tile its proportions; None where it shows nothing."""
        return self.face or self.map

    @property
    def words(self) -> str:
        """What is to be seen, for those who cannot."""
        what = "map over the face" if self.face and self.map else "face" if self.face else "map"
        return f"{what}, {self.label}" if self.label not in ("", what) else what


@dataclass(frozen=True)
class TileCell:
    """Tiles side by side, and the lines below them; `right` is None where nobody asked."""

    tiles: tuple[Tile, ...]
    lines: tuple[str, ...]
    right: bool | None
    column: str


@dataclass(frozen=True)
class TileRow:
    """Cells under one title, or under none."""

    title: str
    cells: tuple[TileCell, ...]


@dataclass(frozen=True)
class ColourBars:
    """How to read colours: each a strip and what its two ends mean."""

    kind: ClassVar[str] = "bars"
    bars: tuple[tuple[StoredImage, str, str], ...]


@dataclass(frozen=True)
class TileGrid:
    """One picture: a table where its cells have columns, else cells in as many rows as fit.

    Attributes:
        title: what stands above it, or nothing.
        words: what of how many it shows.
        rows: all of it.
        size: how large tiles are: "small", "middle" or "large".
        bars: of its colours, where they are not those of its neighbours.
    """

    kind: ClassVar[str] = "tiles"
    title: str
    words: str
    rows: tuple[TileRow, ...]
    size: str = "middle"
    bars: ColourBars | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Headings of the longest row; none where no cell has one."""
        longest = max(self.rows, key=lambda row: len(row.cells), default=None)
        heads = tuple(cell.column for cell in longest.cells) if longest else ()
        return heads if any(heads) else ()

    @property
    def named(self) -> bool:
        """Whether any row has a title."""
        return any(row.title for row in self.rows)

    def tiles(self) -> Iterator[Tile]:
        """Every tile in reading order."""
        for row in self.rows:
            for cell in row.cells:
                yield from cell.tiles


def tile_grid(
    tiles: pd.DataFrame, title: str, words: str, size: str = "middle", bars: bool = False
) -> TileGrid:
    """A picture's block.

    Args:
        tiles: rows of `results.schema.TILES` of one picture, in their order.
        title: what stands above it.
        words: below that.
        size: of its tiles.
        bars: whether it shows its colour bars itself.
    """
    shown = tiles[tiles["role"] == "tile"].sort_values(["row", "cell"], kind="stable")
    rows = []
    for _, row in groupby(shown.to_dict("records"), itemgetter("row")):
        cells = [list(cell) for _, cell in groupby(row, itemgetter("cell"))]
        rows.append(TileRow(_text(cells[0][0]["row_title"]), tuple(map(_cell, cells))))
    return TileGrid(title, words, tuple(rows), size, colour_bars(tiles) if bars else None)


def colour_bars(tiles: pd.DataFrame) -> ColourBars | None:
    """Every colour bar of these pictures once; None where there is none."""
    bars: dict[tuple[StoredImage, str, str], None] = {}
    for row in tiles[tiles["role"] == "bar"].to_dict("records"):
        low, _, high = _text(row["words"]).partition("\n")
        strip = StoredImage.of(row["map"])
        if strip is not None:
            bars[strip, low, high] = None
    return ColourBars(tuple(bars)) if bars else None


def differ_in_scale(tiles: pd.DataFrame) -> bool:
    """Whether one strip of colours has other ends in one of these pictures than in another."""
    bars = colour_bars(tiles)
    strips = [strip for strip, _, _ in bars.bars] if bars else []
    return len(set(strips)) < len(strips)


def data_uri(content: bytes, kind: str) -> str:
    """The bytes as an address."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _cell(rows: Sequence[Mapping[Any, Any]]) -> TileCell:
    first = rows[0]
    right = None if wording.missing(first["correct"]) else bool(first["correct"])
    lines = tuple(line for line in _text(first["words"]).split("\n") if line)
    return TileCell(tuple(_tile(row) for row in rows), lines, right, _text(first["column"]))


def _tile(row: Mapping[Any, Any]) -> Tile:
    face, layer = StoredImage.of(row["face"]), StoredImage.of(row["map"])
    lost = (row["face"] is not None and not face) or (row["map"] is not None and not layer)
    note = DAMAGED if lost else _text(row["note"])
    smooth = wording.missing(row["smooth"]) or bool(row["smooth"])
    return Tile(face, layer, _text(row["label"]), note, smooth)


def _text(value: Any) -> str:
    return "" if wording.missing(value) else str(value)
