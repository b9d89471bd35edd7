"""Ray's side of the conversation with our scheduler: a Tune searcher and a Tune scheduler.

Ray saves no scheduler and restores experiments by unpickling; neither is used. Ray's own copies
of these two objects are empty, and a resumed sweep is a new Tune experiment whose scheduler has
read the journal.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import ray
from ray import tune
from ray.tune.error import TuneError
from ray.tune.experiment import Trial as TuneTrial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from orchestrator.config import TrialConfig
from orchestrator.on_ray.tune_internals import (
    actor_of,
    forget,
    last_error,
    take_errors_as_deaths,
)
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
        """The scheduler knows already, by its last row."""

    def save(self, checkpoint_path: str) -> None:
        """The journal has it all."""

    def restore(self, checkpoint_path: str) -> None:
        """Never asked for: a resumed sweep is a new Tune experiment."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """The journal has it all."""


class TuneScheduler(FIFOScheduler):
    """Runs trials in the order asked; our scheduler says which of them stop.

    Tune keeps every trial it has ever had, some 60 KB each, and looks through all of them at
    every step; so what has ended is taken from its hands.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler
        self._queue: deque[TuneTrial] = deque()
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
        self._queue.append(trial)

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
        while self._queue and self._queue[0].status != TuneTrial.PENDING:
            self._queue.popleft()
        return self._queue[0] if self._queue else None


LONGEST_MESSAGE = 500
"""Characters of Ray's message that are kept: further on it may list a machine's processes."""


class TuneEvents(tune.Callback):
    """What else Tune does, passed on: a trial is begun or over, a step of Tune's loop is made.

    Args:
        scheduler: who decides.
        hang_detector: who is overdue; their processes are killed.
        on_finished: called with every trial that nothing will ever go on with.
        after_step: called after every step.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        hang_detector: HangDetector,
        on_finished: Callable[[str], None],
        after_step: Callable[[], None],
    ) -> None:
        self._scheduler = scheduler
        self._hang_detector = hang_detector
        self._on_finished = on_finished
        self._after_step = after_step
        self._started: dict[str, TuneTrial] = {}
        self._hung: dict[str, float] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return (tune.Callback, ())

    def on_trial_start(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """A process works on the trial."""
        name = signature(trial)
        self._scheduler.started(name)
        self._started[name] = trial
        self._hang_detector.begins(name)

    def on_trial_result(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, result: Any, **info: Any
    ) -> None:
        """It is alive."""
        name = signature(trial)
        if "taken_up" in result:  # told again from its last state: no epoch has been timed
            self._hang_detector.begins(name)
        else:
            self._hang_detector.sign(name)

    def on_trial_error(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """Its process is gone: Tune is not asked to try again, the scheduler does."""
        name, message = signature(trial), last_error(trial)
        self._forget(name)
        if name in self._hung:
            cause, message = "hang", f"no sign for {self._hung.pop(name):.0f} s"
        else:
            cause = cause_of(message)
        self._scheduler.died(name, cause, " ".join(message.split())[:LONGEST_MESSAGE])
        self._finish_unless_pending(name)

    def on_trial_complete(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """Stopped by the scheduler's word."""
        name = signature(trial)
        self._forget(name)
        self._finish_unless_pending(name)

    def on_step_end(self, iteration: int, trials: list[TuneTrial], **info: Any) -> None:
        """End who hangs; let the terminal show where things stand."""
        for name, seconds in self._hang_detector.overdue().items():
            actor = actor_of(self._started[name])
            if actor is not None:
                self._hung[name] = seconds
                ray.kill(actor)
        self._after_step()

    def _finish_unless_pending(self, name: str) -> None:
        if not self._scheduler.ledger.entries[name].pending:
            self._on_finished(name)

    def _forget(self, name: str) -> None:
        self._started.pop(name, None)
        self._hang_detector.ends(name)


@contextlib.contextmanager
def errors_unwrapped() -> Iterator[None]:
    """What our part raises inside Tune comes out as itself: Tune gives its traceback as a text."""
    try:
        yield
    except TuneError as error:
        cause: BaseException | None = error
        while isinstance(cause, TuneError):
            cause = cause.__cause__ or cause.__context__
        raise (cause or error) from None


def configured_signature(trial: TuneTrial) -> str:
    """The signature of a new Tune trial's configuration; Tune keeps it as the trial's name."""
    return TrialConfig.from_flat(trial.config).signature()


def signature(trial: TuneTrial) -> str:
    """Our name of a Tune trial, which it carries; see `configured_signature`."""
    return str(trial)
