"""Standardisation and difference of Gaussians."""

import numpy as np

from orchestrator.preprocess.contrast import difference_of_gaussians, standardise


def test_standardise_black_and_white_gives_minus_one_and_one():
    image = np.float32([[[0, 1], [1, 0]]])
    np.testing.assert_allclose(standardise(image)[0], [[-1, 1], [1, -1]])


def test_standardise_gives_mean_0_and_deviation_1(faces):
    result = standardise(faces[:4]).astype(np.float64)
    np.testing.assert_allclose(result.mean(axis=(1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(result.std(axis=(1, 2)), 1, rtol=1e-5)


def test_standardise_forgets_gain_and_offset(faces):
    x = (faces[:4] / 255).astype(np.float32)
    np.testing.assert_allclose(standardise(x * 0.5 + 0.2), standardise(x), atol=1e-4)


def test_standardise_does_not_blow_up_a_nearly_blank_image():
    image = np.full((1, 48, 48), 100, np.uint8)
    image[0, :, ::2] = 101  # deviation half a level, taken as 255 / 48 = 5.3 levels
    np.testing.assert_allclose(abs(standardise(image)), 0.5 / 255 * 48, rtol=1e-4)


def test_one_hot_pixel_is_cut_at_ten_deviations(faces):
    assert standardise(faces[6:7]).max() == 10
    assert standardise(faces[6:7], limit=100.0).max() > 40


def test_dog_of_a_ramp_is_flat_inside():
    ramp = np.tile(np.arange(48, dtype=np.uint8) * 5, (48, 1))[None]
    result = difference_of_gaussians(ramp)[0]
    inside = result[:, 10:38]  # both Gaussians keep a ramp, save near the border
    assert np.ptp(inside) < 0.01 * np.ptp(result)


def test_dog_of_a_point_has_a_bright_centre_in_a_dark_ring(faces):
    result = difference_of_gaussians(faces[6:7], limit=100.0)[0]
    assert np.unravel_index(result.argmax(), result.shape) == (20, 30)
    assert result[20, 33] < result[20, 45] < result[20, 30]


def test_dog_forgets_gain_and_offset(faces):
    x = (faces[:4] / 255).astype(np.float32)
    np.testing.assert_allclose(
        difference_of_gaussians(x * 0.5 + 0.2), difference_of_gaussians(x), atol=1e-3
    )


def test_dog_has_unit_deviation(faces):
    deviations = difference_of_gaussians(faces[:4]).std(axis=(1, 2))
    np.testing.assert_allclose(deviations, 1, rtol=1e-4)
