"""One sweep on recorded curves: the real `Scheduler` decides, the clock advances as recorded."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.backtest.recorded_grid import RecordedGrid, RecordedTrial
from orchestrator.config import TrialConfig
from orchestrator.scheduling.ledger import Ledger
from orchestrator.scheduling.limits import Limits
from orchestrator.scheduling.scheduler import Scheduler
from orchestrator.scheduling.schedulers.rungs import RungEpochs, milestones
from orchestrator.scheduling.schedulers.trial_scheduler import (
    Setup,
    TrialScheduler,
    usual_finalists,
)
from orchestrator.search.grid_random import GridSearch
from orchestrator.search.space import SearchSpace
from orchestrator.search.strategy import Setup as SearchSetup

Maker = Callable[[Setup], TrialScheduler] | None
"""How a scheduler is made; None: nobody is stopped."""


@dataclass(frozen=True)
class Conditions:
    """Under which a sweep is replayed.

    Attributes:
        slots: trials at once.
        grace: the first rung's epoch.
        reduction_factor: one trial in this many goes on.
        finalists: so many reach their last epoch at least; 0: as many as in a sweep that says none.
        start_seconds: what a start of a trial takes, and its going on after it has waited.
    """

    slots: int = 1
    grace: int = 1
    reduction_factor: int = 3
    finalists: int = 0
    start_seconds: float = 0.0


@dataclass(frozen=True)
class Replayed:
    """What a sweep came to.

    Attributes:
        epochs: trial -> epochs trained, in the order begun.
        seconds: from the first start to the last epoch's end.
    """

    epochs: dict[str, int]
    seconds: float


class Replay:
    """Sweeps over the trials of one grid.

    Args:
        grid: what was recorded.
    """

    def __init__(self, grid: RecordedGrid) -> None:
        self._grid = grid
        self._base = grid.trials[0].config
        self._space = SearchSpace.of({}, (self._values(trial) for trial in grid.trials))

    def _values(self, trial: RecordedTrial) -> dict[str, Any]:
        return {name: getattr(trial.config, name) for name in self._grid.varied}

    def run(self, trials: Sequence[RecordedTrial], make: Maker, conditions: Conditions) -> Replayed:
        """One sweep.

        Args:
            trials: in the order in which they arrive.
            make: see there.
            conditions: see there.

        Raises:
            BadInput: for rungs that cannot be.
            RuntimeError: of a scheduler that leaves a sweep without end.
        """
        scheduler = self._scheduler(trials, make, conditions)
        clock = _Clock(scheduler, {trial.trial: trial for trial in trials}, conditions)
        seconds = clock.run_out()
        entries = scheduler.ledger.entries
        return Replayed({trial: len(entry.rows) for trial, entry in entries.items()}, seconds)

    def _scheduler(
        self, trials: Sequence[RecordedTrial], make: Maker, conditions: Conditions
    ) -> Scheduler:
        factor = conditions.reduction_factor
        rungs = RungEpochs(milestones(conditions.grace, factor, self._grid.longest))
        n = len(trials)
        setup = Setup(
            rungs, factor, self._grid.longest, n, conditions.finalists or usual_finalists(n)
        )
        arriving = replace(self._space, configurations=tuple(map(self._values, trials)))
        journal: list[dict[str, Any]] = []
        return Scheduler(
            base=self._base,
            ledger=Ledger(journal),
            strategy=GridSearch(SearchSetup(arriving)),
            rule=make(setup) if make and rungs.epochs else None,
            limits=Limits(len(trials), conditions.slots),
        )


class _Clock:
    """What Tune and the processes do, in no time: trials train in slots, epochs end in order.

    Args:
        scheduler: is asked.
        recorded: signature -> trial.
        conditions: see there.
    """

    def __init__(
        self, scheduler: Scheduler, recorded: dict[str, RecordedTrial], conditions: Conditions
    ) -> None:
        self._scheduler = scheduler
        self._recorded = recorded
        self._conditions = conditions
        self._now = 0.0
        self._begun = 0  # of epochs that end at once the one that began first is told first
        self._running: list[tuple[float, int, str, int]] = []  # end, begun, trial, epoch

    def run_out(self) -> float:
        """Until nothing is left to do; the time that it took, in seconds."""
        while self._fill():
            self._now, _, trial, epoch = heapq.heappop(self._running)
            recorded = self._recorded[trial]
            result = dict(recorded.rows[epoch - 1])
            if epoch == len(recorded.rows):
                result |= {"stop": recorded.ended_by, "stop_reason": "as recorded"}
            if self._scheduler.goes_on(trial, result):
                self._begin(trial, epoch + 1, 0.0)
        if not self._scheduler.over:
            raise RuntimeError("nothing runs, nothing comes, and the sweep is not over")
        return self._now

    def _fill(self) -> bool:
        """Give free slots to whom the scheduler names; whether anything runs."""
        while len(self._running) < self._conditions.slots:
            config: TrialConfig | None = self._scheduler.next_trial()
            if config is None:
                break
            trial = config.signature()
            self._scheduler.started(trial)
            done = len(self._scheduler.ledger.entries[trial].rows)
            self._begin(trial, done + 1, self._conditions.start_seconds)
        return bool(self._running)

    def _begin(self, trial: str, epoch: int, delay: float) -> None:
        seconds = self._recorded[trial].rows[epoch - 1]["seconds"]
        self._begun += 1
        heapq.heappush(self._running, (self._now + delay + seconds, self._begun, trial, epoch))
