import numpy as np
import pytest

from analysis.pictures.evidence import grid_words
from analysis.pictures.scenes_test import ANSWERS, CAM, answer, cam, evidence_of, usual_cams
from orchestrator.errors import BadInput


def test_faces_of_a_pair_come_most_confident_first(evidence):
    assert [case.image_id for case in evidence.of(0, 1)] == ["a2", "a3", "a1"]
    assert evidence.of(1, 2) == []


def test_probabilities_of_the_ensemble_stand_in_the_answers(evidence):
    case = evidence.of(0, 1)[0]
    assert case.p_prediction == pytest.approx(0.8)
    assert case.p_label == pytest.approx(0.1)
    assert not case.right


def test_probabilities_of_a_member_stand_beside_its_maps():
    member = evidence_of(ANSWERS, usual_cams(member="abc"), member="abc")
    assert {(c.p_prediction, c.p_label) for c in member.cases} == {(0.5, 0.25)}
    assert member.index_columns()["trial"] == "abc"


def test_a_face_is_found_by_its_id(evidence):
    case = evidence.of(2, 2)[0]
    assert (evidence.face(case) == evidence.images[6]).all()


def test_a_map_has_its_native_size_and_values(evidence):
    evidence_map = evidence.map(evidence.of(1, 1)[0])
    assert evidence_map.values.shape == (2, 2)
    assert (evidence_map.values == CAM).all()
    assert (evidence_map.layer, evidence_map.raw_max, evidence_map.trouble) == ("cam", 3.0, "")


def test_maps_of_another_rule_method_or_member_are_not_taken(evidence):
    case = evidence.of(1, 1)[0]
    assert evidence.map(case, "contrast") is None
    assert evidence.by("occlusion").map(case) is None
    assert not evidence.by("occlusion").has_maps


@pytest.mark.parametrize(
    ("values", "trouble"),
    [(np.zeros((2, 2)), "no positive evidence"), (np.full((2, 2), np.nan), "not a number")],
)
def test_a_map_that_cannot_be_drawn_says_why(values, trouble):
    one = evidence_of(ANSWERS[:1], [cam("a0", 0, 0, values=values)])
    assert one.map(one.cases[0]).trouble == trouble


def test_copies_of_training_images_are_known(evidence):
    assert [case.image_id for case in evidence.cases if case.copied] == ["b1"]


def test_words_name_method_member_layer_grid_and_normalisation(evidence):
    description = evidence.describe()
    for word in ("Grad-CAM", "the ensemble", "layer cam", "2×2 cells of 6 px", "approximation"):  # noqa: RUF001
        assert word in description
    assert "not computed for the ensemble" in evidence.by("occlusion").describe()


@pytest.mark.parametrize(
    ("grid", "shape", "words"),
    [
        ((6, 6), (48, 48), "6x6 cells of 8 px"),
        ((7, 7), (48, 48), "7x7 cells of 6.86 px"),
        ((2, 4), (48, 48), "2x4 cells of 24x12 px"),
        ((48, 48), (48, 48), "a value for each of the 48x48 pixels"),
    ],
)
def test_the_grid_is_stated(grid, shape, words):
    stated = grid_words(grid, shape).replace("\N{MULTIPLICATION SIGN}", "x")
    assert stated.startswith(words)


def test_an_answer_without_its_face_is_refused(evidence):
    strange = evidence_of(ANSWERS[:2], [])
    more = type(strange)(
        strange.images, ["a0", "other"], strange.classes, strange.answers, strange.cams
    )
    with pytest.raises(BadInput, match="image a1"):
        _ = more.cases


def test_two_splits_are_named_and_not_put_into_the_index():
    both = evidence_of([answer("x", 0, 0, 0.9), answer("y", 0, 0, 0.9, split="test")], [])
    assert both.split == "test and validation"
    assert both.index_columns()["split"] is None


@pytest.mark.parametrize(
    ("values", "names"),
    [([[0.0, 1.0]], ["inferno"]), ([[-1.0, 0.5]], ["RdBu_r"])],
)
def test_the_colour_bar_is_that_of_the_maps(values, names):
    evidence = evidence_of(ANSWERS[:1], [cam("a0", 0, 0, values=values)])
    assert [bar.colours.name for bar in evidence.bars(evidence.cases)] == names
    assert evidence.bars([]) == []


@pytest.mark.parametrize("cams", [[], [cam("a0", 0, 0, values=np.zeros((2, 2)))]], ids=["no", "0"])
def test_without_evidence_there_is_no_colour(cams):
    one = evidence_of(ANSWERS[:1], cams)
    tile = one.tile(np.full((120, 120), 90, np.uint8), one.cases[0])
    assert (tile[..., 0] == tile[..., 1]).all()
    assert (tile[..., 1] == tile[..., 2]).all()


def test_evidence_has_colour_where_it_lies():
    one = evidence_of(ANSWERS[:1], [cam("a0", 0, 0, values=[[1.0, 0.0], [0.0, 0.0]])])
    tile = one.tile(np.full((100, 100), 90, np.uint8), one.cases[0]).astype(int)
    assert tile[5, 5, 0] - tile[5, 5, 2] > 60
    assert np.ptp(tile[90, 90]) == 0
