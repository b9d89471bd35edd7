import math

import numpy as np
import pytest

from orchestrator.training.history import EpochRow
from orchestrator.training.verdict import verdict

MAJORITY = 0.249


def curve(train, validation, train_accuracy, accuracy, rate=0.1):
    """Rows from four lists, or numbers that stay the same, and a rate or a list of rates."""
    t = len(train)
    columns = [
        x if isinstance(x, (list, np.ndarray)) else [x] * t
        for x in (rate, train, train_accuracy, validation, accuracy)
    ]
    return [
        EpochRow(i + 1, *map(float, values), 0.87, 0.4, 0.7, 0.1, 1.0, 500.0)
        for i, values in enumerate(zip(*columns, strict=True))
    ]


def judged(*args, **kwargs):
    return verdict(curve(*args, **kwargs), 7, MAJORITY)


def test_seed_projects_600_epochs_at_rate_01_overfit():
    t = np.arange(600)
    noise = np.random.default_rng(0).normal(scale=0.05, size=600)
    judgement = judged(
        1.8 * np.exp(-t / 60) + 0.01,
        1.15 + 0.6 * np.exp(-t / 8) + 0.004 * t + noise,
        1 - 0.75 * np.exp(-t / 60),
        0.60 - 0.3 * np.exp(-t / 8),
    )
    assert judgement.name == "overfit"
    assert "validation loss rose from 1.2" in judgement.evidence
    assert "(epoch 600) while training loss fell from" in judgement.evidence


def test_evidence_of_overfitting_gives_the_numbers():
    train = [1.6, 1.3, 1.1, 0.9, 0.7, 0.5, 0.3, 0.2, 0.2]
    validation = [1.5, 1.3, 1.2, 1.12, 1.2, 1.3, 1.5, 1.61, 1.61]
    judgement = judged(train, validation, 0.7, 0.6)
    assert judgement.name == "overfit"
    assert judgement.evidence == (
        "smoothed, validation loss rose from 1.20 (epoch 3) to 1.61 (epoch 9)"
        " while training loss fell from 1.1 to 0.2."
    )


def test_gap_in_accuracy_is_overfitting_even_where_the_loss_stays_low():
    judgement = judged([1.5, 1.0, 0.6, 0.4, 0.3], [1.2, 1.0, 1.0, 1.0, 1.0], 0.95, 0.66)
    assert judgement.name == "overfit"
    assert "0.950 stands 0.290 above validation accuracy 0.660 at epoch 5" in judgement.evidence


def test_training_accuracy_held_down_by_dropout_hides_no_overfitting():
    judgement = judged([1.8, 1.5, 1.3, 1.2, 1.1, 1.0], [1.5, 1.2, 1.2, 1.4, 1.5, 1.6], 0.55, 0.60)
    assert judgement.name == "overfit"


def test_validation_loss_that_rises_with_training_loss_is_no_overfitting():
    judgement = judged([1.5, 1.2, 1.0, 1.3, 1.4, 1.5], [1.5, 1.2, 1.0, 1.3, 1.5, 1.6], 0.6, 0.6)
    assert judgement.name == "undecided"
    assert "unstable" in judgement.evidence


def test_one_bad_epoch_decides_nothing():
    steady = [1.5, 1.2, 1.1, 1.05, 1.04, 1.04, 1.04, 1.04]
    spiked = [1.5, 1.2, 1.1, 1.05, 1.04, 1.9, 1.04, 1.04]
    train = [1.6, 1.3, 1.2, 1.15, 1.1, 1.05, 1.02, 1.0]
    assert judged(train, steady, 0.62, 0.63).name == "good fit"
    assert judged(train, spiked, 0.62, 0.63).name == "good fit"


def test_flat_at_the_majority_class_is_underfit():
    judgement = judged([1.82] * 20, [1.81] * 20, 0.25, 0.249)
    assert judgement.name == "underfit"
    assert "0.250 in training and 0.249 in validation after 20 epochs" in judgement.evidence
    assert "0.249 and 0.474 is asked" in judgement.evidence


def test_validation_accuracy_speaks_for_a_net_whose_training_is_made_hard():
    losses = [1.9, 1.7, 1.65, 1.65, 1.65, 1.65]
    assert judged(losses, [1.3, 1.1, 1.0, 1.0, 1.0, 1.0], 0.35, 0.62).name == "good fit"
    assert judged(losses, [1.7, 1.6, 1.6, 1.6, 1.6, 1.6], 0.35, 0.38).name == "underfit"


def test_good_fit_names_its_lowest_loss():
    judgement = judged(
        [1.6, 1.3, 1.1, 1.0, 0.99, 0.98], [1.5, 1.2, 1.1, 1.05, 1.04, 1.05], 0.63, 0.61
    )
    assert judgement.name == "good fit"
    assert "ended at 1.05, lowest 1.04 (epoch 5)" in judgement.evidence


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("epochs", [1, 2, 5])
def test_loss_that_is_not_finite_is_diverged_however_short(bad, epochs):
    train = [1.5] * (epochs - 1) + [bad]
    judgement = judged(train, [1.5] * epochs, 0.3, 0.3)
    assert judgement.name == "diverged"
    assert judgement.evidence == f"train_loss is not finite at epoch {epochs}."
    assert judged([1.5] * epochs, train, 0.3, 0.3).name == "diverged"


def test_finite_loss_far_above_guessing_is_diverged():
    judgement = judged([2.0, 40.0, 900.0], [3.0, 60.0, 1e5], 0.14, 0.14)
    assert judgement.name == "diverged"
    assert "training loss 900 at epoch 3 is far above the 1.95 of guessing" in judgement.evidence


def test_bad_start_that_recovers_is_not_diverged():
    judgement = judged([9.0, 1.5, 1.2, 1.1, 1.1, 1.1], [5.0, 1.4, 1.1, 1.1, 1.1, 1.1], 0.6, 0.6)
    assert judgement.name == "good fit"


@pytest.mark.parametrize("epochs", [0, 1, 2])
def test_fewer_than_three_epochs_are_undecided(epochs):
    judgement = judged([1.5] * epochs, [1.5] * epochs, 0.5, 0.5)
    assert judgement.name == "undecided"
    assert f"{epochs} of the 3 epochs" in judgement.evidence


FALLING = ([1.8, 1.6, 1.45, 1.3, 1.2, 1.1], [1.7, 1.5, 1.35, 1.25, 1.15, 1.05], 0.58, 0.60)


def test_curve_that_still_falls_is_undecided():
    judgement = judged(*FALLING)
    assert judgement.name == "undecided"
    assert "still fell from 1.25 to 1.10 in the last 2 of 6 epochs" in judgement.evidence


def test_curve_that_falls_while_the_rate_is_annealed_has_had_its_time():
    assert judged(*FALLING, rate=[0.1, 0.09, 0.07, 0.04, 0.01, 0.001]).name == "good fit"


def test_three_epochs_are_enough_to_judge():
    assert judged([1.5, 1.2, 1.1], [1.2, 1.1, 1.1], 0.6, 0.6).name in ("good fit", "undecided")
    assert judged([1.8, 1.8, 1.8], [1.8, 1.8, 1.8], 0.25, 0.25).name == "underfit"


def test_number_of_classes_and_majority_move_the_thresholds():
    rows = curve([0.6] * 5, [0.6] * 5, 0.70, 0.70)
    assert verdict(rows, 2, 0.5).name == "good fit"
    assert verdict(rows, 2, 0.68).name == "underfit"
    hot = curve([1.5] * 5, [0.6] * 5, 0.7, 0.7)
    assert verdict(hot, 2, 0.5).name == "diverged"
    assert verdict(hot, 7, 0.249).name == "good fit"


def test_a_trial_far_below_the_sweep_s_best_is_no_good_fit():
    flat = [1.2, 1.1, 1.05, 1.05, 1.05]
    poor = curve(flat, flat, 0.50, 0.565)
    assert verdict(poor, 7, 0.143).name == "good fit"  # by itself
    judgement = verdict(poor, 7, 0.143, best=0.92)
    # 0.143 + 0.8 x (0.92 - 0.143) = 0.765
    assert judgement.name == "underfit"
    assert judgement.evidence == (
        "validation accuracy reached 0.565, 0.355 below the sweep's best (0.920), and training "
        "accuracy 0.500; 0.765 is asked."
    )
    assert verdict(curve(flat, flat, 0.80, 0.70), 7, 0.143, best=0.92).name == "overfit"
    near = verdict(curve(flat, flat, 0.80, 0.80), 7, 0.143, best=0.92)
    assert near.name == "good fit"
    assert near.evidence.endswith(
        "0.800 against 0.800 in training; the sweep's best reached 0.920."
    )


def test_training_images_known_by_heart_are_a_gap_however_good_the_rest_is():
    flat = [0.4, 0.3, 0.29, 0.29, 0.29]
    judgement = verdict(curve(flat, flat, 0.996, 0.910), 7, 0.143, best=0.92)
    assert judgement.name == "overfit"
    assert "0.996 stands 0.086 above validation accuracy 0.910" in judgement.evidence
    # 0.25 against 0.37 wrong: a gap as large, but not three times the errors.
    assert verdict(curve(flat, flat, 0.75, 0.63), 7, 0.249, best=0.65).name == "good fit"
    assert verdict(curve(flat, flat, 0.99, 0.95), 7, 0.143, best=0.95).name == "good fit"
