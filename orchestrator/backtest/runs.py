"""Every scheduler on every order, slot number and size of sweep: a row a run."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from orchestrator.backtest.orders import Order
from orchestrator.backtest.recorded_grid import RecordedGrid, RecordedTrial
from orchestrator.backtest.replay import Conditions, Maker, Replay, Replayed
from results.backtest.tables import BACKTEST
from results.schema import table

NONE = "none"
"""The scheduler that stops nobody."""

RAY = "ray_asha"
"""Ray Tune's own, which ours are measured against."""

Row = dict[str, Any]
"""Of `results.backtest.tables.BACKTEST`."""


@dataclass(frozen=True)
class Bench:
    """What is replayed.

    Attributes:
        makers: scheduler -> how it is made.
        sizes: trials of a sweep.
        slots: trials at once.
        orders: of arrival.
        conditions: of all runs, but for the slots.
    """

    makers: Mapping[str, Maker]
    sizes: Sequence[int]
    slots: Sequence[int]
    orders: Sequence[Order]
    conditions: Conditions

    def runs(self, grid: RecordedGrid, begun: Callable[[str], object] = str) -> pa.Table:
        """A table of `BACKTEST`, a row a run.

        Args:
            grid: what was recorded.
            begun: is told which scheduler has its turn.

        Raises:
            BadInput: for rungs that cannot be.
        """
        rows: list[Row] = []
        for name, make in self.makers.items():
            begun(name)
            rows += self._of(name, make, grid)
        return table(BACKTEST, rows)

    def _of(self, name: str, make: Maker, grid: RecordedGrid) -> Iterator[Row]:
        replay, given = Replay(grid), self.conditions
        shared = {
            "scheduler": name,
            "grace_epochs": given.grace,
            "reduction_factor": given.reduction_factor,
            "longest": grid.longest,
            "recorded": len(grid.trials),
        }
        for size in self.sizes:
            for order in self.orders:
                trials = order.arrange(grid.trials, size)
                for slots in self.slots:
                    conditions = replace(given, slots=slots)
                    measured = measures(trials, replay.run(trials, make, conditions))
                    place = {"trials": size, "slots": slots, "order": order.kind}
                    yield {**shared, **place, "seed": order.seed, **measured}


def measures(trials: Sequence[RecordedTrial], replayed: Replayed) -> Row:
    """What a run cost, and what it delivered of what these trials had in them.

    The regret is that of the best net that the sweep has: only trials that came to their own end
    leave one. A trial that waits or was stopped may have shown a better accuracy on its way; what
    choosing that one would have come to is `seen_regret`.

    Args:
        trials: all that arrived.
        replayed: what the run came to.
    """
    best = max(trial.best for trial in trials)
    trained = {trial: replayed.epochs.get(trial.trial, 0) for trial in trials}
    reached = {trial: trial.reached(epochs) for trial, epochs in trained.items()}
    picked = max(trials, key=lambda trial: reached[trial])
    seen = max(trials, key=lambda trial: _seen(trial, trained[trial]))
    return {
        "epochs": sum(trained.values()),
        "all_epochs": sum(len(trial.rows) for trial in trials),
        "seconds": replayed.seconds,
        "finished": sum(value > 0 for value in reached.values()),
        "picked": picked.trial if reached[picked] else None,
        "accuracy": reached[picked],
        "regret": 100 * (best - reached[picked]),
        "seen": seen.trial,
        "seen_regret": 100 * (best - seen.best),
    }


def _seen(trial: RecordedTrial, epochs: int) -> float:
    values = (row["validation_accuracy"] for row in trial.rows[:epochs])
    return max((value for value in values if math.isfinite(value)), default=-math.inf)
