"""Everything of Ray and Tune that has no public name, one function each; read in Ray 2.60.0.

Where another Ray has such a name no more, the function says so once, does what can be done without
it, and the sweep goes on.
"""

import contextlib
import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError
from ray.job_config import JobConfig

from orchestrator.process.surroundings import own_packages

if TYPE_CHECKING:
    from ray.actor import ActorHandle
    from ray.tune.experiment import Trial as TuneTrial

READ_IN = "2.60.0"
"""The Ray in which all these names were read."""

_logger = logging.getLogger(__name__)


@functools.cache
def _say_once(name: str, consequence: str) -> None:
    _logger.warning(
        "Ray %s has no %s, which Ray %s has: %s", ray.__version__, name, READ_IN, consequence
    )


ACTOR_MANAGER = "_actor_manager"
TASK_FAILED = "_actor_task_failed"
"""What the manager of a controller's actors calls with an exception that a trial's step came to."""


def take_errors_as_deaths(controller: Any) -> None:
    """Have whatever Ray raises in place of a trial's row count as the death of its process.

    Tune ends the whole experiment at an exception that it does not know, and it does not know that
    of a process which Ray has killed for memory.

    Args:
        controller: Tune's.
    """
    manager = getattr(controller, ACTOR_MANAGER, None)
    failed = getattr(manager, TASK_FAILED, None)
    if failed is None:
        _say_once(
            f"{ACTOR_MANAGER}.{TASK_FAILED}", "a process killed for memory may end the whole run"
        )
        return
    if TASK_FAILED in vars(manager):  # done before
        return

    def as_death(tracked_actor_task: Any, exception: Exception) -> None:
        familiar = isinstance(exception, RayActorError | RayTaskError)
        if isinstance(exception, RayError) and not familiar:
            exception = RayActorError(error_msg=f"{type(exception).__name__}: {exception}")
        failed(tracked_actor_task=tracked_actor_task, exception=exception)

    setattr(manager, TASK_FAILED, as_death)


HELD = ("_trials", "_live_trials", "_stopped_trials", "_failed_trials", "_trials_to_cache")
"""Where Tune's controller keeps trials that have ended."""

METADATA = "_trial_metadata"
"""Where it keeps their descriptions, by Tune's own id."""


def forget(controller: Any, trial: "TuneTrial") -> None:
    """Take a trial that has ended out of Tune's memory, its searches and its snapshots.

    Nothing of it is needed: who asks, asks the ledger.

    Args:
        controller: Tune's.
        trial: left as it is if it has not ended.
    """
    if not trial.is_finished():
        return
    for name in (*HELD, METADATA):
        if not hasattr(controller, name):
            _say_once(f"TuneController.{name}", "trials that have ended stay in its memory")
    for name in HELD:
        held = getattr(controller, name, None)
        if held is not None and trial in held:
            held.remove(trial)
    getattr(controller, METADATA, {}).pop(trial.trial_id, None)


def actor_of(trial: "TuneTrial") -> "ActorHandle | None":
    """The process that works on a trial; None where there is none."""
    try:
        return trial.temporary_state.ray_actor
    except AttributeError:
        _say_once("Trial.temporary_state.ray_actor", "a trial that hangs cannot be killed")
        return None


def last_error(trial: "TuneTrial") -> str:
    """What Ray said when the trial's process died.

    Tune's own `get_error` looks where the experiment is stored; the text gets there much later.
    """
    if not hasattr(trial, "error_file"):
        _say_once("Trial.error_file", "why a process died is not known")
    try:
        text = Path(getattr(trial, "error_file", None) or "").read_text(errors="replace")
    except OSError as error:
        return f"nothing is known of it ({error})"
    return text.partition("\n")[2].strip()  # the first line is Tune's count of failures


def stay_on_loopback() -> None:
    """Make Ray listen on loopback alone, in this process.

    `ray.init` puts the machine's outer address in place of a 127.0.0.1 that it is given, unless
    this constant is False; it was set from a variable when Ray was imported.
    """
    try:
        from ray._private import ray_constants

        _ = ray_constants.ENABLE_RAY_CLUSTER
    except (ImportError, AttributeError):
        _say_once("ray_constants.ENABLE_RAY_CLUSTER", "it may listen on more than loopback")
        return
    ray_constants.ENABLE_RAY_CLUSTER = False


UNASKED = ("start_monitor", "start_log_monitor", "start_api_server")
"""How a node starts its autoscaler, what copies logs to drivers, and what is left of the dashboard
where it is switched off."""


@contextlib.contextmanager
def starting_what_is_asked() -> Iterator[None]:
    """A Ray of one machine that starts meanwhile has no processes that nobody asks anything.

    They cost 2.5 of the 6.8 CPU seconds that such a Ray takes from its start to its first actor.
    """
    try:
        from ray._private.node import Node

        before = {name: getattr(Node, name) for name in UNASKED}
    except (ImportError, AttributeError):
        _say_once(f"node.Node.{'/'.join(UNASKED)}", "it starts processes that it has no use for")
        yield
        return
    for name in UNASKED:
        setattr(Node, name, lambda *_, **__: None)
    try:
        yield
    finally:
        for name, start in before.items():
            setattr(Node, name, start)


def head_address(address: str) -> str | None:
    """Host and port that Ray would join for an address, e.g. "auto"; None where it sees none."""
    try:
        from ray._private import services

        return services.canonicalize_bootstrap_address(address)
    except (ImportError, AttributeError):
        _say_once("services.canonicalize_bootstrap_address", 'whom "auto" means is not checked')
        return None if address == "auto" else address


def uploaded_files(root: Path) -> Iterator[Path]:
    """The files below a folder that Ray would upload as a job's working directory.

    Where Ray's rules are gone, all files: that is more than is uploaded.
    """
    paths: list[Path] = []
    try:
        _walk_as_ray(root, paths.append)
    except (ImportError, AttributeError):
        _say_once("runtime_env.packaging", "what .gitignore leaves out is counted as uploaded")
        paths = list(root.rglob("*"))
    return (path for path in paths if path.is_file())


def _walk_as_ray(root: Path, visit: Callable[[Path], None]) -> None:
    from ray._private import ray_constants
    from ray._private.runtime_env import packaging

    quiet = logging.getLogger(f"{__name__}.quiet")
    quiet.disabled = True
    rules = [packaging._get_excludes(root, ray_constants.get_runtime_env_default_excludes())]
    packaging._dir_travel(root, rules, visit, include_gitignore=True, logger=quiet)


class _Behind(list[str]):
    """Folders that Ray adds, the working folder among them, come before those that are there.

    A worker puts one after the other to the front of its `sys.path`, so that the last is first.
    """

    def extend(self, more: Iterable[str]) -> None:
        self[:0] = more


def searching(folders: Sequence[str]) -> JobConfig:
    """A job whose workers search our own packages first, then these folders, then as Ray has it.

    Ray would put the working folder before everything, where a file may have a name of ours.

    Args:
        folders: the first is searched first.
    """
    own = [] if own_packages.is_installed() else [str(own_packages.ROOT)]
    try:
        return JobConfig(_py_driver_sys_path=_Behind([*reversed(folders), *own]))
    except TypeError:
        _say_once("JobConfig(_py_driver_sys_path)", "workers search the working folder first")
        return JobConfig()
