"""The contract of every preprocessing variant."""

import numpy as np
import pytest

from orchestrator.config import CHOICES
from orchestrator.preprocess import VARIANTS

every_variant = pytest.mark.parametrize("name", VARIANTS)

FACE = {
    "plain": (0.1569, 0.7843, 0.2745),
    "standardise": (-1.4843, 2.0611, -0.8195),
    "histogram": (0.0130, 1.0000, 0.5725),
    "clahe": (0.0049, 1.0000, 0.3401),
    "plane": (-0.2565, 0.3624, -0.1225),
    "isotropic": (-0.6780, 0.2455, -0.0294),
    "diffusion": (-0.6344, 0.2562, -0.0098),
    "dog": (-5.6065, 1.7680, -0.0030),
    "gamma": (0.3961, 0.8856, 0.5239),
}
"""Variant -> what becomes of the drawn face's eye (level 40), nose (200) and ground (70)."""


def test_the_configuration_names_the_same_variants_in_the_same_order():
    assert tuple(VARIANTS) == CHOICES["preprocessing"]


@every_variant
def test_shape_and_type(name, faces):
    result = VARIANTS[name](faces)
    assert result.shape == faces.shape
    assert result.dtype == np.float32


@every_variant
def test_finite_and_within_bounds_also_where_an_image_is_constant(name, faces):
    low, high = VARIANTS[name].bounds
    constant = np.stack([np.full((48, 48), level, np.uint8) for level in (0, 1, 128, 254, 255)])
    checkered = 255 * (np.indices((48, 48)).sum(axis=0) % 2).astype(np.uint8)[None]
    for images in (faces, constant, checkered):
        result = VARIANTS[name](images)
        assert np.isfinite(result).all()
        assert result.min() >= low
        assert result.max() <= high


@every_variant
def test_a_constant_image_stays_constant(name):
    for level in (0, 77, 255):
        result = VARIANTS[name](np.full((1, 48, 48), level, np.uint8))
        assert np.ptp(result) < 1e-5


@every_variant
def test_an_image_alone_equals_the_same_image_in_a_batch(name, faces):
    together = VARIANTS[name](faces)
    for row in range(len(faces)):
        np.testing.assert_allclose(
            VARIANTS[name](faces[row : row + 1])[0], together[row], rtol=1e-6, atol=1e-6
        )


@every_variant
def test_the_order_of_the_batch_does_not_matter(name, faces):
    np.testing.assert_allclose(
        VARIANTS[name](faces[::-1])[::-1], VARIANTS[name](faces), rtol=1e-6, atol=1e-6
    )


@every_variant
def test_the_input_is_left_alone_and_the_result_is_not_a_view_of_it(name, faces):
    for images in (faces.copy(), (faces / 255).astype(np.float32)):
        before = images.copy()
        images.setflags(write=False)
        result = VARIANTS[name](images)
        assert not np.shares_memory(result, images)
        np.testing.assert_array_equal(images, before)


@every_variant
def test_bytes_and_intensities_are_the_same_picture(name, faces):
    intensities = (faces / 255).astype(np.float32)
    np.testing.assert_allclose(
        VARIANTS[name](intensities), VARIANTS[name](faces), rtol=1e-5, atol=1e-5
    )


@every_variant
def test_faces_need_not_be_square_nor_many(name, faces):
    assert VARIANTS[name](faces[:, :40, :28]).shape == (len(faces), 40, 28)
    assert VARIANTS[name](faces[:0]).shape == (0, 48, 48)


@every_variant
def test_whole_numbers_that_are_not_bytes_are_refused(name, faces):
    with pytest.raises(TypeError, match=r"\(7, 48, 48\) int64; expected \(n, h, w\) uint8"):
        VARIANTS[name](faces.astype(np.int64))
    with pytest.raises(TypeError, match=r"\(48, 48\) uint8"):
        VARIANTS[name](faces[0])


@every_variant
def test_results_are_those_of_this_version(name, face):
    # Fails when a variant's results change, also by a new SciPy or scikit-image. If that is meant,
    # raise its `version` in VARIANTS, so that stored results are computed again.
    result = VARIANTS[name](face[None])[0]
    assert (result[18, 17], result[27, 24], result[2, 2]) == pytest.approx(FACE[name], abs=2e-4)


def test_parameters_are_the_functions_defaults():
    assert VARIANTS["plain"].parameters == {}
    assert VARIANTS["dog"].parameters["outer"] == 2.0
    assert VARIANTS["clahe"].parameters == {"tiles": 4, "clip": 0.03}
