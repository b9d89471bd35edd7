import math

import numpy as np
import pytest

from orchestrator.testing.stand_ins import Act, ScriptedEngine, noise, numbers, tiny
from orchestrator.training import training_run
from orchestrator.training.schedules import SCHEDULES
from orchestrator.training.stopping import Stop
from orchestrator.training.storing.checkpoint import Checkpoints
from orchestrator.training.training_run import AHEAD, TrainingRun
from results.store import Store

INPUTS = noise(n=40, classes=4)  # 20 images validate


def kept(folder):
    return Checkpoints(Store(folder), "trial")


def started(*script, **changes):
    engine = ScriptedEngine(script)
    return engine, TrainingRun(engine, tiny(**changes), INPUTS)


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


def test_mixups_shares_are_drawn_for_every_epoch_and_none_without_it():
    engine, run = started(Act(), mixup=0.5, batch_size=10)
    epochs(run, 2)
    first, second = engine.shares
    assert first.shape == (4,)
    assert first.dtype == np.float32
    assert not np.array_equal(first, second)
    engine, run = started(Act())
    epochs(run, 1)
    assert engine.shares == [None]


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


# ---- epochs dispatched ahead

RISES = tuple(Act(right=r) for r in (5, 11, 9, 12, 12, 3, 15, 1, 2))
FALLS = (Act(right=10), Act(right=12), Act(right=11), Act(right=1))
DIVERGES = (Act(right=10), Act(right=20, logit=math.nan), Act(right=20))


def ahead(*script, **changes):
    """A run on an engine to which epochs may be given before the last one's row is read."""
    engine = ScriptedEngine(script, asynchronous=True)
    return engine, TrainingRun(engine, tiny(**changes), INPUTS)


def seen(run):
    """All that anybody sees of a run after an epoch."""
    arrays, facts = run.state()
    rows = [numbers(row) for row in run.history]
    held = {name: np.asarray(value).tolist() for name, value in arrays.items()}
    return rows, held, facts["epoch"], run.improved, run.best_weights, run.stop


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(
    ("script", "patience"), [(RISES, 0), (FALLS, 2), (DIVERGES, 0)], ids=["end", "wait", "nan"]
)
def test_looking_ahead_changes_nothing_that_anybody_sees(script, patience, schedule):
    changes = {"epochs": 9, "patience": patience, "schedule": schedule, "learning_rate": 0.5}
    plain_engine, plain = started(*script, **changes)
    engine, run = ahead(*script, **changes)
    while plain.stop is None:
        plain.epoch()
        run.epoch(horizon=9)
        assert seen(run) == seen(plain)
        if SCHEDULES[schedule].measured:
            assert len(engine.orders) == len(run.history)
        elif run.stop is None:
            assert len(engine.orders) == min(9, len(run.history) + AHEAD)
    done = len(plain_engine.orders)
    np.testing.assert_array_equal(engine.orders[:done], plain_engine.orders)
    np.testing.assert_array_equal(engine.rates[:done], plain_engine.rates)


def test_nothing_is_begun_past_the_horizon():
    engine, run = ahead(*RISES, epochs=9)
    begun = []
    for horizon in (1, 3, 3, 9):
        run.epoch(horizon)
        begun.append(len(engine.orders))
    assert begun == [1, 3, 3, 6]


def test_a_state_is_that_after_the_last_row_and_loading_forgets_what_was_under_way():
    engine, run = ahead(*RISES, epochs=9)
    epochs_ahead = [run.epoch(horizon=9) for _ in range(2)]
    state = run.state()
    run.epoch(horizon=9)
    run.load(*state)
    again = run.epoch()
    assert [row.epoch for row in (*epochs_ahead, again)] == [1, 2, 3]
    assert again.validation_accuracy == 9 / 20
    assert engine._done == 3


def test_an_engine_that_computes_at_once_is_given_nothing_ahead():
    engine, run = started(*RISES, epochs=9)
    run.epoch(horizon=9)
    assert len(engine.orders) == 1


def test_time_between_two_readings_is_the_later_epochs(monkeypatch):
    """Dispatched at 0, 0 and 0 s, measured at 10, 12 and 15 s; 40 images each."""
    clock = iter([0.0, 0.0, 0.0, 10.0, 12.0, 15.0])
    monkeypatch.setattr(training_run.time, "perf_counter", lambda: next(clock))
    _, run = ahead(*RISES, epochs=3)
    rows = [run.epoch(horizon=3) for _ in range(3)]
    assert [row.seconds for row in rows] == [10, 2, 3]
    assert [row.images_per_second for row in rows] == [32 / 10, 32 / 2, 32 / 3]


# ---- saved and loaded

STORY = (Act(right=5), Act(right=11), Act(right=9), Act(right=9, logit=4.0), Act(right=12))


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("at", [1, 3])
def test_going_on_from_a_checkpoint_is_as_if_nothing_had_happened(name, at, tmp_path):
    changes = {"schedule": name, "epochs": 6, "learning_rate": 0.25, "batch_size": 10}
    changes |= {"plateau_patience": 1, "cycle": 2}  # it halves at epochs 4 and 5 of the story
    uninterrupted_engine, uninterrupted = started(*STORY, **changes)
    expected = epochs(uninterrupted, 6)

    _, broken_off = started(*STORY, **changes)
    epochs(broken_off, at)
    kept(tmp_path).save(*broken_off.state())
    engine, run = started(*STORY, **changes)
    run.load(*kept(tmp_path).newest())
    assert [numbers(row) for row in run.history] == expected[:at]
    assert epochs(run, 6 - at) == expected[at:]
    np.testing.assert_array_equal(engine.orders, uninterrupted_engine.orders[at:])
    np.testing.assert_array_equal(engine.rates, uninterrupted_engine.rates[at:])
    assert run.best_weights == uninterrupted.best_weights
    np.testing.assert_array_equal(run.best_probabilities, uninterrupted.best_probabilities)
    assert run.stop == uninterrupted.stop
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
