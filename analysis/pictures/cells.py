"""A picture in pieces: what a page needs to lay it out by itself, with its text as text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.pictures.canvas.colours import ColourBar
from analysis.pictures.canvas.layers import bar_png


@dataclass(frozen=True)
class LayeredTile:
    """One face, one map, or a map over a face.

    Attributes:
        face: gray PNG, or none.
        map: PNG, see-through where there is a face below; or none.
        label: what stands below it, in a word or two; or nothing.
        note: why there is no map, or nothing.
        smooth: whether it is interpolated when it is enlarged; else each pixel stays a block.
    """

    face: bytes | None = None
    map: bytes | None = None
    label: str = ""
    note: str = ""
    smooth: bool = True


@dataclass(frozen=True)
class Cell:
    """Tiles side by side, and the lines below them.

    Attributes:
        tiles: at least one.
        lines: of text.
        right: whether what is shown was recognised; None where that is not the question.
        column: heading of its column, in a picture that has columns.
    """

    tiles: tuple[LayeredTile, ...]
    lines: tuple[str, ...] = ()
    right: bool | None = None
    column: str = ""


@dataclass(frozen=True)
class CellRow:
    """Cells that belong together, and what names them, if anything does."""

    cells: tuple[Cell, ...]
    title: str = ""


@dataclass(frozen=True)
class Pieces:
    """All of a picture.

    Attributes:
        rows: of cells.
        bars: how to read the colours.
    """

    rows: tuple[CellRow, ...]
    bars: tuple[ColourBar, ...] = ()

    @classmethod
    def flow(cls, cells: Sequence[Cell], bars: Sequence[ColourBar] = ()) -> "Pieces":
        """Cells in reading order, in as many rows as there is room for."""
        return cls((CellRow(tuple(cells)),), tuple(bars))

    def table_rows(self, file: str) -> Iterator[dict[str, Any]]:
        """Rows of `results.schema.TILES`: the bars, then the tiles in reading order."""
        for bar in self.bars:
            strip = bar_png(bar.colours, bar.over)
            yield {"file": file, "role": "bar", "words": f"{bar.low}\n{bar.high}", "map": strip}
        for row, cells in enumerate(self.rows):
            for place, cell in enumerate(cells.cells):
                common = {
                    "file": file,
                    "role": "tile",
                    "row": row,
                    "row_title": cells.title,
                    "cell": place,
                    "column": cell.column,
                    "words": "\n".join(" ".join(line.split()) for line in cell.lines),
                    "correct": cell.right,
                }
                for tile in cell.tiles:
                    yield common | vars(tile)
