import numpy as np
import pytest

from analysis.pictures.ideal_images import ideal_images, stretched


def test_an_ideal_image_is_stretched_to_its_own_range():
    assert stretched(np.array([[-1.0, 0.0, 1.0]])).tolist() == [[0, 128, 255]]
    assert stretched(np.full((1, 2), 7.0)).tolist() == [[128, 128]]
    assert stretched(np.array([[np.nan, 1.0]])).tolist() == [[0, 255]]


def test_ideal_images_say_what_their_numbers_are():
    picture = ideal_images(np.ones((2, 4, 4)), {"angry": 3.0, "happy": 0.0}, "its classes")
    assert "(logit)" in picture.caption
    assert picture.caption.startswith("2 images")
    with pytest.raises(ValueError, match="argument"):
        ideal_images(np.ones((3, 4, 4)), {"angry": 3.0}, "its classes")
