"""Which images of a split are looked at where all would cost too much."""

import numpy as np
from numpy.typing import NDArray


def evenly_spaced(n: int, wanted: int) -> NDArray[np.int64]:
    """At most `wanted` rows of n, evenly spaced."""
    return np.unique(np.linspace(0, n - 1, min(n, wanted)).astype(np.int64))


def balanced(
    labels: NDArray[np.uint8], predictions: NDArray[np.uint8], wanted: int, seed: int = 0
) -> NDArray[np.int64]:
    """At most `wanted` rows, drawn by lot, dealt out evenly over (true class, right or wrong).

    Where a kind has fewer images than its part, the others get more, as evenly as can be.

    Args:
        labels: (n,) true classes.
        predictions: (n,) predicted ones.
        wanted: rows at most.
        seed: of the lot.
    """
    n = len(labels)
    order = np.random.default_rng(seed).permutation(n)
    kinds = labels[order].astype(np.int64) * 2 + (predictions[order] != labels[order])
    turn = np.empty(n, np.int64)
    for kind in np.unique(kinds):
        places = np.flatnonzero(kinds == kind)
        turn[places] = np.arange(len(places))  # how many of its kind come before it
    return np.sort(order[np.argsort(turn, kind="stable")[:wanted]])
