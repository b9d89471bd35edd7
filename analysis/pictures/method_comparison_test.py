import pandas as pd

from analysis.pictures.method_comparison import _chosen, _numbers, method_comparison
from analysis.pictures.scenes_test import ANSWERS, cam, evidence_of, usual_cams


def judged(rows):
    return pd.DataFrame([{"member": "ensemble", "method": "gradcam", **row} for row in rows])


def test_half_of_the_faces_were_recognised_and_half_not(evidence):
    cases = _chosen(evidence, [evidence], 4)
    assert [case.right for case in cases] == [True, True, False, False]


def test_faces_are_of_different_classes_before_a_second_of_any(evidence):
    cases = [case for case in _chosen(evidence, [evidence], 6) if case.right]
    assert sorted(case.label for case in cases) == [0, 1, 2]


def test_faces_that_most_methods_explained_come_first():
    evidence = evidence_of(ANSWERS, [cam("b1", 1, 1)])
    assert _chosen(evidence, [evidence], 1)[0].image_id == "b1"


def test_a_method_without_maps_is_named_and_has_no_column(evidence):
    one = method_comparison(evidence, ["gradcam"])
    two = method_comparison(evidence, ["gradcam", "occlusion"])
    assert "Not computed: occlusion." in two.caption
    assert "Not computed" not in one.caption
    assert one.width == two.width


def test_every_method_has_a_column():
    names = ("one", "two", "three", "four", "five")
    cams = [row for name in names for row in usual_cams(method=name) if row["method"] == name]
    evidence = evidence_of(ANSWERS, cams)
    assert (
        method_comparison(evidence, names).width - method_comparison(evidence, names[:4]).width
        == 126
    )


def test_numbers_are_means_of_all_judged_images(evidence):
    table = judged(
        [
            {"image_id": "a0", "deletion": 0.2, "insertion": 0.5},
            {"image_id": "a1", "deletion": 0.4, "insertion": 1.0},
        ]
    )
    assert _numbers(table) == "del 0.30  ins 0.75"
    with_numbers = method_comparison(evidence, ["gradcam"], table)
    assert with_numbers.height > method_comparison(evidence, ["gradcam"]).height
    assert "low is good" in with_numbers.caption


def test_numbers_of_other_members_are_not_shown(evidence):
    table = judged([{"image_id": "a0", "deletion": 0.2, "insertion": 0.5, "member": "other"}])
    assert "low is good" not in method_comparison(evidence, ["gradcam"], table).caption
