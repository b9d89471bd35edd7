import io

import pytest
from PIL import Image

from analysis.pictures.picture import RenderedPicture, image_type, png, write_pictures
from results import schema
from results.paths import Paths
from results.store import Store


@pytest.mark.parametrize(("file", "encoding"), [("a/b.png", "PNG"), ("a/b.jpg", "JPEG")])
def test_a_picture_is_encoded_as_its_name_ends_and_knows_its_size(file, encoding):
    picture = RenderedPicture.of(Image.new("RGB", (6, 4), "red"), file, "gallery", "t", "c")
    with Image.open(io.BytesIO(picture.content)) as image:
        assert (image.format, image.size) == (encoding, (6, 4))
    assert (picture.width, picture.height) == (6, 4)


def test_its_row_of_the_index_has_the_columns_given_and_no_bytes():
    picture = RenderedPicture.of(
        Image.new("RGB", (6, 4)), "a.png", "filters", "t", "c", trial="abc", label=2
    )
    row = picture.row()
    assert row == {
        "file": "a.png",
        "kind": "filters",
        "title": "t",
        "caption": "c",
        "width": 6,
        "height": 4,
        "trial": "abc",
        "label": 2,
    }
    assert schema.table(schema.IMAGES, [row]).num_rows == 1


def test_the_type_is_told_by_the_first_bytes_and_svg_is_none():
    assert image_type(png(Image.new("L", (4, 3)))) == "image/png"
    assert image_type(b"\xff\xd8\xff\xe0 and so on") == "image/jpeg"
    assert image_type(b"<svg></svg>") is None


def test_pictures_are_written_with_their_index_and_those_of_an_earlier_run_go(tmp_path):
    store = Store(tmp_path)
    old, kept = (
        RenderedPicture.of(Image.new("RGB", (6, 4)), file, "gallery", "t", "c")
        for file in ("old.png", "a/kept.png")
    )
    write_pictures(store, [old, kept])
    write_pictures(store, [kept])
    index = store.read_table(Paths().images_index, schema.IMAGES)
    assert index["file"].to_pylist() == ["a/kept.png"]
    assert store.read_bytes(f"{Paths().images}/a/kept.png") == kept.content
    assert not store.exists(f"{Paths().images}/old.png")
