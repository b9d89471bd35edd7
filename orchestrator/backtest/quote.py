"""What a dry run says of the last backtest: stored numbers, nothing is replayed."""

import math
from pathlib import Path

import pyarrow.compute as pc

import results.backtest
from orchestrator.backtest.summary import Summary, summaries
from results.backtest.tables import BACKTEST, RUNS_FILE
from results.store import Store

SHIPPED = Path(results.backtest.__file__).parent
"""Folder of the backtest that comes with us."""


def quote(stores: list[Store], scheduler: str, trials: int, slots: int) -> str:
    """What this scheduler came to in the sweeps most like this one; "" where nothing is stored.

    Args:
        stores: folders where a backtest may be, the one that has precedence first.
        scheduler: its name.
        trials: of the sweep.
        slots: trials at once.

    Raises:
        DamagedResults: for a table that cannot be read.
    """
    place = next((store for store in stores if store.exists(RUNS_FILE)), None)
    if place is None:
        return ""
    own = pc.field("scheduler") == scheduler
    rows = place.read_table(RUNS_FILE, BACKTEST, own).to_pylist()
    if not rows:
        return ""
    size = _nearest({row["trials"] for row in rows}, trials)
    at_once = _nearest({row["slots"] for row in rows}, slots)
    chosen = [row for row in rows if (row["trials"], row["slots"]) == (size, at_once)]
    (summary,) = summaries(chosen).values()
    return _sentence(summary, chosen[0]["recorded"], chosen[0]["longest"])


def _nearest(numbers: set[int], wanted: int) -> int:
    return min(numbers, key=lambda number: (abs(math.log(number / wanted)), number))


def _sentence(of: Summary, recorded: int, longest: int) -> str:
    return (
        f"{of.scheduler}, replayed over {of.orders} orders of a recorded grid ({of.trials} of "
        f"{recorded} trials, {longest} epochs, {of.slots} at once): {of.share.median:.1%} of the "
        f"epochs, {of.regret.median:.1f} points lost at the median, {of.regret.ninetieth:.1f} at "
        "the 90th percentile"
    )
