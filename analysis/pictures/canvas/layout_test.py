import numpy as np
import pytest

from analysis.pictures.canvas.colours import HEAT, ColourBar
from analysis.pictures.canvas.layout import below, beside, file_name, grid, headings, lettered, page


def tile(height, width, shade=0):
    return np.full((height, width, 3), shade, np.uint8)


def test_parts_stand_beside_each_other_with_gaps():
    row = beside([tile(10, 20), tile(30, 5, 7)], gap=4)
    assert row.size == (29, 30)
    assert np.asarray(row)[29, 28].tolist() == [7, 7, 7]
    assert np.asarray(row)[29, 0].tolist() == [255, 255, 255]


def test_parts_stand_below_each_other_with_gaps():
    assert below([tile(10, 20), tile(30, 5)], gap=4).size == (20, 44)


def test_a_grid_is_filled_in_reading_order():
    tiles = [tile(10, 10, shade) for shade in (1, 2, 3)]
    pixels = np.asarray(grid(tiles, 2, gap=0))
    assert pixels.shape == (20, 20, 3)
    corners = [pixels[0, 0, 0], pixels[0, 10, 0], pixels[10, 0, 0], pixels[10, 10, 0]]
    assert corners == [1, 2, 3, 255]


@pytest.mark.parametrize("arrange", [below, beside, lambda parts: grid(parts, 3)])
def test_nothing_is_a_small_piece_of_paper(arrange):
    assert arrange([]).size == (1, 1)


def test_headings_stand_on_one_line():
    short, long = (headings(["a", text], [60, 60]) for text in ("b", "many words to wrap here"))
    assert short.width == long.width == 126
    pixels = np.asarray(long)[:, :60]
    assert (pixels[: long.height - short.height] == 255).all()  # "a" stands at the bottom


def test_a_page_has_margins_and_is_wide_enough_to_read():
    picture = page("title", beside([tile(10, 20)]), "notes", [ColourBar(HEAT, "0", "1")])
    assert picture.width == 560 + 2 * 16
    assert (np.asarray(picture)[:16] == 255).all()


def test_rows_are_named():
    rows = lettered([[tile(40, 40)], [tile(40, 40)]], ["one", "two"], 80, ["n = 3"])
    assert rows.size == (80 + 6 + 40, 86)


def test_file_names_are_plain_whatever_the_words():
    assert file_name("wrong", 2, "a/b <c>&|\n") == "wrong-2-a-b-c"
    assert file_name("怒") == "picture"
    assert file_name("gradcam++") != file_name("gradcam")
    assert len(file_name("x" * 500)) == 40
