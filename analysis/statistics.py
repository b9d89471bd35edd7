"""How sure a number is: bootstrap intervals, McNemar's test, Holm's correction."""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from threadpoolctl import ThreadpoolController

RESAMPLES = 2000
"""Bootstrap samples; the ends of a 95 % interval then rest on 50 of them each."""

CHUNK = 256
"""Bootstrap samples summed at once: bounds memory, changes nothing."""

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Means over images (b, q) -> statistics (b, s), row by row."""


@dataclass(frozen=True)
class McNemar:
    """McNemar's exact test of two classifiers on the same images.

    Attributes:
        only_first: images that only the first got right (b).
        only_second: images that only the second got right (c).
        p: two-sided probability of a split as uneven if both were equally good; 1 without any.
    """

    only_first: int
    only_second: int
    p: float


@dataclass(frozen=True)
class Interval:
    """A number and its 95 % interval; arrays of one shape, NaN where undefined."""

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def mcnemar(first: ArrayLike, second: ArrayLike) -> McNemar:
    """Whether one classifier is right more often where just one of the two is.

    The binomial test is exact at every size; no chi-squared approximation is used.

    Args:
        first: (n,) whether the first is right.
        second: (n,) the same of the second, image by image.

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated
    proportions", https://doi.org/10.1007/BF02295996; the exact form is for small counts.
    Dietterich 1998, https://doi.org/10.1162/089976698300017197, recommends the test for
    classifiers that are trained once.
    """
    one, two = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    b, c = int((one & ~two).sum()), int((two & ~one).sum())
    return McNemar(b, c, float(stats.binomtest(b, b + c).pvalue) if b + c else 1.0)


def holm(probabilities: Iterable[float]) -> list[float]:
    """P values corrected for being many, so that the chance of any false alarm keeps to its level.

    Args:
        probabilities: one a comparison; NaN stays NaN and does not count.

    Returns:
        As many, in the same order, each at most 1.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 6, https://www.jstor.org/stable/4615733.
    """
    values = np.asarray(list(probabilities), dtype=np.float64)
    corrected = np.full(len(values), math.nan)
    places = np.flatnonzero(np.isfinite(values))
    order = places[np.argsort(values[places], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(values[order] * factors))
    return [float(value) for value in corrected]


def bootstrap(values: ArrayLike, statistic: Statistic | None = None, seed: int = 0) -> Interval:
    """Statistics of means over images, with 95 % intervals by resampling the images.

    The ends are the 2.5 % and 97.5 % quantiles over `RESAMPLES` samples, shifted by the mean
    distance between samples and value. For means that shift is nearly 0. For a statistic that
    resampling inflates, such as the calibration error (a sum of absolute values), it puts the
    interval back around the value; what it covers is the same estimator on another sample of n
    images, and the estimator's own bias at this n stays.

    The same n and seed give the same samples, so intervals of different numbers belong together,
    and a difference taken inside `statistic`, or image by image before, is a paired one.

    Args:
        values: (n,) or (n, q), one row an image; NaN makes what depends on it NaN.
        statistic: of the means (b, q), giving (b, s); the means themselves if absent.
        seed: of the samples.

    Returns:
        value, low, high: (s,) each.
    """
    rows = np.asarray(values, dtype=np.float64)
    rows = rows[:, None] if rows.ndim == 1 else rows
    of = statistic or _same
    if not len(rows):
        none = np.full(of(np.full((1, rows.shape[1]), np.nan)).shape[1], np.nan)
        return Interval(none, none, none)
    value = of(rows.mean(axis=0, keepdims=True))[0]
    samples = of(resampled_means(rows, seed))
    # A sample may lack a class: its undefined recall says nothing about the others.
    defined = np.isfinite(samples).any(axis=0) & np.isfinite(value)
    low, high, shift = (np.full(len(value), np.nan) for _ in range(3))
    if defined.any():
        low[defined], high[defined] = np.nanquantile(samples[:, defined], (0.025, 0.975), axis=0)
        shift[defined] = np.nanmean(samples[:, defined], axis=0) - value[defined]
    return Interval(value, low - shift, high - shift)


@contextmanager
def one_thread() -> Iterator[None]:
    """NumPy's and SciPy's matrix products on one thread for as long as this lasts.

    Ours are many and small. On cores that others keep busy, threads that wait for each other made a
    search of 2 s take 40. Holds for the whole process, not for the calling thread alone.
    """
    with _controller().limit(limits=1, user_api="blas"):
        yield


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # looks through all loaded libraries: once


def resampled_means(rows: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """(b, q) means of (n, q) rows over bootstrap samples of the n images, b = `RESAMPLES`."""
    counts = _counts(len(rows), seed)
    with one_thread():
        parts = [counts[i : i + CHUNK] @ rows for i in range(0, len(counts), CHUNK)]
    return np.concatenate(parts) / len(rows)


@lru_cache(maxsize=4)
def _counts(n: int, seed: int) -> NDArray[np.uint8]:
    # How often each image is in each sample. It is the slow part, the same for every number of a
    # table, so the last few are kept: 7 MB for 3,589 images.
    rng = np.random.default_rng((seed, n))
    counts = np.empty((RESAMPLES, n), dtype=np.uint8)
    for row in counts:
        row[:] = np.bincount(rng.integers(n, size=n, dtype=np.int32), minlength=n)
    counts.flags.writeable = False
    return counts


def _same(means: NDArray[np.float64]) -> NDArray[np.float64]:
    return means
