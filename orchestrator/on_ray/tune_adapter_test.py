"""What Ray is told and what is taken from it; a Ray is started for one of these alone."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from ray import tune
from ray.tune.error import TuneError
from ray.tune.experiment import Trial as TuneTrial

from orchestrator.on_ray.session import session
from orchestrator.on_ray.tune_adapter import (
    TuneEvents,
    TuneScheduler,
    TuneSearcher,
    configured_signature,
    errors_unwrapped,
    signature,
)
from orchestrator.on_ray.tune_internals import HELD
from orchestrator.on_ray.tune_internals_test import Controller, PlainTrial
from orchestrator.scheduling.failures import CAUSES
from orchestrator.scheduling.hang_detector import HangDetector
from orchestrator.scheduling.scheduler import Scheduler
from orchestrator.search.axes import Categorical, Constant
from orchestrator.testing.scripted import completed, conduct, row
from results.journal.event_journal import Busy

TRIALS = 25


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
    taken_up = row(3, 0.5) | {"earlier": [row(1, 0.3), row(2, 0.4)]}
    events.callback.on_trial_start(0, [], one)
    events.later(5)
    events.callback.on_trial_result(0, [], one, taken_up)
    assert events.later(1200) == {}  # an epoch of twenty minutes
    events.callback.on_trial_result(0, [], one, row(4, 0.5))
    assert events.later(2 * 1200) == {}


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


class Once(tune.Trainable):
    """One epoch a trial."""

    def setup(self, config):
        self.seed = config["seed"]

    def reset_config(self, new_config):
        self.seed = new_config["seed"]
        return True

    def step(self):
        return completed([self.seed / TRIALS])[0]


class Counted(tune.Callback):
    """How many trials Tune holds."""

    most = 0

    def on_step_end(self, iteration, trials, **info):
        self.most = max(self.most, len(trials))


def in_ray(folder):
    """A sweep of `TRIALS` with the true Tune; prints what is asserted."""
    axes = {"seed": Categorical(tuple(range(TRIALS))), "epochs": Constant(1)}
    scheduler = conduct(axes=axes, rungs=(), trials=TRIALS)
    scheduling, counted = TuneScheduler(scheduler), Counted()
    with session(cpus=2, gpus=0, address=None):
        tune.Tuner(
            tune.with_resources(Once, {"cpu": 1}),
            tune_config=tune.TuneConfig(
                num_samples=-1,
                search_alg=TuneSearcher(scheduler),
                scheduler=scheduling,
                reuse_actors=True,
                trial_name_creator=configured_signature,
            ),
            run_config=tune.RunConfig(
                storage_path=folder,
                verbose=0,
                callbacks=[TuneEvents(scheduler, HangDetector(), print, lambda: None), counted],
                checkpoint_config=tune.CheckpointConfig(
                    checkpoint_frequency=0, checkpoint_at_end=False
                ),
            ),
        ).fit()
    controller, _ = scheduling._ended[-1]
    print("knows", sorted(name for name in HELD if hasattr(controller, name)) == sorted(HELD))
    print("most", counted.most)
    print("ended", *_statuses(scheduler))
    print("left", sum(isinstance(thing, TuneTrial) for thing in gc.get_objects()))


def _statuses(scheduler: Scheduler):
    return sorted(f"{n} {status}" for status, n in scheduler.ledger.counts().items())


@pytest.mark.ray
def test_tune_holds_a_handful_of_trials_however_many_there_were(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator.on_ray.tune_adapter_test", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    printed = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    assert printed["knows"] == "True"
    assert printed["ended"] == f"{TRIALS} completed"
    assert int(printed["most"]) < TRIALS // 2
    assert int(printed["left"]) < TRIALS // 2


if __name__ == "__main__":
    in_ray(sys.argv[1])
