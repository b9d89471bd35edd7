"""What a trial will have reached at its last epoch, from its epochs so far, and how sure that is.

After Domhan et al., "Speeding Up Automatic Hyperparameter Optimization of Deep Neural Networks by
Extrapolation of Learning Curves" (IJCAI 2015): a curve that still rises is continued by functions
that level off, weighted by how well they fit, so that the answer has a spread. Where we differ: one
family, the power law, and what they sample is summed exactly, so equal epochs give equal answers.

The curve is the best value so far, for that is what a trial counts by, and no dip of one epoch
misleads it. With T the last epoch:

    best(t) = start + gain · rise(t) + noise,    rise(t) = (1 - t^-c) / (1 - T^-c)

`rise` goes from 0 at epoch 1 to 1 at T; c = 0 is its limit, log t / log T. Start and gain are
normal before a value is seen, the noise is normal; so for each c and size of the noise the end of
the curve is normal too, and how well both explain the epochs has a closed form. How much trials
gain differs between data sets more than between trials of one, so a sweep learns it from those that
have finished: each says how well every one of KINDS explains it. What no power law foresees, such
as the late gain of a falling learning rate, widens the answer by DRIFT.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

EXPONENTS = np.array([-0.3, 0.0, 0.3, 0.6, 1.0, 2.0])[:, None]
"""c: how soon a curve levels off, all as likely; below 0 it gains more with each e-fold of epochs,
as where augmentation or a falling learning rate pay late."""

NOISES = np.array([0.005, 0.01, 0.02, 0.04])[None, :]
"""Standard deviations of the noise, in accuracy, all as likely."""

START, START_SPREAD = 0.35, 0.3
"""What the first epoch reaches, before it is seen: hardly anything is known of it."""

KINDS = np.array(list(itertools.product((0.02, 0.04, 0.06, 0.09, 0.13, 0.18), (0.01, 0.02, 0.04))))[
    :, :, None, None
]
"""Kinds of sweeps, all as likely: the mean of its trials' gains and their standard deviation, in
accuracy each time that the epochs grow e-fold."""

DRIFT = 0.035
"""Standard deviation of what no power law foresees while the epochs grow e-fold."""

NO_LESSON = np.zeros(len(KINDS))
"""Where no trial has finished."""


@dataclass(frozen=True)
class Forecast:
    """A value to come, normal.

    Attributes:
        mean: expected, in [0, 1], for values are accuracies.
        spread: standard deviation, >= 0; 0 for what has been reached.
    """

    mean: float
    spread: float = 0.0

    def probability(self, value: float) -> float:
        """That it comes to this value or more."""
        if not self.spread:
            return float(self.mean >= value)
        return 0.5 * math.erfc((value - self.mean) / (self.spread * math.sqrt(2)))


@dataclass(frozen=True)
class Outlook:
    """What a curve says of its end, for each of KINDS.

    Attributes:
        reached: the best value so far.
        evidence: (kinds,): logarithm of how probable the curve is.
        means: (kinds,): of the best value at the last epoch.
        variances: (kinds,): of the same.
    """

    reached: float
    evidence: np.ndarray
    means: np.ndarray
    variances: np.ndarray


def outlook(curve: Mapping[int, float], epochs: int) -> Outlook | None:
    """What a curve says of the best value at its last epoch, and of the sweep that it is from.

    Args:
        curve: epoch, from 1 -> value; what is not finite is passed over.
        epochs: of the trial.

    Returns:
        None where no value is finite.
    """
    values = {t: curve[t] for t in sorted(curve) if math.isfinite(curve[t])}
    if not values:
        return None
    best = np.maximum.accumulate(np.array(list(values.values())))
    reached, latest, last = float(best[-1]), max(curve), max(2, epochs)
    evidence, means, variances = _ends(np.array(list(values), float), best, last)
    drift = DRIFT**2 * math.log(max(1.0, last / latest))
    means = means.clip(reached, max(1.0, reached))
    return Outlook(reached, evidence, means, variances + drift)


def forecasts(outlooks: Sequence[Outlook], lesson: np.ndarray = NO_LESSON) -> list[Forecast]:
    """The best values that trials will have reached at their last epochs.

    Args:
        outlooks: of them.
        lesson: the sum of the evidence of those that have finished.
    """
    if not outlooks:
        return []
    evidence = np.array([o.evidence for o in outlooks]) + lesson
    means = np.array([o.means for o in outlooks])
    share = _normalised(evidence, (1,))
    mean = (share * means).sum(1)
    variances = np.array([o.variances for o in outlooks]) + (means - mean[:, None]) ** 2
    spread = np.sqrt((share * variances).sum(1))
    return [Forecast(m, s) for m, s in zip(mean.tolist(), spread.tolist(), strict=True)]


def _ends(t: np.ndarray, best: np.ndarray, epochs: int) -> tuple[np.ndarray, ...]:
    """Evidence, mean and variance of start + gain, for each kind.

    All arrays are (kinds, exponents, noises), summed over the latter two; in between the epochs
    seen are a fourth axis.
    """
    rise = _rise(t, epochs)
    gain, spread = np.moveaxis(KINDS * math.log(epochs), 1, 0)
    rest = best - START - gain * rise[None]
    weight = NOISES**-2.0
    # The posterior's precision [[a, b], [b, d]] and what it is multiplied with, [u, v]:
    a = START_SPREAD**-2 + len(t) * weight
    b = rise.sum(1, keepdims=True) * weight
    d = spread**-2 + (rise**2).sum(1, keepdims=True) * weight
    u = rest.sum(2, keepdims=True) * weight
    v = (rise * rest).sum(2, keepdims=True) * weight
    determinant = a * d - b * b
    start_shift, gain_shift = (d * u - b * v) / determinant, (a * v - b * u) / determinant
    evidence = 0.5 * (
        len(t) * np.log(weight)
        - np.log(determinant * spread**2)
        - (rest**2).sum(2, keepdims=True) * weight
        + u * start_shift
        + v * gain_shift
    )
    share = _normalised(evidence, (1, 2))
    ends = START + gain + start_shift + gain_shift
    mean = (share * ends).sum((1, 2))
    variances = (a + d - 2 * b) / determinant + (ends - mean[:, None, None]) ** 2
    return np.logaddexp.reduce(evidence, (1, 2)), mean, (share * variances).sum((1, 2))


def _normalised(evidence: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    share: np.ndarray = np.exp(evidence - evidence.max(axes, keepdims=True))
    share /= share.sum(axes, keepdims=True)
    return share


def _rise(t: np.ndarray, epochs: int) -> np.ndarray:
    """Share of the gain that has been made after t epochs: (exponents, epochs seen)."""
    c = np.where(EXPONENTS == 0, 1e-9, EXPONENTS)  # expm1: exact where c is next to nothing
    rise: np.ndarray = np.expm1(-c * np.log(t)) / np.expm1(-c * math.log(epochs))
    return rise
