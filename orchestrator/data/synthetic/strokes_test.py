import numpy as np
import pytest

from orchestrator.data.synthetic.strokes import bump, cover, darken, paint


def floats(*numbers):
    return np.array(numbers, np.float32)


def test_coverage_is_half_on_the_edge_and_full_half_an_edge_inside():
    assert cover(floats(-0.1, -0.05, 0, 0.025, 0.05, 9), 0.1).tolist() == pytest.approx(
        [1, 1, 0.5, 0.25, 0, 0]
    )


def test_a_hill_is_1_at_its_top_and_0_from_its_foot_on():
    assert bump(floats(0, 0.5, 1, 4)).tolist() == [1, 0.25, 0, 0]  # (1 - square)^2


def test_painting_and_darkening_change_the_picture_itself():
    picture = floats(0.2, 0.2, 0.2)
    paint(picture, floats(0, 0.5, 1), 0.8)
    assert picture.tolist() == pytest.approx([0.2, 0.5, 0.8])
    darken(picture, floats(0, 0.5, 1))
    assert picture.tolist() == pytest.approx([0.2, 0.25, 0])
    assert picture.dtype == np.float32
