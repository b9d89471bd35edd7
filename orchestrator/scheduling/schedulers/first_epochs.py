"""One comparison, after the first epochs; then the best few train to their end.

The baseline that any cleverer scheduler has to beat: Egele et al., "Is One Epoch All You Need For
Multi-Fidelity Hyperparameter Optimization?" (ESANN 2023, https://arxiv.org/abs/2307.15422).
"""

import dataclasses
import itertools

from orchestrator.scheduling.schedulers.cohort import Cohort
from orchestrator.scheduling.schedulers.cohorts import Cohorts
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.scheduling.schedulers.trial_scheduler import Setup


def first_epochs(setup: Setup) -> Cohorts:
    """Only the first rung compares, and as few go on as halving would let finish.

    Args:
        setup: see there.

    Raises:
        BadInput: for a factor below 2.
    """
    rungs = setup.rungs.epochs
    first, factor = rungs[:1], setup.reduction_factor ** len(rungs)
    factors, finalists = [factor] * len(first), setup.finalists
    groups = (Cohort(first, factors, setup.trials, finalists) for _ in itertools.count())
    only = dataclasses.replace(setup, rungs=RungEpochs(first, setup.rungs.length))
    return Cohorts(only, groups)
