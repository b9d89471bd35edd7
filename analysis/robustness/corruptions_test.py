import numpy as np
import pytest

from analysis.robustness.corruptions import CORRUPTIONS, LEVELS, corrupted
from orchestrator.data.synthetic import draw

KEYS = np.arange(12)


@pytest.fixture(scope="module")
def faces():
    return draw(12, seed=0).images


def far(images, faces):
    """Mean absolute difference in gray values."""
    return float(np.abs(images.astype(float) - faces).mean())


@pytest.mark.parametrize("name", CORRUPTIONS)
class TestEveryCorruption:
    def test_gives_images_of_the_same_kind_and_leaves_its_input_alone(self, name, faces):
        before = faces.copy()
        for level in LEVELS:
            made = corrupted(name, level, faces, KEYS)
            assert (made.shape, made.dtype) == (faces.shape, np.uint8)
        np.testing.assert_array_equal(faces, before)

    def test_a_row_alone_equals_the_row_in_its_batch(self, name, faces):
        together = corrupted(name, 3, faces, KEYS)
        for row in (0, 5, 11):
            alone = corrupted(name, 3, faces[row : row + 1], KEYS[row : row + 1])
            np.testing.assert_array_equal(alone[0], together[row])

    def test_more_is_further_from_the_image(self, name, faces):
        distances = [far(corrupted(name, level, faces, KEYS), faces) for level in LEVELS]
        assert distances[0] > 0
        assert distances == sorted(distances)
        assert sorted(CORRUPTIONS[name].amounts) == list(CORRUPTIONS[name].amounts)

    def test_no_images_are_none(self, name, faces):
        assert corrupted(name, 5, faces[:0], KEYS[:0]).shape == (0, *faces.shape[1:])

    def test_works_at_another_size(self, name, faces):
        small = np.ascontiguousarray(faces[:, ::2, ::2])
        assert corrupted(name, 5, small, KEYS).shape == small.shape


FLAT = np.full((2, 48, 48), 128, np.uint8)
TWO = np.arange(2)


def test_brightness_goes_up_and_down_by_a_tenth_of_255():
    made = corrupted("brightness", 1, FLAT, TWO)
    assert np.unique(made[0]).tolist() == [154]  # 128 + 25.5, rounded
    assert np.unique(made[1]).tolist() == [103]  # 102.5, a little more in float32


def test_contrast_keeps_the_mean_and_loses_four_tenths_of_the_rest():
    image = np.full((1, 48, 48), 100, np.uint8)
    image[0, :, 24:] = 200
    made = corrupted("contrast", 1, image, TWO[:1])
    assert np.unique(made).tolist() == [120, 180]


def test_side_light_darkens_the_left_of_even_images_and_the_right_of_odd_ones():
    made = corrupted("side light", 5, FLAT, TWO)
    assert made[0, 0, 0] == made[1, 0, -1] == 0
    assert made[0, 0, -1] == made[1, 0, 0] == 255
    assert abs(int(made[0, 0, 24]) - 128) <= 3


def test_a_shift_by_two_pixels_repeats_the_border():
    image = np.broadcast_to(np.arange(48, dtype=np.uint8) * 5, (1, 48, 48)).copy()
    made = corrupted("shift", 2, image, np.array([1]))  # the second of four: to the right
    assert made[0, 0, :4].tolist() == [0, 0, 0, 5]


def test_covered_eyes_leave_the_mouth_and_the_other_way_round(faces):
    eyes, mouth = (corrupted(f"{part} covered", 4, faces, KEYS) for part in ("eyes", "mouth"))
    assert (eyes[:, 33:44, 14:34] == faces[:, 33:44, 14:34]).all()
    assert (mouth[:, 15:22, 7:41] == faces[:, 15:22, 7:41]).all()
    assert all(len(np.unique(face[15:22, 7:41])) == 1 for face in eyes)
    assert all(len(np.unique(face[33:44, 14:34])) == 1 for face in mouth)
