"""The schedulers by name."""

from collections.abc import Callable
from functools import partial

from orchestrator.errors import BadInput
from orchestrator.scheduling.schedulers.asha import Asha
from orchestrator.scheduling.schedulers.first_epochs import first_epochs, first_rung_alone
from orchestrator.scheduling.schedulers.halving import halving
from orchestrator.scheduling.schedulers.hyperband import hyperband
from orchestrator.scheduling.schedulers.median import Median
from orchestrator.scheduling.schedulers.promotion import Promotion
from orchestrator.scheduling.schedulers.trial_scheduler import Setup, TrialScheduler


def _extrapolation(setup: Setup) -> TrialScheduler:
    # Only now: it brings NumPy along, and a command line that names schedulers needs none.
    from orchestrator.scheduling.schedulers.extrapolation import Extrapolation

    return Extrapolation(setup)


SCHEDULERS: dict[str, Callable[[Setup], TrialScheduler]] = {
    "halving": halving,
    "promotion": Promotion,
    "delayed_promotion": partial(Promotion, delayed=True),
    "asha": Asha,
    "hyperband": hyperband,
    "median": Median,
    "first_epochs": first_epochs,
    "extrapolation": _extrapolation,
}
"""Name -> how a scheduler of this kind is made."""

DEFAULT = "first_epochs"
"""What alone met all goals where recorded curves were replayed; see results/log.md, 2026-11-28."""

BEFORE = "asha"
"""What all sweeps had before there was a choice; of such a sweep nothing says so."""


def in_force(name: str, setup: Setup) -> Setup:
    """The comparison as a scheduler of this name makes it: some do without rungs."""
    return first_rung_alone(setup) if name == "first_epochs" else setup


def check(name: str) -> None:
    """Raises BadInput where no scheduler has this name."""
    if name not in SCHEDULERS:
        raise BadInput(f"unknown scheduler {name!r}; known: {', '.join(SCHEDULERS)}")
