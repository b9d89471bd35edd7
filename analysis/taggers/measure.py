"""Accuracy against the data set's labels and against the taggers, by how far these agree."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.taggers.votes import CLASS_OF, agreement, plurality
from orchestrator import metrics

GROUPS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.bool_]]] = {
    "all": lambda share: share > 0,
    "unanimous": lambda share: share == 1,
    "eight or nine in ten": lambda share: (share >= 0.8) & (share < 1),
    "half to eight in ten": lambda share: (share >= 0.5) & (share < 0.8),
    "under half": lambda share: (share > 0) & (share < 0.5),
}
"""How far taggers agree -> (n,) share of the most frequent vote -> (n,) which images."""


@dataclass(frozen=True)
class Tagged:
    """Images with votes.

    Attributes:
        split: of whom.
        labels: (n,) the data set's.
        classes: k names.
        counts: (n, 10) votes.
    """

    split: str
    labels: NDArray[np.integer]
    classes: Sequence[str]
    counts: NDArray[np.int64]

    @property
    def voted(self) -> NDArray[np.int64]:
        """(n,) the class of ours with most votes; -1 where it is none, or there are two."""
        place = {name: i for i, name in enumerate(self.classes)}
        ours = np.array([place.get(name, -1) for name in CLASS_OF.values()] + [-1])
        return np.asarray(ours[plurality(self.counts)], np.int64)


def rows(who: str, answers: NDArray[np.integer], of: Tagged) -> Iterator[dict[str, Any]]:
    """A row a group for `TAGGERS`.

    Args:
        who: whose answers.
        answers: (n,) classes.
        of: the images.
    """
    share, voted = agreement(of.counts), of.voted
    for group, select in GROUPS.items():
        inside = select(share)
        voted_on = inside & (voted >= 0)
        row: dict[str, Any] = {"who": who, "split": of.split, "group": group}
        row |= _share("n", "accuracy", "low", "high", (answers == of.labels)[inside])
        names = ("n_plurality", "plurality_accuracy", "plurality_low", "plurality_high")
        row |= _share(*names, (answers == voted)[voted_on])
        if inside.any():
            row["label_agrees"] = float((of.labels == voted)[inside].mean())
        yield row


def _share(n: str, value: str, low: str, high: str, right: NDArray[np.bool_]) -> dict[str, Any]:
    if not len(right):
        return {n: 0}
    hits = int(right.sum())
    ends = metrics.interval(hits, len(right))
    return {n: len(right), value: hits / len(right), low: ends[0], high: ends[1]}
