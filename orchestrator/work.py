"""One run of one sweep, put together: the conductor, Ray Tune, the views of both."""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

import ray
from ray import tune

from orchestrator.command import Request, resume_command
from orchestrator.conductor import Conductor, Limits
from orchestrator.dashboard import Dashboard
from orchestrator.intact import lost_epochs
from orchestrator.ledger import Ledger
from orchestrator.plan import Plan
from orchestrator.reuse import FinishedTrials
from orchestrator.rungs import Rungs
from orchestrator.scheduling import (
    ConductedScheduler,
    ConductedSearcher,
    TuneEvents,
    errors_unwrapped,
)
from orchestrator.search import SEARCHES
from orchestrator.slots import Slots
from orchestrator.strategy import Setup, Strategy
from orchestrator.tables import Tables
from orchestrator.trial import Trial, TrialContext
from orchestrator.vigil import Vigil
from orchestrator.waiting import Waiting
from orchestrator.watch import Watch
from orchestrator.workplace import Workplace
from results.journals import AnyJournal
from results.paths import Paths
from results.store import Store

WAITING_AT_ONCE = "TUNE_MAX_PENDING_TRIALS_PG"
"""Variable of Tune's: trials that it asks for before those asked for have begun."""


@dataclass(frozen=True)
class Work:
    """One run of one sweep: what was asked, where it is written, who is told.

    Attributes:
        request: of the user.
        planned: what it means.
        journal: of the sweep, open.
        place: for files that grow.
        err: the terminal.
        trainable: what trains.
    """

    request: Request
    planned: Plan
    journal: AnyJournal
    place: Workplace
    err: TextIO
    trainable: type[Trial] = Trial

    @property
    def again(self) -> str:
        """The command that goes on."""
        return resume_command(self.request, self.planned.name)

    def say(self, line: str) -> None:
        """Tell the user."""
        print(line, file=self.err, flush=True)


def train(work: Work, slots: Slots) -> Ledger:
    """Train until nothing is left to do or the time is up; inside a Ray session."""
    planned = work.planned
    ledger = Ledger(work.journal, work.journal.read())
    if ledger.unknown:
        work.say(f"note: the journal has lost the beginning of {len(ledger.unknown)} trials")
    if lost := lost_epochs(planned, ledger):
        work.say(
            f"note: the journal lacks {lost} epochs that the tables have: its end was lost; they "
            "are taken from checkpoints where there are some, else trained again"
        )
    conductor = _conductor(work, ledger)
    tables = Tables(planned.store, planned.question, ledger)
    dashboard = Dashboard(work.place.tensorboard)
    with (
        Watch(planned, conductor, tables, dashboard, work.err) as watch,
        tempfile.TemporaryDirectory(prefix="tune-") as scratch,
    ):
        waiting = Waiting(slots, ray.nodes, watch.say)
        ledger.listen(waiting.on_event)

        def look() -> None:
            watch()
            waiting()
            with watch.harmless("the copy of TensorBoard's files"):
                work.place.keep_up()

        if forgotten := conductor.take_up():
            watch.say(f"note: {Paths().study} lacked {forgotten} trials; it was told them again")
        with errors_unwrapped():
            tuner(work, conductor, slots, look, scratch).fit()
    _drop_checkpoints(planned.store, ledger)
    whole = planned.sweep.budget.trials if conductor.exhausted else 0
    work.journal.append({"event": "done", "whole": whole})
    return ledger


def _drop_checkpoints(store: Store, ledger: Ledger) -> None:
    """Free the disk of what earlier runs kept of trials that nothing will ever go on with."""
    for trial in store.folders(Paths().checkpoints):
        if trial in ledger.entries and not ledger.entries[trial].pending:
            store.delete_folder(Paths().checkpoint(trial))


def _conductor(work: Work, ledger: Ledger) -> Conductor:
    planned, request = work.planned, work.request
    finished = FinishedTrials(planned.results, planned.store)
    for problem in finished.passed_over:
        work.say(f"note: not searched for finished trials: {problem}")
    budget = planned.sweep.budget
    return Conductor(
        base=planned.base,
        ledger=ledger,
        strategy=_strategy(work, ledger),
        rungs=Rungs(planned.milestones, budget.reduction_factor) if planned.milestones else None,
        limits=Limits(
            trials=budget.trials,
            concurrency=request.concurrency or float("inf"),
            deadline=time.monotonic() + (request.time_budget or float("inf")),
            budget_text=request.budget_text,
        ),
        finished=finished,
    )


def _strategy(work: Work, ledger: Ledger) -> Strategy:
    setup = Setup(
        axes=work.planned.axes,
        configurations=work.planned.sweep.configurations,
        seed=work.planned.seed,
        name=work.planned.name,
        file=work.place.study,
        asked=1 + max((entry.ticket for entry in ledger.entries.values()), default=-1),
    )
    return SEARCHES[work.planned.sweep.search](setup)


def tuner(
    work: Work, conductor: Conductor, slots: Slots, look: Callable[[], None], scratch: str
) -> tune.Tuner:
    """A Tune experiment for one run of the sweep; a resumed sweep gets a new one.

    Tune schedules, and keeps nothing for us: what it writes of its own goes to `scratch` and is
    never read. Checkpoints are the trial's, retries the conductor's.
    """
    planned = work.planned
    # Else one trial at a time waits for a process, and an autoscaler adds one machine at a time.
    os.environ[WAITING_AT_ONCE] = str(work.request.concurrency or 1)
    context = TrialContext(planned.store.place, planned.source, slots.threads)

    def over(trial: str) -> None:
        with contextlib.suppress(OSError):
            planned.store.delete_folder(Paths().checkpoint(trial))

    events = TuneEvents(conductor, Vigil(work.request.hang_after), over, look)
    return tune.Tuner(
        tune.with_resources(
            tune.with_parameters(work.trainable, context=context),
            {"cpu": slots.threads, "gpu": slots.gpus},
        ),
        tune_config=tune.TuneConfig(
            num_samples=-1,
            search_alg=ConductedSearcher(conductor),
            scheduler=ConductedScheduler(conductor),
            reuse_actors=True,
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
