import math
from dataclasses import replace

import pytest

from orchestrator.backtest.orders import ASCENDING, DESCENDING, RANDOM, Order
from orchestrator.backtest.recorded_grid import RecordedGrid
from orchestrator.backtest.replay import Conditions, Replay
from orchestrator.backtest.testing import recorded, rising_grid
from orchestrator.on_ray.peers.ray_asha import RayAsha
from orchestrator.scheduling.schedulers.catalogue import SCHEDULERS

GRID = rising_grid()
"""Eight trials of nine epochs, rungs at 1 and 3, the later the better."""

MAKERS = {**SCHEDULERS, "ray_asha": RayAsha, "none": None}


def replayed(name, kind=ASCENDING, grid=GRID, **conditions):
    trials = Order(kind, 0).arrange(grid.trials, len(grid.trials))
    return Replay(grid).run(trials, MAKERS[name], Conditions(**conditions))


def test_halving_trains_18_of_72_epochs_whatever_comes_first():
    # 8 trials to epoch 1, the best 2 to epoch 3, the best one to epoch 9: 8 + 2 x 2 + 6
    for kind in (ASCENDING, DESCENDING, RANDOM):
        came_to = replayed("halving", kind, finalists=1)
        assert sum(came_to.epochs.values()) == 18
        assert came_to.epochs[GRID.trials[-1].trial] == 9


def test_asha_lets_many_pass_where_each_is_better_than_those_before():
    # At rung 1 everyone ranks first on arrival and so at rung 3: all eight run to the end.
    assert sum(replayed("asha").epochs.values()) == 72
    # Worst last: the first is never beaten, and of n at a rung ceil(n / 3) may go on, which the
    # 2nd to 8th never rank among: 9 + 7 x 1.
    assert sum(replayed("asha", DESCENDING).epochs.values()) == 16


def test_where_nobody_is_stopped_the_clock_runs_by_the_slots():
    assert replayed("none", slots=1).seconds == 72
    assert replayed("none", slots=2).seconds == 36
    assert replayed("none", slots=3).seconds == 27  # 3 + 3 + 2 trials of nine seconds
    assert replayed("none", slots=16).seconds == 9
    assert sum(replayed("none").epochs.values()) == 72


def test_the_clock_of_halving_in_two_slots_by_hand():
    # The eight first epochs take 4 s; the best two then train side by side until 6 s, and when both
    # are there the best one goes on alone, for six epochs.
    for kind in (ASCENDING, DESCENDING):
        assert replayed("halving", kind, slots=2).seconds == 12


def test_a_slow_trial_holds_its_slot_as_long_as_it_was_recorded():
    slow, quick = recorded(0, [0.1] * 3, seconds=5.0), recorded(1, [0.2] * 3, seconds=1.0)
    third = recorded(2, [0.3] * 3, seconds=2.0)
    grid = RecordedGrid((slow, quick, third))
    came_to = Replay(grid).run(grid.trials, None, Conditions(slots=2))
    assert came_to.seconds == 15  # meanwhile the other slot has trained 3 s and then 6 s


def test_every_start_costs_its_time_and_so_does_going_on_after_a_wait():
    # Ascending: the last two are the best two and go on as they arrive, so eight starts are all.
    assert replayed("halving", ASCENDING, finalists=1, start_seconds=100.0).seconds == 18 + 8 * 100
    # Descending: the first two wait at rung 1, and the first once more at rung 3 for the second.
    assert (
        replayed("halving", DESCENDING, finalists=1, start_seconds=100.0).seconds == 18 + 11 * 100
    )


def test_a_trial_that_ended_by_itself_does_so_again():
    curves = [recorded(i, [0.1 * i, 0.2, 0.1], ended_by="patience") for i in range(3)]
    grid = RecordedGrid((*curves, recorded(9, [0.1, math.nan], ended_by="diverged")))
    came_to = Replay(grid).run(grid.trials, None, Conditions())
    assert list(came_to.epochs.values()) == [3, 3, 3, 2]


@pytest.mark.parametrize("slots", [1, 3, 16])
@pytest.mark.parametrize("kind", [RANDOM, ASCENDING, DESCENDING])
@pytest.mark.parametrize("name", MAKERS)
def test_every_scheduler_ends_trains_no_epoch_twice_and_somebody_to_the_end(name, kind, slots):
    grid = rising_grid(count=9)
    dead = recorded(100, [0.05, math.nan], ended_by="diverged")
    grid = RecordedGrid((*grid.trials, dead))
    came_to = replayed(name, kind, grid, slots=slots)
    lengths = {trial.trial: len(trial.rows) for trial in grid.trials}
    assert set(came_to.epochs) == set(lengths)
    assert all(1 <= epochs <= lengths[trial] for trial, epochs in came_to.epochs.items())
    assert max(came_to.epochs.values()) == 9
    assert came_to == replayed(name, kind, grid, slots=slots)
    longest = max(came_to.epochs.values())
    assert max(longest, sum(came_to.epochs.values()) / slots) <= came_to.seconds
    assert came_to.seconds <= sum(came_to.epochs.values())


def test_whom_nobody_calls_back_has_ended_where_it_waits():
    class Forgetful(SCHEDULERS["promotion"]):
        def promotion(self, last):
            return None

    came_to = Replay(GRID).run(GRID.trials, Forgetful, Conditions())
    assert sum(came_to.epochs.values()) == 8


def test_rungs_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="reduction factor is 1"):
        Replay(GRID).run(GRID.trials, None, replace(Conditions(), reduction_factor=1))
