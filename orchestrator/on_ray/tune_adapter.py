"""Ray's side of the conversation with the scheduler: a Tune searcher and a Tune scheduler.

Ray saves no scheduler and restores experiments by unpickling; neither is used. Ray's own copies
of these two objects are empty, and a resumed sweep is a new Tune experiment whose scheduler has
read the journal.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.exceptions import RayActorError, RayError, RayTaskError
from ray.tune.error import TuneError
from ray.tune.experiment import Trial as TuneTrial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from orchestrator.config import TrialConfig
from orchestrator.scheduling.failures import cause_of
from orchestrator.scheduling.hang_detector import HangDetector
from orchestrator.scheduling.scheduler import Scheduler


class TuneSearcher(Searcher):
    """Hands the scheduler's next trial to Tune."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def __reduce__(self) -> tuple[Any, ...]:
        # Tune pickles its searcher with every snapshot; the journal makes that copy needless.
        return (Searcher, ())

    def set_search_properties(
        self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any
    ) -> bool:
        """Nothing of Tune's is needed: metric and space are the scheduler's."""
        return True

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next configuration, flat; None for "not now", FINISHED when none is left."""
        config = self._scheduler.next_trial()
        if config is not None:
            return config.to_flat()
        return Searcher.FINISHED if self._scheduler.over else None

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """The scheduler has told the scheduler already."""

    def save(self, checkpoint_path: str) -> None:
        """The journal has it all."""

    def restore(self, checkpoint_path: str) -> None:
        """Never asked for: a resumed sweep is a new Tune experiment."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """The journal has it all."""


class TuneScheduler(FIFOScheduler):
    """Runs trials in the order asked; the scheduler says which of them stop.

    Tune keeps every trial it has ever had, some 60 KB each, and looks through all of them at
    every step; so what has ended is taken from its hands.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler
        self._waiting: deque[TuneTrial] = deque()
        self._ended: deque[tuple[Any, TuneTrial]] = deque()

    def __reduce__(self) -> tuple[Any, ...]:
        return (FIFOScheduler, ())

    def set_search_properties(self, metric: str | None, mode: str | None, **spec: Any) -> bool:
        """Nothing of Tune's is needed."""
        return True

    def on_trial_result(
        self, tune_controller: Any, trial: TuneTrial, result: dict[str, Any]
    ) -> str:
        """Pass the row on and stop the trial if the scheduler says so."""
        goes_on = self._scheduler.goes_on(signature(trial), result)
        return TrialScheduler.CONTINUE if goes_on else TrialScheduler.STOP

    def on_trial_add(self, tune_controller: Any, trial: TuneTrial) -> None:
        """It waits for its turn."""
        take_errors_as_deaths(tune_controller)
        self._waiting.append(trial)

    def on_trial_complete(
        self, tune_controller: Any, trial: TuneTrial, result: dict[str, Any]
    ) -> None:
        """Stopped by our word; Tune has still to note it."""
        self._ended.append((tune_controller, trial))

    def on_trial_error(self, tune_controller: Any, trial: TuneTrial) -> None:
        """Its process is gone; Tune has still to note it."""
        self._ended.append((tune_controller, trial))

    def choose_trial_to_run(self, tune_controller: Any) -> TuneTrial | None:
        """Whose turn it is; asked at every step, before anything else of it happens."""
        while len(self._ended) > 1:  # one stays: where there is none, Tune reads its files
            forget(*self._ended.popleft())
        while self._waiting and self._waiting[0].status != TuneTrial.PENDING:
            self._waiting.popleft()
        return self._waiting[0] if self._waiting else None


MOST_SAID = 500
"""Characters of Ray's message that are kept: further on it may list a machine's processes."""


class TuneEvents(tune.Callback):
    """What else Tune does, passed on: a trial is begun or over, a step of Tune's loop is made.

    Args:
        scheduler: who decides.
        vigil: who is overdue; their processes are killed.
        over: called with every trial that nothing will ever go on with.
        watch: called after every step.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        hang_detector: HangDetector,
        over: Callable[[str], None],
        watch: Callable[[], None],
    ) -> None:
        self._scheduler = scheduler
        self._hang_detector = hang_detector
        self._over = over
        self._watch = watch
        self._actors: dict[str, TuneTrial] = {}
        self._hung: dict[str, float] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return (tune.Callback, ())

    def on_trial_start(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """A process works on the trial."""
        name = signature(trial)
        self._scheduler.started(name)
        self._actors[name] = trial
        self._hang_detector.begins(name)

    def on_trial_result(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, result: Any, **info: Any
    ) -> None:
        """It is alive."""
        name = signature(trial)
        if "earlier" in result:  # told again from its last state: no epoch has been timed
            self._hang_detector.begins(name)
        else:
            self._hang_detector.sign(name)

    def on_trial_error(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """Its process is gone: Tune is not asked to try again, the scheduler does."""
        name, said = signature(trial), last_error(trial)
        self._forget(name)
        if name in self._hung:
            cause, said = "hang", f"no sign for {self._hung.pop(name):.0f} s"
        else:
            cause = cause_of(said)
        self._scheduler.died(name, cause, " ".join(said.split())[:MOST_SAID])
        self._over_unless_pending(name)

    def on_trial_complete(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """Stopped by the scheduler's word."""
        name = signature(trial)
        self._forget(name)
        self._over_unless_pending(name)

    def on_step_end(self, iteration: int, trials: list[TuneTrial], **info: Any) -> None:
        """End who hangs; let the terminal show where things stand."""
        for name, seconds in self._hang_detector.overdue().items():
            actor = self._actors[name].temporary_state.ray_actor
            if actor is not None:
                self._hung[name] = seconds
                ray.kill(actor)
        self._watch()

    def _over_unless_pending(self, name: str) -> None:
        if not self._scheduler.ledger.entries[name].pending:
            self._over(name)

    def _forget(self, name: str) -> None:
        self._actors.pop(name, None)
        self._hang_detector.ends(name)


def last_error(trial: TuneTrial) -> str:
    """What Ray said when the trial's process died.

    Tune's own `get_error` looks where the experiment is stored; the text gets there much later.
    """
    try:
        said = Path(trial.error_file or "").read_text(errors="replace")
    except OSError as error:
        return f"nothing is known of it ({error})"
    return said.partition("\n")[2].strip()  # the first line is Tune's count of failures


FAILED = "_actor_task_failed"
"""What Tune's manager of actors calls with an exception that a trial's step came to."""


def take_errors_as_deaths(controller: Any) -> None:
    """Have whatever Ray raises in place of a trial's row count as the death of its process.

    Tune 2.60 ends the whole experiment at an exception that it does not know, and it does not know
    that of a process which Ray has killed for memory. Where another Ray has no such method, nothing
    is changed.

    Args:
        controller: Tune's.
    """
    manager = getattr(controller, "_actor_manager", None)
    failed = getattr(manager, FAILED, None)
    if failed is None or FAILED in vars(manager):  # done before
        return

    def as_death(tracked_actor_task: Any, exception: Exception) -> None:
        known = isinstance(exception, RayActorError | RayTaskError)
        if isinstance(exception, RayError) and not known:
            exception = RayActorError(error_msg=f"{type(exception).__name__}: {exception}")
        failed(tracked_actor_task=tracked_actor_task, exception=exception)

    setattr(manager, FAILED, as_death)


@contextlib.contextmanager
def errors_unwrapped() -> Iterator[None]:
    """What our part raises inside Tune comes out as itself: Tune gives its traceback as a text."""
    try:
        yield
    except TuneError as error:
        ours: BaseException | None = error
        while isinstance(ours, TuneError):
            ours = ours.__cause__ or ours.__context__
        raise (ours or error) from None


HELD = ("_trials", "_live_trials", "_stopped_trials", "_failed_trials", "_trials_to_cache")
"""Where Tune's controller keeps trials that have ended, in Ray 2.60."""


def forget(controller: Any, trial: TuneTrial) -> None:
    """Take a trial that has ended out of Tune's memory, its searches and its snapshots.

    Nothing of it is needed: who asks, asks the ledger. Where another Ray keeps its trials in other
    places, they stay there, which costs memory and time but changes nothing.

    Args:
        controller: Tune's.
        trial: left as it is if it has not ended.
    """
    if not trial.is_finished():
        return
    for name in HELD:
        held = getattr(controller, name, None)
        if held is not None and trial in held:
            held.remove(trial)
    getattr(controller, "_trial_metadata", {}).pop(trial.trial_id, None)


def signature(trial: TuneTrial) -> str:
    """Our name of a Tune trial: that of its configuration."""
    return TrialConfig.from_flat(trial.config).signature()
