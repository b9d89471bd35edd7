import io

import pytest
from PIL import Image

from analysis.pictures.picture import RenderedPicture
from results import schema


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
