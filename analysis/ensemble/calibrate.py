"""One temperature that makes confidence mean what it says."""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

COLDEST, HOTTEST = 0.05, 20.0
"""Range of temperatures. Without an end a net that is right everywhere would get 0."""


def temperature(scores: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """T such that softmax(scores / T) has the lowest negative log-likelihood.

    In 1 / T the likelihood is log-concave, so its slope has one root, which is bracketed and found
    to four digits; no learning rate, no local optimum.

    Args:
        scores: (n, k) logits or log-probabilities, finite.
        labels: (n,) integers below k.

    Returns:
        `COLDEST` to `HOTTEST`; above 1 the scores were too confident. 1 without any image, or
        where the temperature changes nothing (all scores of a row alike).

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2,
    https://arxiv.org/abs/1706.04599. They use gradient descent; the optimum is the same.
    """
    centred = scores - scores.max(axis=1, keepdims=True, initial=-np.inf)
    if not len(centred) or not centred.any():
        return 1.0
    wanted = float(centred[np.arange(len(labels)), labels].mean())

    def slope(log_t: float) -> float:
        exponentials = np.exp(centred / np.exp(log_t))
        expected = (centred * exponentials).sum(axis=1) / exponentials.sum(axis=1)
        return float(expected.mean()) - wanted

    low, high = np.log(COLDEST), np.log(HOTTEST)
    if slope(low) <= 0:
        return COLDEST
    if slope(high) >= 0:
        return HOTTEST
    return float(np.exp(optimize.brentq(slope, low, high, xtol=1e-4)))
