import io

import numpy as np
import pytest
from PIL import Image

from analysis.pictures.canvas.colours import SIGNED
from analysis.pictures.evidence import Case
from analysis.pictures.feature_map_grid import feature_map_grid

CASE = Case("train/a.png", 0, 1, 0.7, 0.2)
FACE = np.zeros((12, 12), np.uint8)


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.content)).convert("RGB"))


def has(picture, colour):
    return bool((pixels(picture) == colour).all(axis=-1).any())


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
