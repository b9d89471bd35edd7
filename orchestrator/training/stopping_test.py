import math

import pytest

from orchestrator.config import TrialConfig
from orchestrator.training.history import EpochRow
from orchestrator.training.stopping import Stop, best, reason_to_stop

NAN, INF = math.nan, math.inf


def rows(validation_loss, validation_accuracy=None, train_loss=None):
    accuracies = validation_accuracy or [0.5] * len(validation_loss)
    losses = train_loss or [1.0] * len(validation_loss)
    return [
        EpochRow(i + 1, 0.1, loss, 0.5, held_out, accuracy, 0.87, 0.4, 0.7, 0.1, 1.0, 500.0)
        for i, (held_out, accuracy, loss) in enumerate(
            zip(validation_loss, accuracies, losses, strict=True)
        )
    ]


@pytest.mark.parametrize(
    ("losses", "accuracies", "epoch"),
    [
        ([1.0, 1.2, 1.1], [0.5, 0.7, 0.6], 2),
        ([1.0, 0.9, 1.1], [0.7, 0.7, 0.7], 2),
        ([1.0, 1.0, 1.0], [0.7, 0.7, 0.7], 1),
        ([1.0, 1.0, NAN], [0.6, 0.5, 0.9], 1),
        ([1.0, 1.0], [NAN, 0.1], 2),
        ([NAN, INF], [0.9, 0.2], 2),
    ],
)
def test_best_epoch(losses, accuracies, epoch):
    assert best(rows(losses, accuracies)).epoch == epoch


def test_no_epoch_is_best_where_none_is_usable():
    assert best([]) is None
    assert best(rows([NAN, 1.0], [0.5, NAN])) is None


def test_nothing_stops_before_the_first_epoch_or_in_the_middle():
    assert reason_to_stop([], TrialConfig(epochs=3)) is None
    assert reason_to_stop(rows([1.0, 2.0]), TrialConfig(epochs=3)) is None


@pytest.mark.parametrize("bad", [NAN, INF])
def test_loss_that_is_not_finite_stops_with_its_epoch(bad):
    stop = reason_to_stop(rows([1, 1, 1], train_loss=[2, 1, bad]), TrialConfig(epochs=3))
    assert stop == Stop("diverged", "train_loss is not finite at epoch 3")
    stop = reason_to_stop(rows([1.0, bad]), TrialConfig(epochs=9))
    assert stop == Stop("diverged", "validation_loss is not finite at epoch 2")


def test_last_epoch_completes_even_when_patience_is_over_too():
    stop = reason_to_stop(rows([1.0, 2.0, 2.0]), TrialConfig(epochs=3, patience=2))
    assert stop == Stop("epochs", "all 3 epochs done")


@pytest.mark.parametrize(
    ("losses", "patience", "stops"),
    [
        ([1.0, 1.1, 1.2], 2, True),
        ([1.0, 1.1, 1.2], 3, False),
        ([1.0, 1.1, 0.9], 1, False),
        ([1.0, 1.0, 1.0], 2, True),
        ([1.0] + [2.0] * 50, 0, False),
    ],
)
def test_patience_counts_epochs_since_the_lowest_validation_loss(losses, patience, stops):
    stop = reason_to_stop(rows(losses), TrialConfig(epochs=100, patience=patience))
    assert (stop is not None) == stops


def test_patience_says_what_it_waited_for():
    stop = reason_to_stop(rows([1.5, 1.25, 1.3, 1.4]), TrialConfig(epochs=9, patience=2))
    assert stop == Stop("patience", "no validation loss below 1.25 (epoch 2) for 2 epochs")
