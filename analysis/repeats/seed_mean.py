"""A mean over seeds, or over images, and how sure it is: Student's t."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


@dataclass(frozen=True)
class SeedMean:
    """A mean over seeds; NaN where there are too few of them.

    Attributes:
        n: seeds.
        value: their mean.
        sd: standard deviation, n - 1 in its denominator.
        low: lower end of the mean's 95 % interval: Student's t, n - 1 degrees of freedom.
        high: upper end.
        p: two-sided probability of a mean so far from 0 if the true one were 0.
    """

    n: int
    value: float
    sd: float
    low: float
    high: float
    p: float


def mean(values: ArrayLike) -> SeedMean:
    """Mean of (n,) numbers and how sure it is, taken as draws from one normal distribution."""
    numbers = np.asarray(values, dtype=np.float64)
    n = len(numbers)
    value = float(numbers.mean()) if n else math.nan
    if n < 2:
        return SeedMean(n, value, *[math.nan] * 4)
    sd = float(numbers.std(ddof=1))
    error = sd / math.sqrt(n)
    half = float(stats.t.ppf(0.975, n - 1)) * error
    p = float(2 * stats.t.sf(abs(value) / error, n - 1)) if error > 0 else math.nan
    return SeedMean(n, value, sd, value - half, value + half, p)


def chance(lead: SeedMean) -> float:
    """P of a mean difference; where all pairs differ alike, 1 for no difference and else 0.

    NaN for fewer than two pairs.
    """
    if lead.n < 2:
        return math.nan
    return lead.p if lead.sd > 0 else float(lead.value == 0)
