import numpy as np
import pytest

from analysis.pictures.evidence import Map
from analysis.pictures.galleries import bars_of, drawn_map, evenly, right, rights, wrong, wrongs
from analysis.pictures.scenes_test import (
    ANSWERS,
    SCENES,
    answer,
    cam,
    evidence_of,
    usual_cams,
)


def test_a_gallery_counts_what_it_shows_and_what_it_leaves_out(evidence):
    picture = wrong(evidence, 0, 1, shown=2)
    assert "2 of 3 shown, most confident first" in picture.caption
    assert picture.title == "angry called happy"
    assert picture.columns == {
        "trial": None,
        "split": "validation",
        "method": "gradcam",
        "label": 0,
        "prediction": 1,
    }


def test_more_faces_make_a_higher_picture_of_the_same_width(evidence):
    heights = [wrong(evidence, 0, 1, shown).height for shown in (1, 2, 3)]
    assert heights[2] - heights[1] == heights[1] - heights[0] == 144 + 6
    assert wrong(evidence, 0, 1, 1).width == wrong(evidence, 0, 1, 3).width


def test_columns_without_a_map_are_left_out(evidence):
    only = evidence_of(ANSWERS, [one for one in usual_cams() if one["rule"] == "prediction"])
    assert wrong(evidence, 0, 1).width - wrong(only, 0, 1).width == 864 - 592
    assert "(red)" in wrong(evidence, 0, 1).caption
    assert "(red)" not in wrong(only, 0, 1).caption


def test_there_is_a_gallery_of_every_confused_pair_the_commonest_first():
    more = [*ANSWERS, answer("c1", 2, 0, 0.9), answer("c2", 2, 1, 0.9), answer("c3", 2, 1, 0.8)]
    pictures = wrongs(evidence_of(more, []))
    pairs = [(p.columns["label"], p.columns["prediction"]) for p in pictures]
    assert pairs == [(0, 1), (2, 1), (2, 0)]


def test_nothing_wrong_makes_no_gallery():
    assert wrongs(SCENES["no wrong ones"]()) == []
    assert "0 of 0 shown" in wrong(SCENES["no wrong ones"](), 0, 1).caption


def test_there_is_a_gallery_of_every_recognised_class(evidence):
    assert [p.columns["label"] for p in rights(evidence)] == [0, 1, 2]
    assert [p.columns["label"] for p in rights(SCENES["no wrong ones"]())] == [1, 2]


def test_recognised_faces_are_taken_at_even_distances(evidence):
    assert evenly(list("abcdefghi"), 5) == list("acegi")
    assert evenly(list("ab"), 5) == ["a", "b"]
    assert "1 of 2 shown, from most to least confident, evenly" in right(evidence, 1, 1).caption
    assert "2 of 2 shown, from most to least confident." in right(evidence, 1, 2).caption


@pytest.mark.parametrize(
    "evidence_map", [None, Map(np.zeros((2, 2), np.float32), "cam", 0.0)], ids=["none", "zero"]
)
def test_without_evidence_there_is_no_colour(evidence_map):
    tile = drawn_map(np.full((120, 120), 90, np.uint8), evidence_map)
    assert (tile[..., 0] == tile[..., 1]).all()
    assert (tile[..., 1] == tile[..., 2]).all()


def test_evidence_has_colour_where_it_lies():
    values = np.array([[1, 0], [0, 0]], np.float32)
    tile = drawn_map(np.full((100, 100), 90, np.uint8), Map(values, "cam", 2.0)).astype(int)
    assert tile[5, 5, 0] - tile[5, 5, 2] > 60
    assert np.ptp(tile[90, 90]) == 0


@pytest.mark.parametrize(
    ("values", "names"),
    [([[0.0, 1.0]], ["inferno"]), ([[-1.0, 0.5]], ["RdBu_r"])],
)
def test_the_colour_bar_is_that_of_the_maps(values, names):
    evidence = evidence_of(ANSWERS[:1], [cam("a0", 0, 0, values=values)])
    assert [bar.colours.name for bar in bars_of(evidence, evidence.cases)] == names
    assert bars_of(evidence, []) == []
