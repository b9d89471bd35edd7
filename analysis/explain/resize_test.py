import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.explain.resize import resize, weights


def centre_of_mass(row):
    return (row * np.arange(len(row))).sum() / row.sum()


def test_a_lone_cell_lands_in_the_middle_of_the_pixels_that_it_covers():
    maps = np.zeros((1, 6, 6), np.float32)
    maps[0, 1, 4] = 1  # pixels 8 to 15 of the rows, 32 to 39 of the columns
    large = resize(maps, 48, 48)[0]
    assert centre_of_mass(large.sum(axis=1)) == pytest.approx(11.5, abs=1e-5)
    assert centre_of_mass(large.sum(axis=0)) == pytest.approx(35.5, abs=1e-5)


def test_two_cells_become_four_places_with_a_quarter_at_the_seam():
    expected = [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]
    np.testing.assert_array_equal(weights(2, 4), np.float32(expected))


def test_one_cell_covers_everything():
    np.testing.assert_array_equal(resize([[[3.0]]], 4, 5), np.full((1, 4, 5), 3, np.float32))


def test_the_same_size_is_the_same_map():
    maps = np.random.default_rng(0).normal(size=(2, 5, 7)).astype(np.float32)
    np.testing.assert_array_equal(resize(maps, 5, 7), maps)


@settings(max_examples=40, deadline=None)
@given(native=st.tuples(*[st.integers(1, 13)] * 2), wanted=st.tuples(*[st.integers(1, 50)] * 2))
def test_the_result_is_that_of_tensorflow_and_stays_within_the_values(native, wanted):
    maps = np.random.default_rng(sum(native)).random((2, *native), np.float32)
    large = resize(maps, *wanted)
    known = tf.image.resize(maps[..., None], wanted, "bilinear").numpy()[..., 0]
    np.testing.assert_allclose(large, known, atol=2e-6)
    assert large.min() >= maps.min() - 1e-6
    assert large.max() <= maps.max() + 1e-6


def test_no_maps_are_no_maps():
    assert resize(np.zeros((0, 6, 6)), 48, 48).shape == (0, 48, 48)
