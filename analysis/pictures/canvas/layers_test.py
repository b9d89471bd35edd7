import io

import numpy as np
import pytest
from PIL import Image

from analysis.pictures.canvas.colours import HEAT, SIGNED, overlay
from analysis.pictures.canvas.layers import (
    MAP_SIDE,
    bar_png,
    face_png,
    overlay_png,
    painted_png,
    png_size,
)


def opened(content):
    return Image.open(io.BytesIO(content))


def laid_over(gray, content):
    """What a browser makes of the two layers: the face at .62 over #696969, then the map."""
    size = (gray.shape[1], gray.shape[0])
    layer = opened(content).convert("RGBA").resize(size, Image.Resampling.BILINEAR)
    pixels = np.asarray(layer, np.float64)
    below = gray[..., None] * 0.62 + 0x69 * 0.38
    opacity = pixels[..., 3:] / 255
    return below * (1 - opacity) + pixels[..., :3] * opacity


def test_a_face_keeps_its_pixels_and_a_large_one_is_shrunk():
    gray = np.random.default_rng(0).integers(0, 256, (48, 40), dtype=np.uint8)
    content = face_png(gray)
    assert (np.asarray(opened(content)) == gray).all()
    assert png_size(content) == (40, 48)
    assert png_size(face_png(np.zeros((300, 200), np.uint8))) == (64, 96)


@pytest.mark.parametrize("colours", [HEAT, SIGNED])
def test_the_layers_look_like_the_picture_file(colours):
    # A palette of 32 steps and half the pixels cost under 3 of 255 on average.
    cells = np.linspace(-1 if colours.signed else 0, 1, 36, dtype=np.float32).reshape(6, 6)
    gray = np.tile(np.arange(0, 240, 5, dtype=np.uint8), (48, 1))
    apart = np.abs(laid_over(gray, overlay_png(cells, colours, gray.shape)) - overlay(gray, cells))
    assert apart.mean() < 3
    assert np.quantile(apart, 0.99) < 25


@pytest.mark.parametrize("colours", [HEAT, SIGNED])
def test_a_map_hides_nothing_where_it_is_zero(colours):
    content = overlay_png(np.zeros((6, 6), np.float32), colours, (48, 48))
    assert np.asarray(opened(content).convert("RGBA"))[..., 3].max() == 0


def test_a_coarse_map_is_brought_to_two_dozen_cells_and_a_fine_one_keeps_its_own():
    coarse, fine = np.ones((6, 6), np.float32), np.ones((48, 48), np.float32)
    assert png_size(overlay_png(coarse, HEAT, (48, 48))) == (MAP_SIDE, MAP_SIDE)
    assert png_size(overlay_png(fine, HEAT, (48, 48))) == (48, 48)
    assert png_size(overlay_png(coarse, HEAT, (48, 24))) == (12, 24)


def test_a_map_of_six_cells_weighs_less_than_a_kilobyte():
    cells = np.random.default_rng(0).random((6, 6), np.float32)
    assert len(overlay_png(cells, HEAT, (48, 48))) < 1000


def test_a_map_alone_has_a_pixel_a_cell_in_the_colours_of_its_table():
    values = np.array([[-1.0, 0.0, 1.0]], np.float32)
    pixels = np.asarray(opened(painted_png(values, SIGNED)).convert("RGB"))
    assert (pixels == SIGNED.painted(values)).all()


def test_what_is_no_number_is_drawn_as_zero():
    values = np.array([[np.nan, 0.0]], np.float32)
    pixels = np.asarray(opened(painted_png(values, HEAT)).convert("RGB"))
    assert (pixels[0, 0] == pixels[0, 1]).all()


def test_a_bar_goes_from_the_lowest_value_to_the_highest():
    pixels = np.asarray(opened(bar_png(HEAT, over=False)))
    assert (pixels[0, [0, -1]] == HEAT.table[[0, 255]]).all()
