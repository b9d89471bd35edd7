import numpy as np
import pytest

from analysis.pictures.canvas.tiles import blank, face, framed, rgb, size_of


@pytest.mark.parametrize(
    ("shape", "side", "size"),
    [((48, 48), 192, (192, 192)), ((224, 112), 192, (192, 96)), ((10, 1), 20, (20, 2))],
)
def test_the_longer_side_becomes_the_tile(shape, side, size):
    assert size_of(shape, side) == size
    assert face(np.zeros(shape, np.uint8), side).shape == size


def test_nearest_keeps_every_pixel_a_block():
    tile = face(np.array([[0, 255], [100, 50]], np.uint8), 8, smooth=False)
    assert (tile[:4, 4:] == 255).all()
    assert (tile[4:, :4] == 100).all()


def test_a_frame_covers_the_outermost_pixels_alone():
    tile = framed(np.zeros((10, 12, 3), np.uint8), (9, 8, 7), 2)
    assert tile.shape == (10, 12, 3)
    assert (tile[2:-2, 2:-2] == 0).all()
    for edge in (tile[:2], tile[-2:], tile[:, :2], tile[:, -2:]):
        assert (edge == (9, 8, 7)).all()


def test_a_blank_tile_is_gray_with_words_in_it():
    silent, telling = (blank((60, 120), words) for words in ("", "no positive evidence"))
    assert (silent == 236).all()
    assert (telling != 236).any()
    assert (telling[..., 0] == telling[..., 2]).all()


def test_a_face_shines_through_a_blank_tile_palely():
    gray = np.array([[0, 255]], np.uint8).repeat(40, 0).repeat(40, 1)
    tile = blank((40, 80), "", gray)
    assert tile[0, 0, 0] == 190
    assert tile[0, -1, 0] == 190 + 255 // 6


def test_gray_becomes_three_channels():
    assert rgb(np.array([[7]], np.uint8)).tolist() == [[[7, 7, 7]]]
