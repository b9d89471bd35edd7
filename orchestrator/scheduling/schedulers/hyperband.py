"""Hyperband: several halvings, from many trials that are compared early to few that never are.

Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization" (JMLR 18, 2018,
https://arxiv.org/abs/1603.06560), algorithm 1: where nobody knows whether the first epochs say
enough, some trials are spared them. Bracket after bracket is filled, from the one that begins at
the first rung to the one that has none, and from the first again; each is a `Cohort` of its own.
"""

import math
from collections.abc import Iterator

from orchestrator.scheduling.schedulers.cohort import Cohort
from orchestrator.scheduling.schedulers.cohorts import Cohorts
from orchestrator.scheduling.schedulers.trial_scheduler import Setup


def hyperband(setup: Setup) -> Cohorts:
    """Brackets of trials, filled one after the other.

    Args:
        setup: see there.

    Raises:
        BadInput: for a factor below 2.
    """
    return Cohorts(setup, _brackets(setup.rungs.epochs, setup.reduction_factor))


def _brackets(rungs: tuple[int, ...], eta: int) -> Iterator[Cohort]:
    while True:
        for skipped in range(len(rungs) + 1):
            halvings = len(rungs) - skipped
            size = math.ceil((len(rungs) + 1) / (halvings + 1) * eta**halvings)
            yield Cohort(rungs[skipped:], [eta] * halvings, size, finalists=1)
