"""How differently members err: what an ensemble lives on."""

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.statistics import Interval, bootstrap

MEASURES = (
    "disagreement",
    "error_correlation",
    "all_wrong",
    "oracle_accuracy",
    "member_accuracy",
    "kohavi_wolpert",
)
"""Rows of `diversity`, in order.

- disagreement: share of images on which two members predict differently, mean over pairs.
- error_correlation: correlation of "is wrong" between two members (phi), mean over pairs; 1 for
  members that err on the same images, 0 for independent ones.
- all_wrong: share of images that every member gets wrong.
- oracle_accuracy: share that at least one member gets right, 1 - all_wrong: what the best possible
  choice among the members could reach.
- member_accuracy: mean over members.
- kohavi_wolpert: mean over images of v (m - v) / m^2 with v members right; 0 to 0.25.

Source: Kuncheva and Whitaker 2003, "Measures of Diversity in Classifier Ensembles and Their
Relationship with the Ensemble Accuracy", sections 2.1 and 2.2,
https://doi.org/10.1023/A:1022859003006.
"""


def diversity(predictions: ArrayLike, labels: ArrayLike, seed: int = 0) -> Interval:
    """How differently members answer, with 95 % bootstrap intervals over images.

    Args:
        predictions: (m, n) likeliest classes; -1 for no answer, which is wrong.
        labels: (n,) true classes.
        seed: of the bootstrap.

    Returns:
        One number a measure, in the order of `MEASURES`. NaN where there is nothing to measure:
        no image; one member, for what is about pairs; a correlation when some member is always
        right or always wrong.
    """
    answers, truth = np.asarray(predictions), np.asarray(labels)
    wrong = (answers != truth).astype(np.float64)
    m = len(answers)
    pairs = list(combinations(range(m), 2))
    differ = [answers[i] != answers[j] for i, j in pairs]
    both = [wrong[i] * wrong[j] for i, j in pairs]
    errors = wrong.sum(axis=0)
    columns = [
        np.mean(differ, axis=0) if pairs else np.full(len(truth), np.nan),
        errors == m,
        errors * (m - errors) / m**2,
        *wrong,
        *both,
    ]

    def measures(means: NDArray[np.float64]) -> NDArray[np.float64]:
        share = means[:, 3 : 3 + m]
        return np.column_stack(
            [
                means[:, 0],
                _correlation(share, means[:, 3 + m :], pairs),
                means[:, 1],
                1 - means[:, 1],
                1 - share.mean(axis=1),
                means[:, 2],
            ]
        )

    return bootstrap(np.column_stack(columns), measures, seed)


def _correlation(
    wrong: NDArray[np.float64], both: NDArray[np.float64], pairs: list[tuple[int, int]]
) -> NDArray[np.float64]:
    if not pairs:
        return np.full(len(wrong), np.nan)
    i, j = np.array(pairs).T
    spread = np.sqrt(wrong * (1 - wrong))
    scale = spread[:, i] * spread[:, j]
    covariance = both - wrong[:, i] * wrong[:, j]
    phi = np.where(scale > 1e-12, covariance / np.maximum(scale, 1e-12), np.nan)
    mean: NDArray[np.float64] = phi.mean(axis=1)
    return mean
