import numpy as np
import pandas as pd
import pytest

from analysis.pictures.class_mean_grid import class_mean_grid, collected, mean_face
from analysis.pictures.scenes_test import SCENES, mean_row

HALF = [[0.0, 0.5], [0.25, 0.0]]
WHOLE = [[0.0, 1.0], [0.25, 0.5]]


def gathered(evidence, rows, over="images"):
    return collected(pd.DataFrame(rows), evidence, "prediction", over)


def test_right_less_wrong_is_the_difference_of_the_means(evidence):
    every = gathered(evidence, [mean_row(0, True, 20, WHOLE), mean_row(0, False, 20, HALF)])
    assert every.difference(0).tolist() == [[0.0, 0.5], [0.0, 0.5]]
    assert every.difference(1) is None


def test_colours_end_at_the_largest_mean_of_the_class(evidence):
    rows = [mean_row(0, True, 20, WHOLE), mean_row(1, True, 20, HALF)]
    every = gathered(evidence, rows)
    assert (every.top(0), every.top(1), every.top(2)) == (1.0, 0.5, 0.0)


def test_means_of_few_images_set_no_scale_unless_there_is_no_other(evidence):
    rows = [mean_row(0, True, 20, HALF), mean_row(0, False, 3, WHOLE), mean_row(1, True, 3, WHOLE)]
    every = gathered(evidence, rows)
    assert (every.top(0), every.top(1)) == (0.5, 1.0)


def test_the_deviation_between_members_is_that_of_their_means(evidence):
    rows = [
        mean_row(0, True, 20, HALF),
        mean_row(0, True, 20, np.zeros((2, 2)), member="a"),
        mean_row(0, True, 20, np.ones((2, 2)), member="b"),
    ]
    one = gathered(evidence, rows, "members").by_class[0, True]
    assert one.deviation.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert one.mean.tolist() == HALF


def test_members_of_other_grids_are_brought_to_the_finest(evidence):
    rows = [
        mean_row(0, True, 20, HALF),
        mean_row(0, True, 20, np.zeros((2, 2)), member="a"),
        mean_row(0, True, 20, np.ones((4, 4)), member="b"),
    ]
    assert gathered(evidence, rows, "members").by_class[0, True].deviation.shape == (4, 4)


@pytest.mark.parametrize(("n", "over"), [(1, "images"), (20, "members")])
def test_one_image_or_one_member_has_no_deviation(evidence, n, over):
    rows = [mean_row(0, True, n, HALF)]
    assert gathered(evidence, rows, over).by_class[0, True].deviation is None


def test_rows_of_other_methods_rules_and_of_no_image_are_left_out(evidence):
    rows = [
        mean_row(0, True, 20, HALF, method="occlusion"),
        mean_row(1, True, 20, HALF, rule="label"),
        mean_row(2, True, 0, HALF),
    ]
    assert gathered(evidence, rows).by_class == {}


def test_the_caption_counts_images_and_names_what_is_left_out(evidence):
    table = pd.DataFrame([mean_row(0, True, 20, WHOLE), mean_row(0, False, 5, HALF)])
    picture = class_mean_grid(table, evidence, labels=[0])
    assert "on 25 validation images" in picture.caption
    assert "1 of 3 classes are shown" in picture.caption
    assert picture.height < class_mean_grid(table, evidence).height


def test_a_mean_face_is_stretched_from_black_to_white():
    faces = [np.array([[0, 100, 200]], np.uint8), np.array([[100, 100, 100]], np.uint8)]
    assert mean_face(faces, (1, 3)).tolist() == [[0, 128, 255]]  # of 50, 100, 150
    assert mean_face([], (1, 3)).tolist() == [[128, 128, 128]]
    assert mean_face(faces[1:], (1, 3)).tolist() == [[0, 0, 0]]


def test_of_many_classes_those_with_the_most_images_are_shown():
    assert (
        "12 of 30 classes are shown"
        in class_mean_grid(
            pd.DataFrame([mean_row(0, False, 20, HALF)]), SCENES["thirty classes"]()
        ).caption
    )
