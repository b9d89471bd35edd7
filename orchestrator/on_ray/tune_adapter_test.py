"""What Ray is told and what is taken from it, without Ray; with it: own_ray_test.py."""

import pytest
from ray.tune.error import TuneError
from ray.tune.experiment import Trial as TuneTrial

from orchestrator.on_ray.tune_adapter import (
    TuneEvents,
    TuneScheduler,
    errors_unwrapped,
    signature,
)
from orchestrator.on_ray.tune_internals_test import Controller, PlainTrial
from orchestrator.scheduling.failures import CAUSES
from orchestrator.scheduling.hang_detector import HangDetector
from orchestrator.testing.scripted import conduct, row
from results.journal.event_journal import Busy


def scheduler():
    return TuneScheduler(conduct())


def test_trials_are_run_in_the_order_asked_for():
    trials = [PlainTrial(name, TuneTrial.PENDING) for name in "abc"]
    controller, tune_scheduler = Controller(trials), scheduler()
    for trial in trials:
        tune_scheduler.on_trial_add(controller, trial)
    assert tune_scheduler.choose_trial_to_run(controller) is trials[0]
    assert tune_scheduler.choose_trial_to_run(controller) is trials[0]  # it still waits
    trials[1].status = TuneTrial.RUNNING  # it got a process that became free
    trials[0].status = TuneTrial.RUNNING
    assert tune_scheduler.choose_trial_to_run(controller) is trials[2]
    trials[2].status = TuneTrial.ERROR
    assert tune_scheduler.choose_trial_to_run(controller) is None


def test_what_has_ended_is_forgotten_at_the_next_step_but_for_the_last():
    trials = [PlainTrial(name, TuneTrial.RUNNING) for name in "abc"]
    controller, tune_scheduler = Controller(trials), scheduler()
    tune_scheduler.on_trial_complete(controller, trials[0], {})
    tune_scheduler.on_trial_error(controller, trials[1])
    assert controller.holds() == {"a", "b", "c"}
    trials[0].status, trials[1].status = TuneTrial.TERMINATED, TuneTrial.ERROR
    tune_scheduler.choose_trial_to_run(controller)
    assert controller.holds() == {"b", "c"}


def test_what_tune_has_wrapped_comes_out_as_itself():
    def wrapped(error):
        try:
            raise error
        except Exception:
            raise TuneError("Traceback (most recent call last): ...")  # noqa: B904

    with pytest.raises(Busy, match="another process"), errors_unwrapped():
        wrapped(Busy("written by another process"))
    with pytest.raises(TuneError, match="its own"), errors_unwrapped():
        raise TuneError("its own")
    with pytest.raises(KeyboardInterrupt), errors_unwrapped():
        raise KeyboardInterrupt


class NamedTrial:
    """What the callback asks of a Tune trial of a configuration."""

    error_file = None

    def __init__(self, config):
        self._name = config.signature()

    def __str__(self):
        return self._name


class Events:
    """The callback, with a clock, and what it said of checkpoints that nobody needs."""

    def __init__(self, scheduler):
        self.now, self.finished = 0.0, []
        self.hang_detector = HangDetector(clock=lambda: self.now)
        self.callback = TuneEvents(
            scheduler, self.hang_detector, self.finished.append, lambda: None
        )

    def later(self, seconds):
        """Who was found overdue."""
        overdue = {}
        for _ in range(int(seconds)):
            self.now += 1
            overdue |= self.hang_detector.overdue()
        return overdue


def test_a_row_that_is_told_again_says_nothing_of_how_long_an_epoch_takes():
    scheduler = conduct()
    events, one = Events(scheduler), NamedTrial(scheduler.next_trial())
    taken_up = row(3, 0.5) | {"earlier": [row(1, 0.3), row(2, 0.4)], "taken_up": True}
    events.callback.on_trial_start(0, [], one)
    events.later(5)
    events.callback.on_trial_result(0, [], one, taken_up)
    assert events.later(1200) == {}  # an epoch of twenty minutes
    events.callback.on_trial_result(0, [], one, row(4, 0.5))
    assert events.later(2 * 1200) == {}


def test_rows_that_are_told_together_are_a_sign_like_one():
    scheduler = conduct()
    events, one = Events(scheduler), NamedTrial(scheduler.next_trial())
    events.callback.on_trial_start(0, [], one)
    events.later(5)
    events.callback.on_trial_result(0, [], one, row(2, 0.5) | {"earlier": [row(1, 0.3)]})
    assert events.later(299) == {}
    assert list(events.later(2).values()) == [301.0]  # no longer that of a first epoch


def test_a_state_is_kept_for_whoever_goes_on_with_it_and_else_dropped():
    scheduler = conduct()
    events, one, other = Events(scheduler), *(NamedTrial(scheduler.next_trial()) for _ in "ab")
    for trial in (one, other):
        events.callback.on_trial_start(0, [], trial)
    scheduler.ledger.ended(signature(one), "time", "time budget", resumable=True)
    # Its process dies when nothing is asked of it any more.
    events.callback.on_trial_error(0, [], one)
    assert events.finished == []
    for _ in range(CAUSES["process"].lives):
        events.callback.on_trial_error(0, [], other)
    assert events.finished == [signature(other)]
