"""Which scores are explained, and that questions fit the net."""

import numpy as np
import pytest

from analysis.explain.targets import RULES, check_given, directions, pixels, target_rules
from orchestrator.errors import BadInput


def test_a_wrong_image_is_also_explained_at_its_label_and_at_the_contrast():
    predictions, labels = np.array([2, 1, 0], np.uint8), np.array([2, 0, 1], np.uint8)
    rules = list(target_rules(predictions, labels))
    assert tuple(rule.name for rule in rules) == RULES
    at_prediction, at_label, contrast = rules
    assert (at_prediction.places.tolist(), at_prediction.targets.tolist()) == ([0, 1, 2], [2, 1, 0])
    assert (at_label.places.tolist(), at_label.targets.tolist()) == ([1, 2], [0, 1])
    assert (contrast.targets.tolist(), contrast.against.tolist()) == ([1, 0], [0, 1])


def test_where_all_is_right_there_is_nothing_but_the_prediction():
    labels = np.array([0, 1], np.uint8)
    assert [rule.name for rule in target_rules(labels, labels)] == ["prediction"]


def test_a_class_is_one_hot_and_a_contrast_plus_and_minus_one():
    assert directions([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert directions([2, 0], 3, [0, 1]).tolist() == [[-1, 0, 1], [1, -1, 0]]


def test_bytes_become_zero_to_one_and_every_channel_sees_the_same():
    seen = pixels(np.array([[[0, 255]]], np.uint8), 3)
    assert seen.shape == (1, 1, 2, 3)
    assert seen[0, 0].tolist() == [[0, 0, 0], [1, 1, 1]]


def test_images_and_scores_of_another_size_are_refused():
    images = np.zeros((2, 4, 4))
    check_given((4, 4, 1), 3, images, np.zeros((2, 3), np.float32))
    with pytest.raises(BadInput, match=r"expects \(n, 5, 5\)"):
        check_given((5, 5, 1), 3, images)
    with pytest.raises(BadInput, match=r"expected \(2, 3\)"):
        check_given((4, 4, 1), 3, images, np.zeros((2, 4), np.float32))
