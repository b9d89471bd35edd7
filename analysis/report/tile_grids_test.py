import pandas as pd
import pytest

from analysis.pictures.canvas.colours import HEAT, ColourBar
from analysis.pictures.cells import Cell, CellRow, LayeredTile, Pieces
from analysis.report.conftest import png
from analysis.report.tile_grids import DAMAGED, colour_bars, differ_in_scale, tile_grid
from results import schema


def table_of(pieces):
    return schema.table(schema.TILES, list(pieces.table_rows("a.jpg"))).to_pandas()


def grid_of(*rows):
    return tile_grid(table_of(Pieces(rows)), "t", "w", "middle")


def test_rows_cells_and_tiles_come_as_they_were_stored():
    pair = Cell((LayeredTile(png()), LayeredTile(png(), png(6, 6))), ("a", "b"), True)
    grid = grid_of(CellRow((pair, Cell((LayeredTile(png()),))), "happy"), CellRow((pair,)))
    assert [(row.title, len(row.cells)) for row in grid.rows] == [("happy", 2), ("", 1)]
    first = grid.rows[0].cells[0]
    assert (first.lines, first.right) == (("a", "b"), True)
    assert [(t.face is None, t.map is None) for t in first.tiles] == [(False, True), (False, False)]
    assert grid.rows[0].cells[1].right is None
    assert grid.columns == ()
    assert grid.named


def test_a_grid_with_headings_is_a_table():
    cells = tuple(Cell((LayeredTile(png()),), column=name) for name in ("x", "y"))
    assert grid_of(CellRow(cells)).columns == ("x", "y")


def test_equal_faces_have_one_name_and_the_size_of_their_file():
    grid = grid_of(CellRow((Cell((LayeredTile(png(5, 7)), LayeredTile(png(5, 7), png()))),)))
    one, other = (tile.face for tile in grid.tiles())
    assert one == other
    assert (one.width, one.height) == (5, 7)


@pytest.mark.parametrize("content", [b"", b"<svg></svg>", b"\xff\xd8\xff jpeg"])
def test_what_is_no_png_is_not_shown_and_said(content):
    (tile,) = grid_of(CellRow((Cell((LayeredTile(content),)),))).tiles()
    assert tile.face is None
    assert tile.note == DAMAGED


def test_a_tile_says_what_it_shows():
    tiles = (LayeredTile(png(), label="face"), LayeredTile(png(), png(), "for sad"))
    grid = grid_of(CellRow((Cell((*tiles, LayeredTile(map=png()))),)))
    assert [tile.words for tile in grid.tiles()] == ["face", "map over the face, for sad", "map"]


def test_equal_bars_of_several_pictures_are_one():
    one = table_of(Pieces.flow([], [ColourBar(HEAT, "0", "1")]))
    other = table_of(Pieces.flow([], [ColourBar(HEAT, "0", "2")]))
    bars = colour_bars(pd.concat([one, one, other])).bars
    assert [(low, high) for _, low, high in bars] == [("0", "1"), ("0", "2")]
    assert colour_bars(table_of(Pieces.flow([]))) is None


def test_pictures_of_several_scales_show_their_own_bars():
    def bar(name, top):
        table = table_of(Pieces.flow([Cell((LayeredTile(png()),))], [ColourBar(HEAT, "0", top)]))
        return table.assign(file=name)

    assert not differ_in_scale(pd.concat([bar("a", "1"), bar("b", "1")]))
    assert differ_in_scale(pd.concat([bar("a", "1"), bar("b", "2")]))
    ((_, _, high),) = tile_grid(bar("b", "2"), "t", "w", bars=True).bars.bars
    assert high == "2"
    assert tile_grid(bar("b", "2"), "t", "w").bars is None
