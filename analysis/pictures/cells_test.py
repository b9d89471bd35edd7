from analysis.pictures.canvas.colours import HEAT, ColourBar
from analysis.pictures.cells import Cell, CellRow, LayeredTile, Pieces
from results import schema


def rows_of(pieces):
    rows = list(pieces.table_rows("a.jpg"))
    return schema.table(schema.TILES, rows).to_pylist()


def test_a_tile_is_a_row_that_knows_its_place():
    pair = Cell((LayeredTile(b"f"), LayeredTile(b"f", b"m")), ("p = 0.5", "image  1\n2"), True)
    rows = rows_of(Pieces((CellRow((pair,), "happy"), CellRow((Cell((LayeredTile(),)),)))))
    assert [(row["row"], row["cell"], row["row_title"]) for row in rows] == [
        (0, 0, "happy"),
        (0, 0, "happy"),
        (1, 0, ""),
    ]
    assert [(row["face"], row["map"]) for row in rows] == [(b"f", None), (b"f", b"m"), (None, None)]
    assert {row["words"] for row in rows[:2]} == {"p = 0.5\nimage 1 2"}  # a line stays one line
    assert [row["correct"] for row in rows] == [True, True, None]
    assert {row["file"] for row in rows} == {"a.jpg"}


def test_bars_come_first_with_their_two_ends():
    rows = rows_of(Pieces.flow([Cell((LayeredTile(b"f"),))], [ColourBar(HEAT, "none", "most")]))
    assert [row["role"] for row in rows] == ["bar", "tile"]
    assert rows[0]["words"] == "none\nmost"
