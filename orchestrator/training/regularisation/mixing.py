"""Mixup: a training step sees weighted means of two images, and is held to both labels.

Source: Zhang et al. 2018, https://arxiv.org/abs/1710.09412; one share a step, Beta(alpha, alpha),
as in their code. An image's partner is the one as far from the batch's other end: batches are
shuffled, so that is anyone. Images are augmented before they are mixed.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.config import TrialConfig

STREAM = 1
"""Sets these draws apart from those of the epoch's order."""


def shares(config: TrialConfig, epoch: int, steps: int) -> NDArray[np.float32] | None:
    """The share that an image keeps, a step each; drawn from (seed, epoch) alone.

    Args:
        config: of the trial.
        epoch: counted from 1.
        steps: of the epoch.

    Returns:
        (steps,) in 0 to 1; None where mixup is off.
    """
    if config.mixup == 0:
        return None
    draws = np.random.default_rng([config.seed, epoch, STREAM])
    return draws.beta(config.mixup, config.mixup, steps).astype(np.float32)


def mixed(values: Any, share: Any) -> Any:
    """Share of each of (n, ...) values and 1 - share of its partner's; tensors of any backend."""
    return share * values + (1.0 - share) * values[::-1]
