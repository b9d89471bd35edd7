"""What one scheduler came to over all orders of arrival, and which goals that meets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchestrator.backtest.orders import ASCENDING, DESCENDING
from orchestrator.backtest.runs import RAY

Key = tuple[str, int, int]
"""Scheduler, trials of a sweep, slots."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """A number over orders of arrival.

    Attributes:
        median: over all orders.
        low: lower end of the median's 95 % interval (order statistics).
        high: its upper end.
        tenth: its 10th percentile.
        ninetieth: its 90th percentile.
        worst: the largest.
        ascending: mean where trials get better in the order in which they come.
        descending: mean where they get worse.
    """

    median: float
    low: float
    high: float
    tenth: float
    ninetieth: float
    worst: float
    ascending: float
    descending: float


@dataclass(frozen=True)
class Summary:
    """One scheduler in sweeps of one size with so many slots.

    Attributes:
        scheduler: its name.
        trials: of a sweep.
        slots: trials at once.
        orders: of arrival, n of all that follows.
        epochs: trained.
        share: of the epochs of the same trials where nobody is stopped.
        seconds: wall time.
        regret: see `results.backtest.tables.BACKTEST`, in points.
        seen_regret: see there.
    """

    scheduler: str
    trials: int
    slots: int
    orders: int
    epochs: Spread
    share: Spread
    seconds: Spread
    regret: Spread
    seen_regret: Spread


@dataclass(frozen=True)
class Goals:
    """What a scheduler should come to.

    Attributes:
        share: of all epochs that it trains, at most, median.
        of_ray: share of Ray's ASHA's epochs that it trains, at most, median by median.
        regret: points lost at the 90th percentile, at most.
        bad_order: epochs of the worst order by those of the median, at most.
    """

    share: float = 1 / 8
    of_ray: float = 1 / 1.5
    regret: float = 0.3
    bad_order: float = 2.0

    def met(self, of: Summary, ray: Summary | None) -> dict[str, bool]:
        """Goal, in words -> whether it is met; without Ray's figures that one is left out.

        Args:
            of: the scheduler.
            ray: Ray's ASHA under the same conditions.
        """
        goals = {"epochs": of.share.median <= self.share}
        if ray is not None:
            goals["Ray"] = of.epochs.median <= self.of_ray * ray.epochs.median
        goals["regret"] = of.regret.ninetieth <= self.regret
        goals["order"] = of.epochs.worst <= self.bad_order * of.epochs.median
        return goals


def summaries(rows: Iterable[Mapping[str, Any]]) -> dict[Key, Summary]:
    """A summary for each scheduler, size and slot number, in the rows' order.

    Args:
        rows: of `results.backtest.tables.BACKTEST`.
    """
    groups: dict[Key, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["scheduler"], row["trials"], row["slots"]), []).append(row)
    return {key: _summary(key, group) for key, group in groups.items()}


def _summary(key: Key, rows: Sequence[Mapping[str, Any]]) -> Summary:
    kinds = [row["order"] for row in rows]

    def of(name: str, per: str = "") -> Spread:
        return spread([row[name] / (row[per] if per else 1) for row in rows], kinds)

    return Summary(
        *key,
        orders=len(rows),
        epochs=of("epochs"),
        share=of("epochs", per="all_epochs"),
        seconds=of("seconds"),
        regret=of("regret"),
        seen_regret=of("seen_regret"),
    )


def spread(values: Sequence[float], kinds: Sequence[str]) -> Spread:
    """The numbers of one column.

    Args:
        values: one an order.
        kinds: of the orders.
    """
    low, high = median_interval(values)
    tenth, median, ninetieth = np.quantile(values, [0.1, 0.5, 0.9]).tolist()

    def mean(kind: str) -> float:
        own = [value for value, k in zip(values, kinds, strict=True) if k == kind]
        return float(np.mean(own)) if own else float("nan")

    return Spread(
        median, low, high, tenth, ninetieth, max(values), mean(ASCENDING), mean(DESCENDING)
    )


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """A 95 % interval of the median by order statistics, whatever the distribution.

    Fewer than six values have none at 95 %: then it is their whole range.
    """
    from scipy import stats  # takes a second, which a dry run need not wait for

    low, high = stats.quantile_test(values, p=0.5).confidence_interval(CONFIDENCE)
    if np.isnan(low) or np.isnan(high):
        return min(values), max(values)
    return float(low), float(high)


def ray_beside(key: Key) -> Key:
    """Ray's ASHA under the same conditions."""
    return (RAY, *key[1:])
