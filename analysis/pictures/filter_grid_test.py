import io

import numpy as np
from PIL import Image

from analysis.pictures.canvas.colours import SIGNED
from analysis.pictures.filter_grid import filter_grid


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.content)).convert("RGB"))


def has(picture, colour):
    return bool((pixels(picture) == colour).all(axis=-1).any())


def test_filters_share_one_scale_that_is_symmetric():
    kernel = np.zeros((3, 3, 1, 2))
    kernel[0, 0, 0, 0], kernel[1, 1, 0, 1] = -4, 2
    picture = filter_grid(kernel, "c1")
    assert has(picture, SIGNED.table[0])  # -4, the end of the scale
    assert has(picture, SIGNED.table[191])  # 2 of 4: three quarters
    assert "all 2 filters" in picture.caption


def test_filters_over_several_channels_are_summed_and_say_so():
    kernel = np.ones((3, 3, 3, 1))
    assert "summed over 3 input channels" in filter_grid(kernel, "c1").caption
    assert "summed" not in filter_grid(kernel[:, :, :1], "c1").caption


def test_filters_that_are_left_out_are_counted():
    assert "first 5 of 9 filters" in filter_grid(np.ones((3, 3, 1, 9)), "c1", shown=5).caption


def test_filters_of_nothing_but_zeros_are_white():
    assert filter_grid(np.zeros((3, 3, 1, 2)), "c1").content
