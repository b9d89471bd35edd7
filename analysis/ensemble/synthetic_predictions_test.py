import numpy as np
import pytest

from analysis.ensemble.synthetic_predictions import predictions_of, synthetic_predictions


def test_values_become_shares_and_every_tenth_image_is_a_copy():
    predictions = predictions_of([[[1, 3]] * 20], [0] * 20)
    assert predictions.trials == ("t000",)
    assert predictions.probabilities[0, 0].tolist() == [0.25, 0.75]
    assert np.flatnonzero(~predictions.clean).tolist() == [9, 19]


@pytest.mark.parametrize(("signal", "low", "high"), [(0.0, 0.1, 0.19), (8.0, 0.99, 1.0)])
def test_the_signal_decides_how_often_a_trial_is_right(signal, low, high):
    predictions = synthetic_predictions(1, 2000, signal)
    right = predictions.probabilities[0].argmax(axis=1) == predictions.labels
    assert low <= right.mean() <= high  # guessing among seven: 0.143


def test_trials_that_share_all_noise_are_one_trial():
    predictions = synthetic_predictions(2, 50, shared=1.0)
    np.testing.assert_array_equal(*predictions.probabilities)
