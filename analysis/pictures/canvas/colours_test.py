import numpy as np
import pytest

from analysis.pictures.canvas.colours import (
    HEAT,
    SIGNED,
    SPREAD,
    ColourBar,
    overlay,
    spread,
)


def lightness(table):
    """Relative luminance of sRGB, IEC 61966-2-1; CIE L* grows with it."""
    share = table / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("colours", [HEAT, SPREAD])
def test_larger_values_are_lighter_all_along_the_table(colours):
    steps = np.diff(lightness(colours.table.astype(float)))
    assert steps.min() > -0.002  # rounding to bytes
    assert lightness(colours.table.astype(float))[-1] > 0.7


def test_signed_colours_are_white_at_zero_and_red_and_blue_at_the_ends():
    low, middle, high = SIGNED.painted(np.array([-1, 0, 1], np.float32)).astype(int)
    assert low[2] > low[0] + 50
    assert high[0] > high[2] + 50
    assert middle.min() > 240


def test_values_outside_the_range_take_the_ends():
    ends = HEAT.painted(np.array([-5, 0, 1, 7], np.float32))
    assert (ends[0] == ends[1]).all()
    assert (ends[2] == ends[3]).all()


@pytest.mark.parametrize("colours", [HEAT, SIGNED])
def test_nothing_covers_a_face_where_the_map_is_zero(colours):
    gray = np.array([[0, 100, 255]], np.uint8)
    tile = colours.over(gray, np.zeros((1, 3), np.float32))
    assert tile[0].tolist() == [[40] * 3, [102] * 3, [198] * 3]  # 0.62 gray + 40


def test_opacity_grows_with_the_value():
    gray = np.full((1, 3), 100, np.uint8)
    tile = HEAT.over(gray, np.array([[0, 0.5, 1]], np.float32)).astype(float)
    expected = 102 + 0.8 * (HEAT.table[255].astype(float) - 102)
    assert np.abs(tile[0, 2] - expected).max() <= 1
    half = 102 + 0.4 * (HEAT.table[128].astype(float) - 102)
    assert np.abs(tile[0, 1] - half).max() <= 1


def test_small_signed_values_are_faint_red_or_blue_also_on_a_dark_face():
    dark = np.zeros((1, 2), np.uint8)
    blue, red = SIGNED.over(dark, np.array([[-0.2, 0.2]], np.float32))[0].astype(int)
    assert blue[2] > blue[0]
    assert red[0] > red[2]


def test_a_bar_is_as_long_as_its_colours_and_its_words():
    short, long = (
        ColourBar(HEAT, "0", word).drawn() for word in ("1", "largest value of that map")
    )
    assert long.width > short.width > 160


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
