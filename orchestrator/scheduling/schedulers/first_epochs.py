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
    alone = first_rung_alone(setup)
    rungs, factor = alone.rungs.epochs, alone.reduction_factor
    factors, finalists = [factor] * len(rungs), setup.finalists
    groups = (Cohort(rungs, factors, setup.trials, finalists) for _ in itertools.count())
    return Cohorts(alone, groups)


def first_rung_alone(setup: Setup) -> Setup:
    """The comparison without its later rungs; their reduction comes at once, at the first."""
    rungs = setup.rungs.epochs
    return dataclasses.replace(
        setup,
        rungs=RungEpochs(rungs[:1], setup.rungs.length),
        reduction_factor=setup.reduction_factor ** max(1, len(rungs)),
    )
