import math

import numpy as np
import pytest

from orchestrator.testing.stand_ins import Act, ScriptedEngine, noise, numbers, tiny
from orchestrator.training import schedules
from orchestrator.training.checkpoint import Checkpoints
from orchestrator.training.schedules import SCHEDULES
from orchestrator.training.stopping import Stop
from orchestrator.training.trial_run import Run
from results.store import Store

INPUTS = noise(n=40, classes=4)  # 20 images validate


def kept(folder):
    return Checkpoints(Store(folder), "trial")


def started(*script, **changes):
    engine = ScriptedEngine(script)
    return engine, Run(engine, tiny(**changes), INPUTS)


def epochs(run, count):
    return [numbers(run.epoch()) for _ in range(count)]


# ---- one epoch


def test_row_holds_what_was_trained_and_measured():
    _, run = started(Act(right=15, logit=2.0, train_loss=1.25, train_accuracy=0.375))
    row = run.epoch()
    rest = math.log(1 + 3 * math.exp(-2))  # loss of an image told right
    assert (row.epoch, row.train_loss, row.train_accuracy) == (1, 1.25, 0.375)
    assert row.validation_accuracy == 15 / 20
    assert row.validation_loss == pytest.approx(rest + 5 / 20 * 2)
    assert row.learning_rate == pytest.approx(0.01)
    assert run.history == [row]


def test_order_visits_every_image_at_most_once_and_leaves_an_incomplete_batch_out():
    engine, run = started(Act(), batch_size=12)
    epochs(run, 2)
    first, second = engine.orders
    assert first.shape == (3, 12)
    assert first.dtype == np.int32
    assert len(set(first.ravel())) == 36
    assert set(first.ravel()) <= set(range(40))
    assert not np.array_equal(first, second)


def test_order_is_drawn_from_seed_and_epoch_alone():
    (a, one), (b, two), (c, other) = started(Act()), started(Act()), started(Act(), seed=1)
    for run in (one, two, other):
        epochs(run, 2)
    np.testing.assert_array_equal(a.orders, b.orders)
    assert not np.array_equal(a.orders[0], c.orders[0])
    assert not np.array_equal(a.orders[1], c.orders[0])  # (seed 0, epoch 2) is not (1, 1)


def test_batch_larger_than_the_data_becomes_all_of_it():
    engine, run = started(Act(), batch_size=1000)
    run.epoch()
    assert sorted(engine.orders[0].ravel()) == list(range(40))


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_are_the_schedules(name):
    engine, run = started(Act(right=10), schedule=name, learning_rate=0.5, epochs=3)
    epochs(run, 3)
    for t, rates in enumerate(engine.rates):
        expected = SCHEDULES[name](run.history[:t], 2, run.config)
        np.testing.assert_array_equal(rates, expected)
        assert run.history[t].learning_rate == rates[-1]


# ---- which epoch counts


def test_best_epoch_keeps_its_weights_and_probabilities():
    _, run = started(Act(right=5), Act(right=15, logit=3.0), Act(right=10))
    improved = []
    for _ in range(3):
        run.epoch()
        improved.append(run.improved)
    assert improved == [True, True, False]
    assert run.best_weights["weight-0000"] == 2
    named = math.exp(3) / (math.exp(3) + 3)
    np.testing.assert_allclose(run.best_probabilities.max(axis=1), named, rtol=1e-6)
    np.testing.assert_allclose(run.best_probabilities.sum(axis=1), 1, rtol=1e-6)


def test_of_equal_accuracies_the_lower_loss_counts_and_then_the_earlier():
    _, run = started(Act(right=10, logit=3.0), Act(right=10, logit=1.0), Act(right=10, logit=1.0))
    epochs(run, 3)
    assert run.best_weights["weight-0000"] == 2


# ---- why it ends


def test_last_epoch_ends_it():
    _, run = started(Act(right=5), epochs=2)
    run.epoch()
    assert run.stop is None
    run.epoch()
    assert run.stop == Stop("epochs", "all 2 epochs done")


def test_patience_ends_it():
    _, run = started(Act(right=10), Act(right=12), Act(right=11), epochs=9, patience=2)
    while run.stop is None:
        run.epoch()
    assert (run.stop.kind, len(run.history)) == ("patience", 4)


def test_a_net_that_diverges_at_once_ends_with_its_row_and_without_a_best_epoch():
    _, run = started(Act(right=10, logit=math.nan, train_loss=math.nan))
    row = run.epoch()
    assert math.isnan(row.train_loss)
    assert math.isnan(row.validation_loss)
    assert run.stop == Stop("diverged", "train_loss is not finite at epoch 1")
    assert not run.improved
    assert run.best_weights is None
    assert run.best_probabilities is None


def test_a_net_that_diverges_later_keeps_the_epoch_before():
    _, run = started(Act(right=10), Act(right=20, logit=math.nan))
    epochs(run, 2)
    assert run.stop == Stop("diverged", "validation_loss is not finite at epoch 2")
    assert run.best_weights["weight-0000"] == 1


# ---- saved and loaded

STORY = (Act(right=5), Act(right=11), Act(right=9), Act(right=9, logit=4.0), Act(right=12))


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("at", [1, 3])
def test_going_on_from_a_checkpoint_is_as_if_nothing_had_happened(name, at, tmp_path, monkeypatch):
    monkeypatch.setattr(schedules, "PLATEAU_PATIENCE", 1)  # halves at epochs 4 and 5 of the story
    changes = {"schedule": name, "epochs": 6, "learning_rate": 0.25, "batch_size": 10}
    whole_engine, whole = started(*STORY, **changes)
    expected = epochs(whole, 6)

    _, broken_off = started(*STORY, **changes)
    epochs(broken_off, at)
    kept(tmp_path).save(*broken_off.state())
    engine, run = started(*STORY, **changes)
    run.load(*kept(tmp_path).newest())
    assert [numbers(row) for row in run.history] == expected[:at]
    assert epochs(run, 6 - at) == expected[at:]
    np.testing.assert_array_equal(engine.orders, whole_engine.orders[at:])
    np.testing.assert_array_equal(engine.rates, whole_engine.rates[at:])
    assert run.best_weights == whole.best_weights
    np.testing.assert_array_equal(run.best_probabilities, whole.best_probabilities)
    assert run.stop == whole.stop
    if name == "plateau":
        assert engine.rates[-1][-1] == 0.25 / 4


def test_best_epoch_before_the_break_survives_it(tmp_path):
    _, run = started(Act(right=15), Act(right=5))
    epochs(run, 2)
    kept(tmp_path).save(*run.state())
    _, again = started(Act(right=15), Act(right=5))
    again.load(*kept(tmp_path).newest())
    again.epoch()
    assert not again.improved
    assert again.best_weights["weight-0000"] == 1


def test_an_ended_trial_is_still_ended_after_loading(tmp_path):
    _, run = started(Act(right=3), epochs=1)
    run.epoch()
    kept(tmp_path).save(*run.state())
    _, again = started(Act(right=3), epochs=1)
    again.load(*kept(tmp_path).newest())
    assert again.stop == Stop("epochs", "all 1 epochs done")


def test_a_diverged_trial_can_be_saved_and_loaded(tmp_path):
    _, run = started(Act(logit=math.nan))
    run.epoch()
    kept(tmp_path).save(*run.state())
    _, again = started(Act(logit=math.nan))
    again.load(*kept(tmp_path).newest())
    assert again.stop == run.stop
    assert again.best_weights is None


def test_a_trial_can_be_saved_before_its_first_epoch(tmp_path):
    kept(tmp_path).save(*started(Act())[1].state())
    _, run = started(Act())
    run.load(*kept(tmp_path).newest())
    assert run.history == []
    assert run.stop is None


@pytest.mark.parametrize("change", [{"seed": 1}, {"learning_rate": 0.5}, {"data": "other"}])
def test_checkpoint_of_another_configuration_is_refused(change, tmp_path):
    _, run = started(Act())
    run.epoch()
    kept(tmp_path).save(*run.state())
    _, other = started(Act(), **change)
    with pytest.raises(ValueError, match="another configuration"):
        other.load(*kept(tmp_path).newest())
    assert other.history == []
