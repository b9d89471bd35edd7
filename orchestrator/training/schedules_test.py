import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.config import CHOICES, TrialConfig
from orchestrator.training.history import EpochRow
from orchestrator.training.schedules import PLATEAU_FLOOR, SCHEDULES


def after(*accuracies):
    return [
        EpochRow(i + 1, 0.1, 1.0, 0.5, 1.0, accuracy, 0.87, 0.4, 0.7, 0.1, 1.0, 500.0)
        for i, accuracy in enumerate(accuracies)
    ]


def all_rates(name, steps, config):
    """Every step's rate of a training whose accuracy rises each epoch."""
    rises = [i / 1000 for i in range(config.epochs)]
    return np.concatenate(
        [SCHEDULES[name](after(*rises[:t]), steps, config) for t in range(config.epochs)]
    )


def test_names_are_those_of_the_configuration():
    assert tuple(SCHEDULES) == CHOICES["schedule"]


@pytest.mark.parametrize("name", SCHEDULES)
@given(
    accuracies=st.lists(st.floats(0, 1) | st.just(math.nan), max_size=40),
    steps=st.integers(0, 9),
    epochs=st.integers(1, 20),
    rate=st.floats(1e-7, 1),
)
def test_rates_lie_between_0_and_the_peak(name, accuracies, steps, epochs, rate):
    config = TrialConfig(learning_rate=rate, epochs=epochs)
    rates = SCHEDULES[name](after(*accuracies), steps, config)
    assert rates.shape == (steps,)
    assert rates.dtype == np.float32
    assert (rates >= 0).all()
    assert (rates <= np.float32(rate)).all()


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize(
    ("scaling", "batch", "factor"),
    [("none", 1024, 1), ("linear", 1024, 8), ("linear", 128, 1), ("linear", 32, 1 / 4),
     ("sqrt", 512, 2), ("sqrt", 128, 1)],
)  # fmt: skip
def test_a_scaled_rate_is_the_one_of_a_batch_of_128_times_its_factor(name, scaling, batch, factor):
    config = TrialConfig(learning_rate=0.05, batch_size=batch, rate_scaling=scaling, epochs=20)
    plain = TrialConfig(learning_rate=0.05 * factor, batch_size=batch, epochs=20)
    history = after(*[0.3] * 15)
    scaled = SCHEDULES[name](history, 4, config)
    np.testing.assert_array_equal(scaled, SCHEDULES[name](history, 4, plain))


@pytest.mark.parametrize("name", SCHEDULES)
def test_history_alone_decides(name):
    config = TrialConfig(learning_rate=0.1, epochs=30)
    history = after(*[0.3] * 15)
    once = SCHEDULES[name](history, 4, config)
    SCHEDULES[name](history + after(0.9), 4, config)
    np.testing.assert_array_equal(SCHEDULES[name](tuple(history), 4, config), once)


@pytest.mark.parametrize("name", [n for n, schedule in SCHEDULES.items() if not schedule.measured])
def test_a_schedule_that_only_counts_gives_its_rates_without_rows(name):
    config = TrialConfig(learning_rate=0.1, epochs=20)
    for t in range(20):
        ahead = SCHEDULES[name].rates(t, (), 3, config)
        np.testing.assert_array_equal(ahead, SCHEDULES[name](after(*[0.3] * t), 3, config))


def test_constant_is_constant():
    assert (
        all_rates("constant", 3, TrialConfig(learning_rate=0.25, epochs=2)).tolist() == [0.25] * 6
    )


def test_cosine_of_four_steps_by_hand():
    rates = all_rates("cosine", 2, TrialConfig(learning_rate=1.0, epochs=2))
    half = math.sqrt(0.5)
    assert rates == pytest.approx([1, (1 + half) / 2, 0.5, (1 - half) / 2])


def test_warm_restarts_begin_again_after_every_cycle():
    config = TrialConfig(learning_rate=1.0, epochs=5, cycle=2)
    half = math.sqrt(0.5)
    period = [1, (1 + half) / 2, 0.5, (1 - half) / 2]  # two epochs of two steps, as cosine's
    assert all_rates("warm_restarts", 2, config) == pytest.approx([*period, *period, *period[:2]])


def test_one_cycle_of_ten_steps_by_hand():
    rates = all_rates("one_cycle", 2, TrialConfig(learning_rate=0.7, epochs=5))
    rising, falling = [0.07, 0.28, 0.49], [0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    assert rates == pytest.approx(rising + falling)


@pytest.mark.parametrize("name", ["cosine", "one_cycle"])
def test_annealing_ends_just_above_0_and_stays_at_0_afterwards(name):
    config = TrialConfig(learning_rate=1.0, epochs=10)
    assert 0 < all_rates(name, 100, config)[-1] < 0.002
    assert SCHEDULES[name](after(*[0.5] * 10), 3, config).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("accuracies", "rate"),
    [
        ([], 0.8),
        ([0.5], 0.8),
        ([0.5] + [0.4] * 9, 0.8),
        ([0.5] + [0.4] * 10, 0.4),
        ([0.5] + [0.5] * 10, 0.4),
        ([0.5] + [0.4] * 19, 0.4),
        ([0.5] + [0.4] * 20, 0.2),
        ([0.5] + [0.4] * 9 + [0.51] + [0.4] * 9, 0.8),
        ([0.5] + [0.4] * 10 + [0.51] + [0.4] * 9, 0.4),
        ([math.nan] * 10, 0.4),
        ([0.5] + [math.nan] * 10, 0.4),
    ],
)
def test_plateau_halves_after_ten_epochs_without_better_accuracy(accuracies, rate):
    rates = SCHEDULES["plateau"](after(*accuracies), 2, TrialConfig(learning_rate=0.8, epochs=600))
    assert rates == pytest.approx([rate, rate])


def test_plateau_waits_and_falls_as_it_is_told():
    config = TrialConfig(learning_rate=0.8, epochs=600, plateau_patience=5, plateau_factor=0.75)
    for waited, rate in ((4, 0.8), (5, 0.6), (9, 0.6), (10, 0.45)):
        rates = SCHEDULES["plateau"](after(0.5, *[0.4] * waited), 1, config)
        assert rates == pytest.approx([rate])


def test_plateau_stops_at_its_floor_but_never_raises_the_rate():
    stuck = after(*[0.5] * 600)
    assert SCHEDULES["plateau"](stuck, 1, TrialConfig(learning_rate=0.1)) == pytest.approx(
        [PLATEAU_FLOOR]
    )
    assert SCHEDULES["plateau"](stuck, 1, TrialConfig(learning_rate=1e-6)) == pytest.approx([1e-6])


@pytest.mark.parametrize("name", SCHEDULES)
def test_an_open_ended_schedule_does_not_know_how_many_epochs_were_asked_for(name):
    rows = after(*(0.5 - i / 100 for i in range(12)))
    short, long = (TrialConfig(schedule=name, epochs=epochs) for epochs in (20, 60))
    schedule = SCHEDULES[name]
    alike = all(
        np.array_equal(schedule(rows[:done], 4, short), schedule(rows[:done], 4, long))
        for done in range(12)
    )
    assert alike is schedule.open_ended
