"""One run of one sweep, put together: the scheduler, Ray Tune, the views of both."""

import math
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from orchestrator.driver.integrity import lost_epochs
from orchestrator.driver.local_files import LocalFiles
from orchestrator.monitor.closing import run_name
from orchestrator.monitor.monitor import Monitor
from orchestrator.monitor.tables import TableWriter
from orchestrator.monitor.tensorboard import TensorBoardRuns
from orchestrator.on_ray.capacity import CapacityWatch
from orchestrator.on_ray.resources import TrialResources
from orchestrator.on_ray.session import cluster_resources
from orchestrator.on_ray.trial import Trial
from orchestrator.on_ray.tune_adapter import errors_unwrapped
from orchestrator.on_ray.tuner import experiment
from orchestrator.plan import Plan
from orchestrator.request import SweepRequest, resume_command
from orchestrator.scheduling import earlier_trials
from orchestrator.scheduling.finished_trials import FinishedTrials
from orchestrator.scheduling.kept_states import KeptStates
from orchestrator.scheduling.ledger import Ledger
from orchestrator.scheduling.limits import Limits
from orchestrator.scheduling.scheduler import Scheduler
from orchestrator.scheduling.schedulers.catalogue import SCHEDULERS
from orchestrator.scheduling.schedulers.rivals import with_rivals
from orchestrator.scheduling.schedulers.trial_scheduler import TrialScheduler
from orchestrator.search.catalogue import SEARCHES
from orchestrator.search.strategy import Setup, Strategy, lag_of
from results.journal.event_journal import EventJournal
from results.paths import Paths


@dataclass(frozen=True)
class SweepRun:
    """One run of one sweep: what was asked, where it is written, who is told.

    Attributes:
        request: of the user.
        planned: what it means.
        journal: of the sweep, open.
        place: for files that grow.
        err: the terminal.
        trainable: what trains.
        began: moment of `time.monotonic` at which the command began.
    """

    request: SweepRequest
    planned: Plan
    journal: EventJournal
    place: LocalFiles
    err: TextIO
    trainable: type[Trial] = Trial
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """That the command has taken so far."""
        return time.monotonic() - self.began

    @property
    def again(self) -> str:
        """The command that goes on."""
        return resume_command(self.request, self.planned.name)

    def say(self, line: str) -> None:
        """Tell the user."""
        print(line, file=self.err, flush=True)


def train(work: SweepRun, resources: TrialResources) -> Ledger:
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
    threads = None if resources.gpus else resources.threads
    scheduler = _scheduler(work, ledger, threads, slots_of(work, resources))
    tables = TableWriter(planned.store, planned.question, ledger)
    dashboard = TensorBoardRuns(work.place.tensorboard)
    with (
        Monitor(planned, scheduler, tables, dashboard, work.err) as monitor,
        tempfile.TemporaryDirectory(prefix="tune-") as scratch,
    ):
        capacity = CapacityWatch(resources, monitor.say)
        ledger.listen(capacity.on_event)

        def after_step() -> None:
            work.journal.keep_up()
            monitor()
            capacity.check()
            with monitor.harmless("the copy of TensorBoard's files"):
                work.place.keep_up()

        forgotten = scheduler.take_up()
        if forgotten and not planned.searches_elsewhere:  # else its study is a new one
            monitor.say(f"note: {Paths().study} lacked {forgotten} trials; it was told them again")
        with errors_unwrapped():
            make = experiment(
                work.request, planned, work.trainable, scheduler, resources, after_step
            )
            make(scratch).fit()
    KeptStates(planned.store, ledger).tidy()
    trials = planned.sweep.budget.trials if scheduler.exhausted else 0
    work.journal.append({"event": "done", "whole": trials})
    return ledger


def _scheduler(work: SweepRun, ledger: Ledger, threads: int | None, slots: int | None) -> Scheduler:
    planned, request = work.planned, work.request
    finished = FinishedTrials(planned.results, planned.store, planned.backend, threads=threads)
    for problem in finished.passed_over:
        work.say(f"note: not searched for finished trials: {problem}")
    budget = planned.sweep.budget
    compares = rule(planned, ledger.earlier)
    lag = lag_of(slots) if slots and (compares is None or compares.waits) else None
    if note := order_note(planned.sweep.search, planned.scheduler, slots, lag):
        work.say(f"note: {note}")
    scheduler = Scheduler(
        base=planned.base,
        ledger=ledger,
        strategy=_strategy(work, ledger, lag),
        rule=compares,
        limits=Limits(
            trials=budget.trials,
            concurrency=request.concurrency or float("inf"),
            deadline=time.monotonic() + (request.time_budget or float("inf")),
            budget_text=str(request.time_budget or ""),
            epochs_of=planned.epochs_of,
        ),
        finished=finished,
    )
    scheduler.source.run_name = lambda entry: run_name(entry, planned.space.varied)
    return scheduler


def rule(planned: Plan, earlier: Mapping[str, Any]) -> TrialScheduler | None:
    """What compares trials, with those of earlier sweeps; None where none is stopped early."""
    if not planned.scheduler:
        return None
    new = SCHEDULERS[planned.scheduler](planned.comparison)
    return with_rivals(new, earlier_trials.rivals(earlier))


def slots_of(work: SweepRun, resources: TrialResources) -> int | None:
    """How many trials run at once; None on a cluster whose nodes may come and go."""
    if work.request.address:
        return work.request.concurrency
    there = cluster_resources()
    room = [there.get("CPU", 0.0) // resources.threads]
    if resources.gpus:
        room.append(there.get("GPU", 0.0) // resources.gpus)
    return max(1, int(min([*room, work.request.concurrency or math.inf])))


def order_note(search: str, scheduler: str | None, slots: int | None, lag: int | None) -> str:
    """Where the same command again may ask for other configurations, and why; "" where not."""
    if search != "tpe" or lag is not None or slots == 1:
        return ""
    why, way_out = f"{scheduler} compares trials as they arrive", "--scheduler halving"
    if slots is None:
        why, way_out = "how many trials a cluster runs at once may change", "--concurrency N"
    return (
        "TPE draws from the results that are there when a process gets free, so the same command "
        f"again may try other configurations ({why}; not so with {way_out})"
    )


def _strategy(work: SweepRun, ledger: Ledger, lag: int | None) -> Strategy:
    setup = Setup(
        space=work.planned.space,
        seed=work.planned.seed,
        name=work.planned.name,
        file=work.place.study,
        given=1 + max((entry.ticket for entry in ledger.entries.values()), default=-1),
        question=work.planned.sweep.question,
        extensions=ledger.extensions,
        first=earlier_trials.held(ledger.earlier.get("first", ()), work.planned.space),
        lag=lag,
    )
    return SEARCHES[work.planned.sweep.search](setup)
