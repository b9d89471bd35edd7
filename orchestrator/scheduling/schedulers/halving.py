"""Successive halving, one group for the sweep: no order of arrival changes who goes on.

See `Cohort` for source and arithmetic.
"""

import math
from collections.abc import Iterator

from orchestrator.scheduling.schedulers.cohort import Cohort
from orchestrator.scheduling.schedulers.cohorts import Cohorts
from orchestrator.scheduling.schedulers.trial_scheduler import Setup


def halving(setup: Setup) -> Cohorts:
    """All trials are compared with one another; very many, in groups.

    Args:
        setup: see there.

    Raises:
        BadInput: for a factor below 2.
    """
    rungs, eta = setup.rungs.epochs, setup.reduction_factor
    return Cohorts(setup, _groups(rungs, eta, group_size(setup), setup.finalists))


def group_size(setup: Setup) -> int:
    """How many trials are compared with one another before any of them goes on.

    A group lets eta trials finish, or up to twice as many: were it larger, a sweep that ends by the
    clock would have compared many and finished none, and the search had learnt of first epochs
    alone.

    Args:
        setup: see there.
    """
    least = int(setup.reduction_factor ** (len(setup.rungs.epochs) + 1))
    groups = max(1, setup.trials // least)
    return math.ceil(setup.trials / groups)


def _groups(rungs: tuple[int, ...], eta: int, size: int, finalists: int) -> Iterator[Cohort]:
    while True:
        yield Cohort(rungs, [eta] * len(rungs), size, finalists)
