import base64

from analysis.report import embedded_images
from analysis.report.conftest import png, write
from analysis.report.sweep_contents import read
from results.paths import Paths


def pictures(store, count, kind="figure", width=4):
    store.write_bytes(f"{Paths().images}/a.png", png())
    row = {"file": "a.png", "kind": kind, "title": "t", "caption": "c", "width": width, "height": 3}
    write(store, "images", [row | {"title": f"t{i}"} for i in range(count)])


def test_the_type_is_told_by_the_first_bytes_and_svg_is_none():
    assert embedded_images.image_type(png()) == "image/png"
    assert embedded_images.image_type(b"\xff\xd8\xff\xe0 and so on") == "image/jpeg"
    assert embedded_images.image_type(b"<svg></svg>") is None


def test_a_picture_stands_in_the_page_as_its_own_bytes(empty):
    pictures(empty, 1)
    words, block = embedded_images.part(read(empty), "figure").blocks
    assert (words.words, words.tone) == ("Drawn from the tables.", "note")
    (image,) = block.images
    head, _, content = image.address.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(content) == png()
    assert (image.title, image.caption, image.width, image.height) == ("t0", "c", 4, 3)


def test_eight_are_open_and_the_rest_are_folded(empty):
    pictures(empty, 10)
    block = embedded_images.part(read(empty), "figure").blocks[1]
    assert [len(block.images), len(block.more)] == [8, 2]


def test_pictures_mostly_wider_than_600_pixels_share_a_row_in_pairs(empty):
    pictures(empty, 1, width=601)
    assert embedded_images.part(read(empty), "figure").blocks[1].wide
    pictures(empty, 1, width=600)
    assert not embedded_images.part(read(empty), "figure").blocks[1].wide


def test_captions_of_kinds_with_words_in_them_are_folded(empty):
    pictures(empty, 1, kind="gallery")
    assert embedded_images.part(read(empty), "gallery").blocks[1].images[0].lettered
    pictures(empty, 1, kind="figure")
    assert not embedded_images.part(read(empty), "figure").blocks[1].images[0].lettered


def test_an_unknown_kind_has_its_own_name_and_an_absent_one_no_part(empty):
    pictures(empty, 1, kind="sketch")
    contents = read(empty)
    assert embedded_images.others(contents) == ["sketch"]
    assert embedded_images.part(contents, "sketch").title == "Sketch"
    assert embedded_images.part(contents, "figure") is None


def test_what_cannot_be_read_is_counted_and_noted(empty):
    write(empty, "images", [{"file": "gone.png", "kind": "figure", "title": "t", "caption": "c"}])
    contents = read(empty)
    _, lost = embedded_images.part(contents, "figure").blocks
    assert lost.words == "1 of 1 pictures cannot be shown; see the caveats."
    assert "gone.png does not exist" in contents.problems[0]
