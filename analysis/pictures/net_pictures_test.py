"""Filters, feature maps, ideal images: what a net is made of and what it sees."""

import io

import numpy as np
import pytest
from PIL import Image

from analysis.pictures.canvas.colours import SIGNED
from analysis.pictures.evidence import Case
from analysis.pictures.feature_map_grid import feature_map_grid
from analysis.pictures.filter_grid import filter_grid
from analysis.pictures.ideal_images import ideal_images, stretched

CASE = Case("train/a.png", 0, 1, 0.7, 0.2)
FACE = np.zeros((12, 12), np.uint8)


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


def test_layers_that_are_left_out_are_counted():
    layers = {f"c{number}": np.ones((2, 2, 3)) for number in range(10)}
    picture = feature_map_grid(FACE, layers, CASE, ("angry", "happy"))
    assert "2 of 10 layers are left out" in picture.caption
    few = feature_map_grid(FACE, {"c0": np.ones((2, 2, 3))}, CASE, ("angry", "happy"))
    assert "left out" not in few.caption
    assert "true class angry, predicted happy" in few.caption


def test_at_most_as_many_maps_as_asked_are_drawn():
    layers = {"c": np.ones((2, 2, 50))}
    widths = [feature_map_grid(FACE, layers, CASE, ("a", "b"), shown=s).width for s in (6, 7, 8)]
    assert widths[2] - widths[1] == widths[1] - widths[0] == 102


def test_negative_maps_are_drawn_in_signed_colours():
    layer = np.array([[-1.0, 1.0]])[..., None]
    picture = feature_map_grid(FACE, {"c": layer}, CASE, ("a", "b"))
    assert has(picture, SIGNED.table[0])
    assert has(picture, SIGNED.table[255])


@pytest.mark.parametrize("other", ["train_a.png", "train/A.png"])
def test_ids_that_look_alike_make_two_files(other):
    files = {
        feature_map_grid(FACE, {"c": np.ones((2, 2, 1))}, case, ("a", "b")).file
        for case in (CASE, Case(other, 0, 1, 0.7, 0.2))
    }
    assert len(files) == 2


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
