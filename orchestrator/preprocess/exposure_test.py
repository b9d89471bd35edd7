"""Grey values in, grey values out: numbers checkable by hand."""

import numpy as np
import pytest
from skimage import exposure

from orchestrator.preprocess.exposure import clahe, gamma, histogram, plain


def test_plain_divides_by_255():
    np.testing.assert_allclose(plain(np.uint8([[[0, 51, 255]]]))[0, 0], [0, 0.2, 1], rtol=1e-6)


def test_gamma_takes_the_square_root():
    image = np.float32([[[0, 0.25, 0.81, 1]]])
    np.testing.assert_allclose(gamma(image)[0, 0], [0, 0.5, 0.9, 1], rtol=1e-6)


def test_gamma_turns_doubled_light_into_a_constant_factor(faces):
    np.testing.assert_allclose(gamma(faces[1:2] * 2), gamma(faces[1:2]) * np.sqrt(2), rtol=1e-5)


def test_histogram_of_two_levels_is_their_share():
    image = np.full((1, 4, 4), 200, np.uint8)
    image[0, 0] = 100  # a quarter of the pixels
    result = histogram(image)[0]
    np.testing.assert_allclose(result[0], 0.25)
    np.testing.assert_allclose(result[1:], 1.0)


def test_histogram_forgets_every_increasing_change_of_exposure(faces):
    np.testing.assert_array_equal(histogram(faces[1:2] * 3 + 20), histogram(faces[1:2]))


def test_histogram_spreads_a_ramp_evenly():
    ramp = np.arange(100, 164, dtype=np.uint8).reshape(1, 8, 8)
    np.testing.assert_allclose(histogram(ramp).ravel(), np.arange(1, 65) / 64, rtol=1e-6)


def test_every_image_is_bit_for_bit_what_scikit_image_makes_of_it(faces):
    drawn = np.random.default_rng(0).integers(0, 256, (9, 30, 41), dtype=np.uint8)
    for images in (faces[:4], faces[6:], drawn, drawn // 9):
        expected = np.stack([exposure.equalize_hist(image) for image in images])
        np.testing.assert_array_equal(histogram(images), expected.astype(np.float32))
        expected = np.stack([exposure.adjust_gamma(i / np.float32(255), 0.5) for i in images])
        np.testing.assert_array_equal(gamma(images), expected)


@pytest.mark.parametrize("correction", [histogram, clahe])
def test_nothing_to_equalise_stays_as_it_is(correction):
    np.testing.assert_allclose(correction(np.full((1, 48, 48), 51, np.uint8)), 0.2, rtol=1e-6)


def test_clahe_raises_contrast_in_the_dark_half(face):
    lit = (face * np.where(np.arange(48) < 24, 0.25, 1.0)).astype(np.uint8)[None]
    dark_before = plain(lit)[0, :, :20].std()
    dark_after = clahe(lit)[0, :, :20].std()
    assert dark_after > 2 * dark_before


def test_clahe_limits_what_histogram_equalisation_does_to_grain():
    rng = np.random.default_rng(0)
    flat = (128 + rng.normal(0, 2, (1, 48, 48))).astype(np.uint8)
    flat[0, 0, 0], flat[0, 0, 1] = 0, 255
    assert histogram(flat).std() > 0.25
    assert clahe(flat).std() < 0.1
    assert clahe(flat, clip=1.0).std() > 2 * clahe(flat).std()
