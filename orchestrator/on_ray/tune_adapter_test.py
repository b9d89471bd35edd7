"""What Ray is told and what is taken from it; a Ray is started for one of these alone."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from ray import tune
from ray.air.execution._internal import RayActorManager
from ray.exceptions import OutOfMemoryError, RayActorError, RayTaskError
from ray.tune.error import TuneError
from ray.tune.experiment import Trial as TuneTrial

from orchestrator.on_ray.session import session
from orchestrator.on_ray.tune_adapter import (
    FAILED,
    HELD,
    TuneEvents,
    TuneScheduler,
    TuneSearcher,
    errors_unwrapped,
    forget,
    last_error,
    signature,
    take_errors_as_deaths,
)
from orchestrator.scheduling.failures import CAUSES
from orchestrator.scheduling.hang_detector import HangDetector
from orchestrator.scheduling.scheduler import Scheduler
from orchestrator.search.axes import Categorical, Constant
from orchestrator.testing.scripted import completed, conduct, row
from results.journal.file_journal import Busy

TRIALS = 25


class Known:
    """What the scheduler asks of a Tune trial."""

    def __init__(self, trial_id, status=TuneTrial.PENDING):
        self.trial_id, self.status = trial_id, status

    def is_finished(self):
        return self.status in (TuneTrial.TERMINATED, TuneTrial.ERROR)


class Controller:
    """Where Tune keeps its trials."""

    def __init__(self, trials):
        for name in HELD:
            setattr(self, name, list(trials) if name == "_trials" else set(trials))
        self._trial_metadata = {trial.trial_id: "{}" for trial in trials}

    def holds(self):
        return {t.trial_id for name in HELD for t in getattr(self, name)} | set(
            self._trial_metadata
        )


def scheduler():
    return TuneScheduler(conduct())


def test_only_what_has_ended_is_forgotten():
    ended, failed = Known("a", TuneTrial.TERMINATED), Known("b", TuneTrial.ERROR)
    running = Known("c", TuneTrial.RUNNING)
    controller = Controller([ended, failed, running])
    for trial in (ended, failed, running):
        forget(controller, trial)
    assert controller.holds() == {"c"}
    forget(controller, ended)  # once more is harmless
    forget(object(), ended)  # as is another Ray's controller


class Manager:
    """What Tune's manager of actors does with an exception, as far as it matters here."""

    def __init__(self):
        self.deaths = []

    def _actor_task_failed(self, tracked_actor_task, exception):
        if not isinstance(exception, RayActorError | RayTaskError):
            raise RuntimeError("Caught unexpected exception") from exception
        self.deaths.append(str(exception))


def test_a_process_killed_for_memory_ends_its_trial_and_not_the_sweep():
    controller = Controller([])
    controller._actor_manager = manager = Manager()
    for _ in range(2):  # with every trial that is added
        take_errors_as_deaths(controller)
    manager._actor_task_failed(None, exception=OutOfMemoryError("low on memory"))
    manager._actor_task_failed(None, exception=RayActorError(error_msg="gone"))
    assert manager.deaths == ["OutOfMemoryError: low on memory", "gone"]
    with pytest.raises(RuntimeError, match="unexpected"):  # what is none of Ray's is a bug
        manager._actor_task_failed(None, exception=ValueError("ours"))
    take_errors_as_deaths(object())  # another Ray's controller


def test_ray_still_has_the_method_that_is_changed():
    assert callable(getattr(RayActorManager, FAILED))


def test_trials_are_run_in_the_order_asked_for():
    trials = [Known(name) for name in "abc"]
    control, told = Controller(trials), scheduler()
    for trial in trials:
        told.on_trial_add(control, trial)
    assert told.choose_trial_to_run(control) is trials[0]
    assert told.choose_trial_to_run(control) is trials[0]  # it still waits
    trials[1].status = TuneTrial.RUNNING  # it got a process that became free
    trials[0].status = TuneTrial.RUNNING
    assert told.choose_trial_to_run(control) is trials[2]
    trials[2].status = TuneTrial.ERROR
    assert told.choose_trial_to_run(control) is None


def test_what_has_ended_is_forgotten_at_the_next_step_but_for_the_last():
    trials = [Known(name, TuneTrial.RUNNING) for name in "abc"]
    control, told = Controller(trials), scheduler()
    told.on_trial_complete(control, trials[0], {})
    told.on_trial_error(control, trials[1])
    assert control.holds() == {"a", "b", "c"}
    trials[0].status, trials[1].status = TuneTrial.TERMINATED, TuneTrial.ERROR
    told.choose_trial_to_run(control)
    assert control.holds() == {"b", "c"}


class Failed:
    """What is asked of a Tune trial whose process died."""

    def __init__(self, error_file):
        self.error_file = error_file


def test_what_ray_said_of_a_death_is_read_without_tunes_own_words(tmp_path):
    file = tmp_path / "error.txt"
    file.write_text("Failure # 1 (occurred at 2026-01-01_00-00-00)\nIts node has died.\nNode 7.\n")
    assert last_error(Failed(str(file))) == "Its node has died.\nNode 7."
    for absent in (str(tmp_path / "absent"), None):
        assert last_error(Failed(absent)).startswith("nothing is known of it")


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


class Told:
    """What the callback asks of a Tune trial of a configuration."""

    error_file = None

    def __init__(self, config):
        self.config = config.to_flat()


class Events:
    """The callback, with a clock, and what it said of checkpoints that nobody needs."""

    def __init__(self, scheduler):
        self.now, self.over = 0.0, []
        self.hang_detector = HangDetector(clock=lambda: self.now)
        self.told = TuneEvents(scheduler, self.hang_detector, self.over.append, lambda: None)

    def later(self, seconds):
        """Who was found overdue."""
        found = {}
        for _ in range(int(seconds)):
            self.now += 1
            found |= self.hang_detector.overdue()
        return found


def test_a_row_that_is_told_again_says_nothing_of_how_long_an_epoch_takes():
    scheduler = conduct()
    events, one = Events(scheduler), Told(scheduler.next_trial())
    events.told.on_trial_start(0, [], one)
    events.later(5)
    events.told.on_trial_result(0, [], one, row(3, 0.5) | {"earlier": [row(1, 0.3), row(2, 0.4)]})
    assert events.later(1200) == {}  # an epoch of twenty minutes
    events.told.on_trial_result(0, [], one, row(4, 0.5))
    assert events.later(2 * 1200) == {}


def test_a_state_is_kept_for_whoever_goes_on_with_it_and_else_dropped():
    scheduler = conduct()
    events, one, other = Events(scheduler), *(Told(scheduler.next_trial()) for _ in "ab")
    for trial in (one, other):
        events.told.on_trial_start(0, [], trial)
    scheduler.ledger.ended(signature(one), "stopped_early", "time budget", resumable=True)
    events.told.on_trial_error(0, [], one)  # its process dies when nothing is asked of it any more
    assert events.over == []
    for _ in range(CAUSES["process"].lives):
        events.told.on_trial_error(0, [], other)
    assert events.over == [signature(other)]


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
    with session(slots=2, gpus=0, address=None):
        tune.Tuner(
            tune.with_resources(Once, {"cpu": 1}),
            tune_config=tune.TuneConfig(
                num_samples=-1,
                search_alg=TuneSearcher(scheduler),
                scheduler=scheduling,
                reuse_actors=True,
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
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    assert said["knows"] == "True"
    assert said["ended"] == f"{TRIALS} completed"
    assert int(said["most"]) < TRIALS // 2
    assert int(said["left"]) < TRIALS // 2


if __name__ == "__main__":
    in_ray(sys.argv[1])
