import numpy as np
import pytest

from analysis.ensemble.diversity import MEASURES, diversity


def measured(predictions, labels):
    return dict(zip(MEASURES, diversity(predictions, labels).value, strict=True))


def test_two_members_by_hand():
    # wrong: 0 0 1 1 and 0 1 0 1: independent; both say something else on two images
    measures = measured([[0, 0, 1, 1], [0, 1, 0, 2]], [0, 0, 0, 0])
    assert measures["disagreement"] == pytest.approx(3 / 4)  # two wrong answers that differ, too
    assert measures["error_correlation"] == pytest.approx(0)
    assert measures["all_wrong"] == pytest.approx(1 / 4)
    assert measures["oracle_accuracy"] == pytest.approx(3 / 4)
    assert measures["member_accuracy"] == pytest.approx(1 / 2)
    assert measures["kohavi_wolpert"] == pytest.approx((0 + 1 + 1 + 0) / 4 / 4)


def test_twins_never_disagree():
    measures = measured([[0, 1, 1], [0, 1, 1]], [0, 0, 1])
    assert measures["disagreement"] == 0
    assert measures["error_correlation"] == pytest.approx(1)
    assert measures["kohavi_wolpert"] == 0


def test_the_correlation_is_pearson_s_mean_over_pairs():
    rng = np.random.default_rng(0)
    labels, answers = rng.integers(3, size=400), rng.integers(3, size=(4, 400))
    answers[:2] = np.where(rng.random((2, 400)) < 0.5, labels, answers[:2])
    matrix = np.corrcoef(answers != labels)
    pairs = np.triu_indices(4, 1)
    assert measured(answers, labels)["error_correlation"] == pytest.approx(matrix[pairs].mean())


def test_kohavi_and_wolpert_s_variance_is_half_the_disagreement_of_answers_right_and_wrong():
    # With m members: KW = (m - 1) / (2 m) times the share of pairs of which just one is right.
    rng = np.random.default_rng(1)
    answers = rng.integers(2, size=(5, 300))
    measures = measured(answers, np.zeros(300, int))
    assert measures["kohavi_wolpert"] == pytest.approx(4 / 10 * measures["disagreement"])


def test_what_needs_two_members_is_not_known_of_one():
    measures = measured([[0, 1]], [0, 0])
    assert np.isnan(measures["disagreement"])
    assert np.isnan(measures["error_correlation"])
    assert measures["member_accuracy"] == 0.5


def test_no_answer_is_wrong_and_a_member_without_errors_correlates_with_none():
    measures = measured([[-1, 0], [0, 0]], [0, 0])
    assert measures["member_accuracy"] == pytest.approx(0.75)
    assert np.isnan(measures["error_correlation"])


def test_no_image_gives_nothing():
    assert np.isnan(diversity(np.empty((2, 0), int), []).value).all()
