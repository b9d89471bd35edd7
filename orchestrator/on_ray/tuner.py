"""The Tune experiment of one run of a sweep."""

import contextlib
import os
from collections.abc import Callable

from ray import tune

from orchestrator.on_ray.resources import TrialResources
from orchestrator.on_ray.trial import Trial, TrialContext
from orchestrator.on_ray.tune_adapter import (
    TuneEvents,
    TuneScheduler,
    TuneSearcher,
    configured_signature,
)
from orchestrator.plan import Plan
from orchestrator.request import SweepRequest
from orchestrator.scheduling.hang_detector import HangDetector
from orchestrator.scheduling.kept_states import KeptStates
from orchestrator.scheduling.scheduler import Scheduler

PENDING_AT_ONCE = "TUNE_MAX_PENDING_TRIALS_PG"
"""Variable of Tune's: trials that it asks for before those asked for have begun."""


def experiment(
    request: SweepRequest,
    plan: Plan,
    trainable: type[Trial],
    scheduler: Scheduler,
    resources: TrialResources,
    after_step: Callable[[], None],
) -> Callable[[str], tune.Tuner]:
    """A Tune experiment for one run of the sweep; a resumed sweep gets a new one.

    Tune schedules, and keeps nothing for us: what it writes of its own goes to a scratch folder
    and is never read. Checkpoints are the trial's, retries the scheduler's.

    Args:
        request: of the user.
        plan: of the sweep.
        trainable: what trains.
        scheduler: who decides.
        resources: of one trial.
        after_step: called after every step of Tune's loop.

    Returns:
        What makes the experiment in a scratch folder that ends with it.
    """
    # Else one trial at a time waits for a process, and an autoscaler adds one machine at a time.
    os.environ[PENDING_AT_ONCE] = str(request.concurrency or 1)
    context = TrialContext(
        plan.store.place, plan.source, resources.threads, plan.backend, plan.comparison.rungs
    )
    kept = KeptStates(plan.store, scheduler.ledger)
    with contextlib.suppress(OSError):
        kept.tidy()

    def settle(trial: str) -> None:
        with contextlib.suppress(OSError):
            kept.settle(trial)

    events = TuneEvents(scheduler, HangDetector(request.hang_after), settle, after_step)
    return lambda scratch: tune.Tuner(
        tune.with_resources(
            tune.with_parameters(trainable, context=context),
            {"cpu": resources.threads, "gpu": resources.gpus},
        ),
        tune_config=tune.TuneConfig(
            num_samples=-1,
            search_alg=TuneSearcher(scheduler),
            scheduler=TuneScheduler(scheduler),
            reuse_actors=True,
            trial_name_creator=configured_signature,
            trial_dirname_creator=lambda trial: str(trial.trial_id),
        ),
        run_config=tune.RunConfig(
            name="run",
            storage_path=scratch,
            verbose=0,
            callbacks=[events],
            failure_config=tune.FailureConfig(max_failures=0),
            checkpoint_config=tune.CheckpointConfig(
                # A last save by Tune would also cost the warm process: it reuses none that saves.
                checkpoint_frequency=0,
                checkpoint_at_end=False,
            ),
        ),
    )
