"""Each private name is where it was read, does what is wanted, and its absence is said once."""

import inspect
import logging
from pathlib import Path

import pytest
import ray
from ray._private import ray_constants, services
from ray._private.node import Node
from ray._private.runtime_env import packaging
from ray.air.execution._internal import RayActorManager
from ray.exceptions import OutOfMemoryError, RayActorError, RayTaskError
from ray.tune.execution.tune_controller import TuneController
from ray.tune.experiment import Trial as TuneTrial

from orchestrator.on_ray import tune_internals
from orchestrator.on_ray.tune_internals import (
    ACTOR_MANAGER,
    HELD,
    METADATA,
    TASK_FAILED,
    UNASKED,
    actor_of,
    forget,
    head_address,
    last_error,
    searching,
    starting_what_is_asked,
    stay_on_loopback,
    take_errors_as_deaths,
    uploaded_files,
)


@pytest.fixture
def notes(caplog):
    """What was said of absent names."""
    tune_internals._say_once.cache_clear()
    with caplog.at_level(logging.WARNING, tune_internals.__name__):
        yield lambda: [record.getMessage() for record in caplog.records]
    tune_internals._say_once.cache_clear()


class PlainTrial:
    """What Tune's controller asks of a trial."""

    def __init__(self, trial_id="a", status=TuneTrial.TERMINATED):
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
        trials = {trial.trial_id for name in HELD for trial in getattr(self, name)}
        return trials | set(self._trial_metadata)


class Manager:
    """What Tune's manager of actors does with an exception, as far as it matters here."""

    def __init__(self):
        self.deaths = []

    def _actor_task_failed(self, tracked_actor_task, exception):
        if not isinstance(exception, RayActorError | RayTaskError):
            raise RuntimeError("Caught unexpected exception") from exception
        self.deaths.append(str(exception))


def test_they_were_read_in_the_ray_that_is_installed():
    assert ray.__version__ == tune_internals.READ_IN


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
    assert callable(getattr(RayActorManager, TASK_FAILED))
    assert ACTOR_MANAGER in inspect.getsource(TuneController.__init__)


def test_only_what_has_ended_is_forgotten():
    ended, failed = PlainTrial("a"), PlainTrial("b", TuneTrial.ERROR)
    running = PlainTrial("c", TuneTrial.RUNNING)
    controller = Controller([ended, failed, running])
    for trial in (ended, failed, running):
        forget(controller, trial)
    assert controller.holds() == {"c"}
    forget(controller, ended)  # once more is harmless
    source = inspect.getsource(TuneController.__init__)
    assert all(f"self.{name}" in source for name in (*HELD, METADATA))


def test_the_process_of_a_trial_is_where_it_was():
    trial = TuneTrial("any", stub=True)
    assert actor_of(trial) is None
    trial.temporary_state.ray_actor = "its actor"
    assert actor_of(trial) == "its actor"
    assert "self.temporary_state.ray_actor = " in inspect.getsource(TuneTrial.set_ray_actor)


class FailedTrial:
    """What is asked of a Tune trial whose process died."""

    def __init__(self, error_file):
        self.error_file = error_file


def test_what_ray_said_of_a_death_is_read_without_tunes_own_words(tmp_path):
    file = tmp_path / "error.txt"
    file.write_text("Failure # 1 (occurred at 2026-01-01_00-00-00)\nIts node has died.\nNode 7.\n")
    assert last_error(FailedTrial(str(file))) == "Its node has died.\nNode 7."
    for absent in (str(tmp_path / "absent"), None):
        assert last_error(FailedTrial(absent)).startswith("nothing is known of it")
    assert isinstance(TuneTrial.error_file, property)


def test_ray_is_told_to_stay_on_loopback(monkeypatch):
    monkeypatch.setattr(ray_constants, "ENABLE_RAY_CLUSTER", True)
    stay_on_loopback()
    assert ray_constants.ENABLE_RAY_CLUSTER is False


def test_a_node_starts_no_process_that_nobody_asks_and_afterwards_all(monkeypatch):
    for name in UNASKED:
        monkeypatch.setattr(Node, name, lambda self, *_, **__: self.append(1))
    started: list[int] = []
    with starting_what_is_asked():
        Node.start_api_server(started, include_dashboard=False, raise_on_failure=False)
        Node.start_monitor(started)
    assert started == []
    for name in UNASKED:
        getattr(Node, name)(started)
    assert started == [1, 1, 1]


def test_an_address_is_worked_out_as_ray_does(monkeypatch):
    assert head_address("10.0.0.7:6379") == "10.0.0.7:6379"
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.8:6379")
    assert head_address("auto") == "10.0.0.8:6379"


def test_what_git_ignores_is_not_uploaded(tmp_path):
    for name in ("a.py", "runs/b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text("/runs/\n")
    assert {path.name for path in uploaded_files(tmp_path)} == {".gitignore", "a.py"}


def test_another_rays_controller_and_trial_are_left_alone_and_that_is_said_once(notes):
    for _ in range(2):
        take_errors_as_deaths(object())
        forget(object(), PlainTrial())
        assert actor_of(object()) is None
        assert last_error(object()).startswith("nothing is known of it")
    names = ["_actor_manager._actor_task_failed", *[f"TuneController.{n}" for n in HELD]]
    names += ["TuneController._trial_metadata", "Trial.temporary_state.ray_actor"]
    names += ["Trial.error_file"]
    lines = notes()
    assert len(lines) == len(names)
    for line, name in zip(lines, names, strict=True):
        assert f"has no {name}, which Ray 2.60.0 has: " in line


def test_a_ray_without_its_private_modules_is_left_alone_and_that_is_said_once(
    notes, monkeypatch, tmp_path
):
    monkeypatch.delattr(ray_constants, "ENABLE_RAY_CLUSTER")
    monkeypatch.delattr(services, "canonicalize_bootstrap_address")
    monkeypatch.delattr(packaging, "_dir_travel")
    monkeypatch.delattr(Node, "start_log_monitor")
    file = tmp_path / "a.py"
    file.touch()
    for _ in range(2):
        stay_on_loopback()
        assert head_address("auto") is None
        assert head_address("10.0.0.7:6379") == "10.0.0.7:6379"
        assert list(uploaded_files(Path(tmp_path))) == [file]
        with starting_what_is_asked():
            assert callable(Node.start_monitor)
    assert [line.partition(":")[2] for line in notes()] == [
        " it may listen on more than loopback",
        ' whom "auto" means is not checked',
        " what .gitignore leaves out is counted as uploaded",
        " it starts processes that it has no use for",
    ]


def test_a_ray_without_a_search_path_of_its_own_gets_a_plain_job_and_that_is_said_once(
    notes, monkeypatch
):
    class PlainJob:
        """As another Ray's: without the private argument."""

    monkeypatch.setattr(tune_internals, "JobConfig", PlainJob)
    for _ in range(2):
        assert isinstance(searching(["/questions"]), PlainJob)
    (line,) = notes()
    assert "has no JobConfig(_py_driver_sys_path), which Ray 2.60.0 has: " in line
    assert line.endswith("workers search the working folder first")
