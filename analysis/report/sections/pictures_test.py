import base64

import pytest

from analysis.report.conftest import LEGEND, png, write
from analysis.report.page_blocks import Folded
from analysis.report.sections.pictures import PictureParts, Pictures
from analysis.report.sweep_contents import read
from analysis.report.tile_grids import ColourBars, TileGrid
from results.paths import Paths


def pictures(store, count, kind="figure", width=4):
    store.write_bytes(f"{Paths().images}/a.png", png())
    row = {"file": "a.png", "kind": kind, "title": "t", "caption": "c", "width": width, "height": 3}
    write(store, "images", [row | {"title": f"t{i}"} for i in range(count)])
    return PictureParts(read(store))


def test_a_picture_file_stands_in_the_page_as_its_own_bytes(empty):
    (block,) = pictures(empty, 1).of_kind("figure").blocks
    (image,) = block.images
    head, _, content = image.address.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(content) == png()
    assert (image.title, image.caption, image.width, image.height) == ("t0", "c", 4, 3)


def test_eight_files_are_open_and_the_rest_are_folded(empty):
    shown, folded = pictures(empty, 11).of_kind("figure").blocks
    assert len(shown.images) == 8
    assert folded.words == "3 more"
    assert len(folded.blocks[0].images) == 3


@pytest.mark.parametrize(("width", "wide"), [(601, True), (600, False)])
def test_files_mostly_wider_than_600_pixels_share_a_row_in_pairs(empty, width, wide):
    assert pictures(empty, 1, width=width).of_kind("figure").blocks[0].wide is wide


def test_captions_of_files_with_words_in_them_are_folded(empty):
    assert pictures(empty, 1, kind="gallery").of_kind("gallery").blocks[1].images[0].lettered
    assert not pictures(empty, 1).of_kind("figure").blocks[0].images[0].lettered


def test_an_unknown_kind_has_its_own_name_and_an_absent_one_no_part(empty):
    parts = pictures(empty, 1, kind="sketch")
    assert parts.other_kinds() == ["sketch"]
    assert parts.of_kind("sketch").title == "Sketch"
    assert parts.of_kind("figure") is None
    assert parts.kinds("figure", "sketch")[0].title == "Sketch"


def test_what_cannot_be_read_is_counted_and_noted(empty):
    write(empty, "images", [{"file": "gone.png", "kind": "figure", "title": "t", "caption": "c"}])
    contents = read(empty)
    (lost,) = PictureParts(contents).of_kind("figure").blocks
    assert lost.words == "1 of 1 pictures cannot be shown; see the caveats."
    assert "gone.png does not exist" in contents.problems[0]


def test_charts_come_in_the_order_asked_for_and_the_others_are_named(empty):
    for name in ("b", "a", "c"):
        empty.write_bytes(f"{Paths().images}/{name}.png", png())
    row = {"kind": "figure", "caption": "c"}
    write(empty, "images", [row | {"file": f"{n}.png", "title": n} for n in ("b", "a", "c")])
    parts = PictureParts(read(empty))
    (part,) = parts.figures("a", "b", "absent")
    assert [image.title for image in part.blocks[0].images] == ["a", "b"]
    assert parts.other_figures(("a", "b")) == ("c",)
    assert parts.figures("absent") == ()


def test_pictures_in_pieces_are_grids_below_one_legend_and_one_bar(full):
    blocks = PictureParts(read(full)).of_kind("mistakes").blocks
    words, legend, bars, *grids = blocks
    assert words.words.startswith("A card a face")
    assert legend.words == LEGEND
    assert isinstance(bars, ColourBars)
    assert len(bars.bars) == 1
    assert [type(grid) for grid in grids] == [TileGrid, TileGrid]
    assert [grid.words for grid in grids] == ["1 of 2 shown"] * 2
    assert not any(isinstance(block, Pictures) for block in blocks)


def test_a_legend_that_was_said_is_not_said_again(full):
    parts = PictureParts(read(full))
    first, second = (parts.of_kind("mistakes").blocks for _ in range(2))
    assert len(first) - len(second) == 1
    assert LEGEND not in [getattr(block, "words", "") for block in second]


def test_a_third_gallery_of_mistakes_is_folded(full):
    index = full.read_table(Paths().images_index).to_pylist()
    tiles = full.read_table(Paths().tiles).to_pylist()
    one = next(row for row in index if row["kind"] == "mistakes")
    copies = [one | {"file": f"{n}.jpg"} for n in range(4)]
    own = [row for row in tiles if row["file"] == one["file"]]
    write(full, "images", copies)
    write(full, "tiles", [row | {"file": f"{n}.jpg"} for n in range(4) for row in own])
    *_, last = PictureParts(read(full)).of_kind("mistakes").blocks
    assert isinstance(last, Folded)
    assert (last.words, len(last.blocks)) == ("2 more", 2)


def test_without_the_table_of_pieces_the_files_are_shown(full):
    full.delete(Paths().tiles)
    for n in (0, 1):
        full.write_bytes(f"{Paths().images}/explain/{n}.jpg", png())
    blocks = PictureParts(read(full)).of_kind("mistakes").blocks
    assert len(blocks[-1].images) == 2
