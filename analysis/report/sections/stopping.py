"""How a sweep's trials were compared and stopped, in a sentence, from what it has on record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis import wording
from analysis.figures.rungs import BEFORE

NOBODY = "Nobody was to be stopped early: every trial trains to its last epoch."


@dataclass(frozen=True)
class Comparison:
    """What `sweep.json` says of it.

    Attributes:
        rungs: epochs of the longest trial after which trials are compared.
        factor: one in this many goes on; 0: not on record.
        finalists: so many at least reach their last epoch; 0: not on record.
        is_by_fraction: whether shorter trials reach a rung as much earlier.
    """

    rungs: tuple[int, ...]
    factor: int
    finalists: int
    is_by_fraction: bool

    @property
    def after(self) -> str:
        """When: "after epochs 1 and 3"."""
        several = "s" if len(self.rungs) > 1 else ""
        epochs = wording.enumeration([str(rung) for rung in self.rungs])
        own = " (of the longest trials; shorter ones as far into their length)"
        return f"after epoch{several} {epochs}{own if self.is_by_fraction else ''}"

    @property
    def share(self) -> str:
        """Who goes on: "the best one in 3"."""
        return f"the best one in {self.factor}" if self.factor else "the best"

    @property
    def least(self) -> str:
        """How many at least; "" where that is not on record."""
        return f", {self.finalists} at least" if self.finalists else ""


def _first_epochs(made: Comparison) -> str:
    return (
        f"All trials are compared once, {made.after}; {made.share} of them{made.least}, trains on "
        "to the last epoch. The others wait until it is sure that they do not belong to these, and "
        "are then pruned."
    )


def _halving(made: Comparison) -> str:
    return (
        f"Trials are compared {made.after}: each waits there until those that it is compared with "
        f"can no longer change who goes on, {made.share}{made.least}; the others are pruned."
    )


def _hyperband(made: Comparison) -> str:
    never = "later groups leave out the first comparisons, the last of a round all of them"
    return (
        f"Trials are compared in groups {made.after}, {made.share} of a group goes on and the "
        f"others are pruned; {never}."
    )


def _promotion(made: Comparison) -> str:
    return (
        f"Trials are compared {made.after}: each waits there, and goes on once it belongs to "
        f"{made.share} of those that have come; who is left in the end is pruned."
    )


def _delayed(made: Comparison) -> str:
    held = "but not while more than that have gone on already; who is left in the end is pruned"
    return f"{_promotion(made).partition(';')[0]}, {held}."


def _asha(made: Comparison) -> str:
    return (
        f"Trials are compared {made.after}: {made.share} of those that have come so far goes on at "
        "once, the others are pruned at once; so the order in which they come counts."
    )


def _median(made: Comparison) -> str:
    return (
        f"Trials are compared {made.after}: pruned is whose best accuracy so far lies below the "
        "median of what the others had on average by then."
    )


def _extrapolation(made: Comparison) -> str:
    return (
        f"Learning curves are continued {made.after}: a trial waits there while it can hardly "
        "catch up with the best one, and is pruned where that stays so."
    )


SENTENCES: Mapping[str, Callable[[Comparison], str]] = {
    "halving": _halving,
    "promotion": _promotion,
    "delayed_promotion": _delayed,
    "asha": _asha,
    "hyperband": _hyperband,
    "median": _median,
    "first_epochs": _first_epochs,
    "extrapolation": _extrapolation,
}
"""Scheduler -> what it did; a test holds it against `scheduling.schedulers.catalogue`."""


def stopping(sweep: Mapping[str, Any], identity: Mapping[str, Any]) -> str:
    """How trials were stopped; "" where that is not on record.

    Args:
        sweep: `sweep.json`.
        identity: its part of that name.
    """
    rungs = sweep.get("rungs")
    if identity.get("early_stopping") is False or rungs == []:
        return NOBODY
    if not isinstance(rungs, list) or not all(isinstance(rung, int) for rung in rungs):
        return ""
    name = str(identity.get("scheduler") or BEFORE)
    made = Comparison(
        tuple(rungs),
        _number(sweep.get("reduction_factor") or identity.get("reduction_factor")),
        _number(sweep.get("finalists")),
        identity.get("rungs_by") == "fraction",
    )
    if name not in SENTENCES:
        return f"Trials are compared {made.after}, by {name}."
    return f"{SENTENCES[name](made)} ({name})"


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
