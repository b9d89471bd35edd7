from analysis.pictures.overview import overview
from analysis.pictures.scenes_test import ANSWERS, SCENES, answer, cam, evidence_of


def test_the_overview_of_many_classes_says_which_it_leaves_out():
    caption = overview(SCENES["thirty classes"]()).caption
    assert "Only the 8 largest of 30 classes are shown" in caption
    assert "30 validation images (0 right, 30 wrong)" in caption


def test_the_overview_shows_the_classes_with_most_images():
    two = evidence_of([*ANSWERS[4:6], answer("c0", 2, 2, 0.9)], [cam("b0", 1, 1)])
    assert "Only the 1 largest of 3 classes" in overview(two, most=1).caption
