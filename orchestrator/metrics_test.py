import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator import metrics

SEVEN = np.arange(7)


def logits_of(probabilities):
    return np.log(np.asarray(probabilities, dtype=float))


def random_case(seed, n=200, k=7, scale=3.0):
    rng = np.random.default_rng(seed)
    return rng.normal(scale=scale, size=(n, k)), rng.integers(0, k, n)


def test_loss_of_two_images_by_hand():
    logits = logits_of([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])
    assert metrics.nll(logits, [0, 1]) == pytest.approx((math.log(2) + math.log(10)) / 2)


def test_loss_stays_finite_for_huge_logits():
    assert metrics.nll([[1e4, 0.0], [0.0, 3e38]], [1, 1]) == pytest.approx(5000)


def test_probabilities_are_a_softmax():
    shares = metrics.probabilities([[0.0, math.log(3)], [1000.0, 1000.0]])
    assert shares == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5]]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_row_that_is_not_finite_counts_as_wrong_and_spoils_the_loss(bad):
    logits = np.array([[2.0, 0.0, 0.0], [bad, 0.0, -1.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    scores = metrics.evaluate(logits, [0, 0, 1, 2])
    assert not math.isfinite(scores["loss"])
    assert math.isnan(scores["ece"])
    assert scores["accuracy"] == 0.75
    assert scores["top2"] == 0.75
    assert metrics.predictions(logits).tolist() == [0, -1, 1, 2]
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1 + 1) / 3)


def test_everything_nan_is_no_crash():
    scores = metrics.evaluate(np.full((4, 7), np.nan), [0, 1, 2, 3])
    assert math.isnan(scores["loss"])
    assert scores["accuracy"] == scores["macro_f1"] == scores["top2"] == 0.0
    assert scores["binary_accuracy"] == pytest.approx(6 / 7)


def test_no_images_give_nan_without_a_warning(recwarn):
    scores = metrics.evaluate(np.zeros((0, 7)), np.zeros(0, dtype=int))
    assert all(math.isnan(value) for value in scores.values())
    assert not recwarn


@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0, 10.0])
def test_binary_accuracy_is_six_sevenths_plus_a_seventh_of_c_minus_w(scale):
    logits, labels = random_case(1, scale=scale)
    shares = metrics.probabilities(logits)
    of_truth = shares[np.arange(200), labels]
    c = (of_truth > 0.5).mean()
    w = ((shares > 0.5).any(axis=1) & (of_truth <= 0.5)).mean()
    assert metrics.binary_accuracy(shares, labels) == pytest.approx(6 / 7 + (c - w) / 7, abs=1e-12)


def test_binary_accuracy_of_a_net_that_knows_nothing_is_already_857():
    shares = np.full((10, 7), 1 / 7)
    assert metrics.binary_accuracy(shares, [0] * 10) == pytest.approx(6 / 7)
    assert metrics.accuracy(shares, [1] * 10) == 0.0


def test_macro_f1_by_hand():
    labels = [0, 0, 0, 1, 1, 2]
    scores = np.eye(3)[[0, 0, 1, 1, 2, 2]]
    # class 0: 2 right of 3 labelled, 2 predicted; class 1: 1, 2, 2; class 2: 1, 1, 2
    assert metrics.macro_f1(scores, labels) == pytest.approx((4 / 5 + 2 / 4 + 2 / 3) / 3)


def test_macro_f1_leaves_out_a_class_that_never_occurs():
    assert metrics.macro_f1(np.eye(7)[[0, 1]], [0, 1]) == 1.0
    assert metrics.macro_f1(np.eye(7)[[0, 0]], [0, 1]) == pytest.approx((2 / 3 + 0) / 2)


def test_top_2_by_hand():
    scores = [[3, 2, 1], [3, 2, 1], [3, 2, 1]]
    assert metrics.top_k(scores, [0, 1, 2], 2) == pytest.approx(2 / 3)


def test_equal_scores_gain_nothing():
    flat = np.zeros((7, 7))
    assert metrics.top_k(flat, SEVEN, 2) == pytest.approx(2 / 7)
    assert metrics.accuracy(flat, SEVEN) == pytest.approx(1 / 7)


@given(st.integers(0, 1000))
def test_top_1_is_accuracy_and_top_k_is_everything(seed):
    scores, labels = random_case(seed, n=20)
    scores = scores.round()
    assert metrics.top_k(scores, labels, 1) == metrics.accuracy(scores, labels)
    assert metrics.top_k(scores, labels, 7) == 1.0


def test_calibration_error_by_hand():
    # Bin of 0.8: two right of four, off by 0.3. Bin of 0.6: both right, off by 0.4.
    shares = [[0.8, 0.2]] * 4 + [[0.4, 0.6]] * 2
    labels = [0, 0, 1, 1, 1, 1]
    assert metrics.calibration_error(shares, labels) == pytest.approx((4 * 0.3 + 2 * 0.4) / 6)


def test_calibration_bins_are_closed_above():
    # 0.6 = 9/15 belongs to the bin below it, together with 0.55: 0.4 and -0.55 cancel in part.
    shares, labels = [[0.6, 0.4], [0.55, 0.45]], [0, 1]
    assert metrics.calibration_error(shares, labels) == pytest.approx(abs(0.4 - 0.55) / 2)


def test_perfectly_calibrated_net_has_no_calibration_error():
    assert metrics.calibration_error([[0.75, 0.25]] * 4, [0, 0, 0, 1]) == pytest.approx(0)
    assert metrics.calibration_error([[1.0, 0.0]], [0]) == 0


def test_confusion_has_labels_in_rows():
    counts = metrics.confusion([0, 0, 1, 2], [0, 1, 1, -1], 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_wilson_interval_of_73_percent_on_publictest():
    low, high = metrics.interval(2620, 3589)
    assert low == pytest.approx(0.7152, abs=2e-4)
    assert high == pytest.approx(0.7443, abs=2e-4)


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (0, 0, 0.0, 1.0)]
)
def test_wilson_interval_at_the_ends(correct, n, low, high):
    assert metrics.interval(correct, n) == pytest.approx((low, high), abs=1e-4)


def test_small_floats_are_accepted():
    logits, labels = random_case(2)
    half = metrics.evaluate(logits.astype(np.float16), labels.astype(np.uint8))
    assert half == pytest.approx(metrics.evaluate(logits.astype(np.float16).astype(float), labels))


def test_shapes_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match=r"\(4, 7\) and labels \(3,\)"):
        metrics.evaluate(np.zeros((4, 7)), [0, 1, 2])
    with pytest.raises(ValueError, match="0 to 7, but 7 classes"):
        metrics.evaluate(np.zeros((2, 7)), [0, 7])
