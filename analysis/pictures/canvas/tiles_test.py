import numpy as np
import pytest

from analysis.pictures.canvas.tiles import blank, face, framed, overlay, rgb, size_of, spread


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


@pytest.mark.parametrize(("row", "column"), [(1, 1), (2, 4), (4, 3)])
def test_a_lone_cell_stays_where_its_centre_is(row, column):
    # Cell i of 6 covers pixels 8i to 8i + 7 of 48: its centre is 8i + 3.5; aligned corners would
    # put that of cell 1 to 9.4 and not to 11.5.
    values = np.zeros((6, 6), np.float32)
    values[row, column] = 1
    large = spread(values, (48, 48))
    weights = large / large.sum()
    assert (weights.sum(axis=1) @ np.arange(48)) == pytest.approx(8 * row + 3.5, abs=1e-3)
    assert (weights.sum(axis=0) @ np.arange(48)) == pytest.approx(8 * column + 3.5, abs=1e-3)


def test_a_map_that_is_spread_never_leaves_its_range():
    values = np.random.default_rng(0).random((6, 6), np.float32)
    large = spread(values, (192, 192))
    assert large.shape == (192, 192)
    assert values.min() <= large.min()
    assert large.max() <= values.max()


def test_a_map_of_the_tiles_size_is_left_alone():
    values = np.random.default_rng(0).random((5, 7))
    assert np.allclose(spread(values, (5, 7)), values)


def test_negative_values_are_drawn_in_signed_colours():
    gray = np.full((4, 4), 128, np.uint8)
    signed = overlay(gray, np.array([[-1.0, 1.0]])).astype(int)
    assert signed[0, 0, 2] > signed[0, 0, 0]  # blue
    assert signed[0, 3, 0] > signed[0, 3, 2]  # red
    heat = overlay(gray, np.array([[0.0, 1.0]])).astype(int)
    assert heat[0, 3, 1] > 180  # yellow


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
