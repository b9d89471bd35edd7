"""Answers to accuracies: under corruptions, by class, by kind of light; rows of one table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.repeats.seed_mean import mean
from analysis.robustness.corruptions import CORRUPTIONS
from analysis.robustness.light import QUANTITIES, standardised, strata
from orchestrator import metrics

NONE = "none"
"""In place of a corruption where images are as they are."""

EVERY = "all"

Right = NDArray[np.bool_]


@dataclass(frozen=True)
class Subject:
    """Whose answers.

    Attributes:
        who: ensemble, or a trial's signature.
        preprocessing: of the trial; None for the ensemble.
    """

    who: str
    preprocessing: str | None


@dataclass(frozen=True)
class Labelled:
    """Images that answers are about.

    Attributes:
        split: which.
        images: (n, h, w) as they came.
        labels: (n,).
        classes: k names.
    """

    split: str
    images: NDArray[np.uint8]
    labels: NDArray[np.integer]
    classes: Sequence[str]


def plain_rows(subject: Subject, right: Right, of: Labelled) -> Iterator[dict[str, Any]]:
    """Accuracy on images as they are: of all, by class, by kind of light.

    Args:
        subject: whose answers.
        right: (n,) whether each is.
        of: the images.
    """
    begin = _begin(subject, of) | {"corruption": NONE, "level": 0}
    yield begin | {"by": EVERY, "group": EVERY} | _accuracy(right)
    for label, name in enumerate(of.classes):
        yield begin | {"by": "class", "group": name} | _accuracy(right[of.labels == label])
    grays = of.images.astype(np.float64)
    for quantity, measure in QUANTITIES.items():
        cut = strata(measure(grays))
        for number, name in enumerate(cut.names):
            inside = cut.of == number
            made = standardised(right, of.labels, inside)
            yield (
                begin
                | {"by": quantity, "group": name}
                | _accuracy(right[inside])
                | {
                    "standardised": made.value,
                    "standardised_low": made.low,
                    "standardised_high": made.high,
                    "covered": made.covered,
                }
            )


def corrupted_rows(
    subject: Subject, plain: Right, right: Mapping[tuple[str, int], Right], of: Labelled
) -> Iterator[dict[str, Any]]:
    """Accuracy on the same images after each corruption: of all, and by class.

    Args:
        subject: whose answers.
        plain: (n,) whether the answers to the images as they are are right.
        right: (corruption, level) -> (n,) whether those after it are.
        of: the images.
    """
    for (name, level), hits in right.items():
        corruption = CORRUPTIONS[name]
        begin = _begin(subject, of) | {"corruption": name, "level": level}
        begin |= {"amount": corruption.amounts[level - 1], "unit": corruption.unit}
        groups = [(EVERY, EVERY, np.ones(len(hits), np.bool_))]
        groups += [("class", c, of.labels == label) for label, c in enumerate(of.classes)]
        for by, group, inside in groups:
            lost = mean(plain[inside].astype(np.float64) - hits[inside])
            yield (
                begin
                | {"by": by, "group": group}
                | _accuracy(hits[inside])
                | {
                    "lost": lost.value,
                    "lost_low": lost.low,
                    "lost_high": lost.high,
                }
            )


def _begin(subject: Subject, of: Labelled) -> dict[str, Any]:
    return {"who": subject.who, "preprocessing": subject.preprocessing, "split": of.split}


def _accuracy(right: Right) -> dict[str, Any]:
    """Null where there is no image."""
    n, hits = len(right), int(right.sum())
    if not n:
        return {"n": 0}
    low, high = metrics.interval(hits, n)
    return {"n": n, "accuracy": hits / n, "low": low, "high": high}
