"""Maps as rows, by hand."""

import numpy as np
import pytest

from analysis.explain.maps import Map, Maps, stacked
from analysis.explain.methods.catalogue import METHODS, WEIGHINGS
from analysis.explain.methods.shared_pass_test import images, tiny
from analysis.explain.targets import directions
from analysis.pipeline.explain import contrasts_by, maps_by
from analysis.pipeline.gather_maps import ExplainedRows, cam_table
from orchestrator.data.faces import Faces
from results.schema import CAMS

WORDS = {"split": "test", "member": "abc", "method": "gradcam", "layer": "cam", "rule": "label"}


def explained():
    """The last two of three faces, predicted 1 and explained at 0."""
    faces = Faces(
        np.zeros((3, 48, 48), np.uint8), np.array([0, 0, 1], np.uint8), np.array(["a", "b", "c"])
    )
    probabilities = np.array([[0.2, 0.8], [0.4, 0.6]])
    ones, zeros = np.ones(2, np.uint8), np.zeros(2, np.uint8)
    return ExplainedRows(faces, np.array([1, 2]), ones, zeros, probabilities)


def test_a_row_an_image_with_its_map_divided_by_its_maximum():
    values = np.zeros((2, 2, 3), np.float32)
    values[0] = [[0, 1, 2], [3, 4, 0]]
    table = cam_table(explained(), WORDS, Maps(values, "cam"))
    assert table.schema == CAMS
    first, second = table.to_pylist()
    assert (first["image_id"], first["label"], first["prediction"], first["target"]) == (
        "b",
        0,
        1,
        0,
    )
    assert (first["p_prediction"], first["p_label"]) == pytest.approx((0.8, 0.2))
    assert (second["p_prediction"], second["p_label"]) == pytest.approx((0.6, 0.6))
    assert (first["cam_h"], first["cam_w"], first["raw_max"]) == (2, 3, 4)
    assert first["cam"] == [0, 0.25, 0.5, 0.75, 1, 0]
    assert (second["raw_max"], second["cam"]) == (0, [0] * 6)
    assert {name: first[name] for name in WORDS} == WORDS
    assert first["gap"] is None


def test_shares_are_those_of_the_canonical_face_and_none_where_there_is_no_map():
    values = np.zeros((2, 2, 2), np.float32)
    values[0] = 1
    first, second = cam_table(explained(), WORDS, Maps(values, "cam")).to_pylist()
    regions = ("rest", "brows", "eyes", "nose", "mouth")
    assert sum(first[region] for region in regions) == pytest.approx(1)
    # an even map: the mouth's share is its area, 11 by 20 of 48 by 48 pixels
    assert first["mouth"] == pytest.approx(11 * 20 / 48**2, rel=1e-4)
    assert all(np.isnan(second[region]) for region in regions)


def test_maps_come_back_in_their_shape_and_the_gap_is_kept():
    values = np.array([[[0.5, 1]], [[1, 0.25]]], np.float32)
    table = cam_table(explained(), WORDS, Maps(values, "cam", np.array([0.1, 0.2], np.float32)))
    np.testing.assert_array_equal(stacked(table), values)
    assert table["gap"].to_pylist() == pytest.approx([0.1, 0.2])
    one = Map.of_rows(table.to_pandas())["c", "label"]
    np.testing.assert_array_equal(one.values, values[1])
    assert (one.layer, one.raw_max) == ("cam", 1)


def test_methods_that_share_a_pass_give_what_each_gives_alone():
    network, scores = tiny(), directions([0, 1, 2, 1, 0], 3)
    names = ("gradient", *WEIGHINGS)
    several = maps_by(names, network, images(), scores)
    assert tuple(several) == names
    for name, maps in several.items():
        expected = METHODS[name].maps(network, images(), scores)
        np.testing.assert_allclose(maps.values, expected.values, atol=1e-6)
        assert maps.layer == expected.layer


def test_contrasts_are_each_method_s_own():
    network, scores = tiny(), directions([0, 1, 2, 1, 0], 3, [1, 2, 0, 0, 1])
    for name, maps in contrasts_by(("gradcam", "layercam"), network, images(), scores).items():
        expected = METHODS[name].contrast(network, images(), scores).values
        np.testing.assert_array_equal(maps.values, expected)
        assert maps.values.min() < 0
