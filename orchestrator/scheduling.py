"""Ray's side of the conversation with the conductor: a Tune searcher and a Tune scheduler.

Ray saves no scheduler and restores experiments by unpickling; neither is used. Ray's own copies
of these two objects are empty, and a resumed sweep is a new Tune experiment whose conductor has
read the journal.
"""

import contextlib
from typing import Any

from ray import tune
from ray.tune.experiment import Trial as TuneTrial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from orchestrator.conductor import Conductor
from orchestrator.config import TrialConfig


class ConductedSearcher(Searcher):
    """Hands the conductor's next trial to Tune."""

    def __init__(self, conductor: Conductor) -> None:
        super().__init__()
        self._conductor = conductor

    def __reduce__(self) -> tuple[Any, ...]:
        # Tune pickles its searcher with every snapshot; the journal makes that copy needless.
        return (Searcher, ())

    def set_search_properties(
        self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any
    ) -> bool:
        """Nothing of Tune's is needed: metric and space are the conductor's."""
        return True

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next configuration, flat; None for "not now", FINISHED when none is left."""
        config = self._conductor.next_trial()
        if config is not None:
            return config.to_flat()
        return Searcher.FINISHED if self._conductor.over else None

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """The scheduler has told the conductor already."""

    def save(self, checkpoint_path: str) -> None:
        """The journal has it all."""

    def restore(self, checkpoint_path: str) -> None:
        """Never asked for: a resumed sweep is a new Tune experiment."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """The journal has it all."""


class ConductedScheduler(FIFOScheduler):
    """Runs trials in the order asked; the conductor says which of them stop."""

    def __init__(self, conductor: Conductor) -> None:
        super().__init__()
        self._conductor = conductor

    def __reduce__(self) -> tuple[Any, ...]:
        return (FIFOScheduler, ())

    def set_search_properties(self, metric: str | None, mode: str | None, **spec: Any) -> bool:
        """Nothing of Tune's is needed."""
        return True

    def on_trial_result(
        self, tune_controller: Any, trial: TuneTrial, result: dict[str, Any]
    ) -> str:
        """Pass the row on and stop the trial if the conductor says so."""
        goes_on = self._conductor.goes_on(signature(trial), result)
        return TrialScheduler.CONTINUE if goes_on else TrialScheduler.STOP


class TuneEvents(tune.Callback):
    """What else Tune does, passed on: a trial is begun or over, a step of Tune's loop is made."""

    def __init__(self, conductor: Conductor, watch: Any) -> None:
        self._conductor = conductor
        self._watch = watch

    def __reduce__(self) -> tuple[Any, ...]:
        return (tune.Callback, ())

    def on_trial_start(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """A process works on the trial."""
        self._conductor.started(signature(trial))

    def on_trial_error(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """The last try of a trial has failed.

        Told here, not to the scheduler: Tune calls a scheduler's `on_trial_error` also for a
        failure after which it tries again.
        """
        error = trial.get_error()
        self._conductor.crashed(signature(trial), f"{type(error).__name__}: {error}".strip())

    def on_trial_complete(
        self, iteration: int, trials: list[TuneTrial], trial: TuneTrial, **info: Any
    ) -> None:
        """Drop the checkpoints of a trial that nothing will ever go on with."""
        if not self._conductor.ledger.entries[signature(trial)].pending and trial.storage:
            files, folder = trial.storage.storage_filesystem, trial.storage.trial_fs_path
            with contextlib.suppress(OSError):
                files.delete_dir(folder)

    def on_step_end(self, iteration: int, trials: list[TuneTrial], **info: Any) -> None:
        """Let the terminal show where things stand."""
        self._watch()


def signature(trial: TuneTrial) -> str:
    """Our name of a Tune trial: that of its configuration."""
    return TrialConfig.from_flat(trial.config).signature()
