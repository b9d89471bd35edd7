"""How good answers are, as rows of the table `results.schema.SCORES`."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.ensemble.choose import Answers
from analysis.ensemble.combine import log
from analysis.ensemble.diversity import MEASURES, diversity
from analysis.statistics import Interval, bootstrap, mcnemar
from orchestrator import metrics

SEED = 0
"""Of every bootstrap here, so that all numbers of a table rest on the same samples of images."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Truth:
    """What answers are held against, and how the rows are to be labelled.

    Attributes:
        labels: (n,) integers below k.
        clean: (n,) whether the image's pixels stand nowhere in training.
        classes: (k,) names.
        split: "validation" or "test".
        how: "measured", or "cross-validated" where the answers for an image come from fits without
            it.
    """

    labels: NDArray[np.integer]
    clean: NDArray[np.bool_]
    classes: tuple[str, ...]
    split: str
    how: str

    def groups(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Name and mask of each group of images that is not empty: all, clean."""
        for name, mask in (("all", np.ones(len(self.labels), bool)), ("clean", self.clean)):
            if mask.any():
                yield name, mask

    def row(self, who: str, images: str, metric: str, n: int) -> Row:
        """A row that lacks its numbers."""
        keys = ("who", "split", "images", "metric", "n", "how")
        return dict(zip(keys, (who, self.split, images, metric, n, self.how), strict=True))


def scores(who: str, answers: Answers, truth: Truth) -> list[Row]:
    """Every number about one answerer, for all and for clean images, with 95 % intervals.

    accuracy, binary_accuracy, macro_f1, top2, ece, ece_uncalibrated, brier, nll, recall/<class>,
    f1/<class>, each as `orchestrator.metrics` defines it. The NLL counts a probability below
    `combine.SMALLEST` as that. Intervals of `SHARES` are Wilson's, as everywhere; the others are
    bootstrapped over images (`statistics.bootstrap`) and kept within what the metric can be; how
    names which. What is undefined (recall of a class without images) has null ends.

    Args:
        who: "ensemble", "best single", or a trial.
        answers: for every image of `truth`.
        truth: see there.
    """
    rows = []
    for images, mask in truth.groups():
        rows += _group(who, images, _masked(answers, mask), truth.labels[mask], truth)
    return rows


def paired(ensemble: Answers, single: Answers, trial: str, truth: Truth) -> list[Row]:
    """The ensemble against the best single trial, image by image.

    accuracy_gain, nll_gain (positive: the ensemble is better) and macro_f1_gain with 95 %
    intervals of the difference; mcnemar_p (exact, two-sided); only_ensemble_right and
    only_single_right, the counts behind it.

    Args:
        ensemble: its answers.
        single: the best single trial's, for the same images.
        trial: its name, for the column how.
        truth: see there.
    """
    rows = []
    for images, mask in truth.groups():
        labels, k, n = truth.labels[mask], len(truth.classes), int(mask.sum())
        both = [_masked(answers, mask) for answers in (ensemble, single)]
        columns = np.hstack([_columns(answers, labels, k) for answers in both])
        gains = bootstrap(columns, partial(_gains, k=k), SEED)
        right, right_single = (metrics.predictions(a.probabilities) == labels for a in both)
        test = mcnemar(right, right_single)
        counts: dict[str, float] = {
            "mcnemar_p": test.p,
            "only_ensemble_right": test.only_first,
            "only_single_right": test.only_second,
        }
        label = partial(_paired_row, truth, trial, images, n)
        rows += _rows(GAINS, gains, label)
        rows += [{**label(name), "value": float(value)} for name, value in counts.items()]
    return rows


def over_best_member(
    ensemble: Answers, members: Sequence[str], probabilities: ArrayLike, truth: Truth
) -> list[Row]:
    """The ensemble against its most accurate member on these very images, image by image.

    accuracy_gain_best_member with its bootstrapped 95 % interval, and mcnemar_p_best_member (exact,
    two-sided). That member was picked on the images that it is measured on, which flatters it: the
    gain over it is the least that the ensemble brings. Nothing for a single member.

    Args:
        ensemble: its answers.
        members: (m,) names.
        probabilities: (m, n, k) their own.
        truth: see there.
    """
    values = np.asarray(probabilities)
    if len(members) < 2:
        return []
    right = [metrics.predictions(one) == truth.labels for one in values]
    right_together = metrics.predictions(ensemble.probabilities) == truth.labels
    rows = []
    for images, mask in truth.groups():
        best = int(np.argmax([one[mask].mean() for one in right]))
        together, alone = right_together[mask], right[best][mask]
        gain = bootstrap(together.astype(float) - alone.astype(float), seed=SEED)
        other = f"{members[best]}, the best member on these images"
        label = partial(_paired_row, truth, other, images, int(mask.sum()))
        rows += _rows(("accuracy_gain_best_member",), gain, label)
        p = mcnemar(together, alone).p
        rows.append({**label("mcnemar_p_best_member"), "value": p})
    return rows


def diversity_rows(probabilities: ArrayLike, truth: Truth) -> list[Row]:
    """How differently the members answer (`diversity.MEASURES`), for all and for clean images.

    Args:
        probabilities: (m, n, k) the members' own.
        truth: see there.
    """
    values = np.asarray(probabilities)
    predictions = np.array([metrics.predictions(member) for member in values])
    rows = []
    for images, mask in truth.groups():
        measures = diversity(predictions[:, mask], truth.labels[mask], SEED)
        label = partial(_member_row, truth, len(values), images, int(mask.sum()))
        rows += _rows(MEASURES, measures, label)
    return rows


FIRST = (
    "accuracy",
    "binary_accuracy",
    "top2",
    "brier",
    "nll",
    "macro_f1",
    "ece",
    "ece_uncalibrated",
)
"""Metrics that are one number, in the order that `_numbers` gives them."""

GAINS = {"accuracy_gain": (0, 1), "nll_gain": (4, -1), "macro_f1_gain": (5, 1)}
"""Paired difference -> place in `FIRST`, and 1 if more is better."""

BOUNDS: dict[str, tuple[float, float]] = {
    "nll": (0.0, math.inf),
    "brier": (0.0, 2.0),
    "accuracy_gain": (-1.0, 1.0),
    "accuracy_gain_best_member": (-1.0, 1.0),
    "nll_gain": (-math.inf, math.inf),
    "macro_f1_gain": (-1.0, 1.0),
    "error_correlation": (-1.0, 1.0),
    "kohavi_wolpert": (0.0, 0.25),
}
"""Metric -> least and greatest value; 0 and 1 for those not named."""

SHARES = ("accuracy", "top2", "recall/")
"""Shares of images answered rightly, or what their names start with: with Wilson's interval.

`binary_accuracy` is none: its cells are k an image, not n independent ones.
"""

WILSON, BOOTSTRAP = "Wilson interval", "bootstrap interval"
"""How an interval came about, as the column how names it."""


def _masked(answers: Answers, mask: NDArray[np.bool_]) -> Answers:
    return Answers(answers.probabilities[mask], answers.uncalibrated[mask])


def _paired_row(truth: Truth, other: str, images: str, n: int, metric: str) -> Row:
    row = truth.row("ensemble", images, metric, n)
    return {**row, "how": f"{truth.how}, paired with {other}"}


def _member_row(truth: Truth, members: int, images: str, n: int, metric: str) -> Row:
    return {**truth.row("ensemble", images, metric, n), "how": f"measured, {members} members"}


def _columns(answers: Answers, labels: NDArray[np.integer], k: int) -> NDArray[np.float64]:
    """(n, 5 + 3 k + 2 bins): what every number is a function of the means of."""
    values = answers.probabilities
    images, one_hot = np.arange(len(labels)), labels[:, None] == np.arange(k)
    chosen = metrics.predictions(values)[:, None] == np.arange(k)
    truth = values[images, labels]
    above = (values > truth[:, None]).sum(axis=1)
    tied_before = ((values == truth[:, None]) & (np.arange(k) < labels[:, None])).sum(axis=1)
    columns = [
        (chosen & one_hot).any(axis=1),
        ((values > 0.5) == one_hot).mean(axis=1),
        (above + tied_before < 2) & np.isfinite(values).all(axis=1),
        ((values - one_hot) ** 2).sum(axis=1),
        -log(truth),
        chosen & one_hot,
        one_hot,
        chosen,
        _bins(values, labels),
        _bins(answers.uncalibrated, labels),
    ]
    return np.column_stack(columns).astype(np.float64)


def _bins(values: NDArray[np.floating], labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """(n, bins) what each image adds to its bin's excess of accuracy over confidence."""
    finite = np.isfinite(values).all(axis=1)
    confidence = np.where(finite, values.max(axis=1), 1.0)
    place = metrics.calibration_bins(confidence)
    excess = np.where(finite, (values.argmax(axis=1) == labels) - confidence, np.nan)
    return np.where(place[:, None] == np.arange(metrics.CALIBRATION_BINS), excess[:, None], 0.0)


def _numbers(means: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Means of `_columns` (b, q) -> (b, 8 + 2 k): `FIRST`, recall a class, F1 a class."""
    bins = metrics.CALIBRATION_BINS
    parts = np.split(means, np.cumsum([5, k, k, k, bins]), axis=1)
    simple, right, labelled, predicted, warm, cold = parts
    recall, f1 = _ratio(right, labelled), _ratio(2 * right, labelled + predicted)
    defined = np.isfinite(f1)
    macro_f1 = _ratio(np.where(defined, f1, 0).sum(axis=1), defined.sum(axis=1))
    ece = [np.abs(part).sum(axis=1) for part in (warm, cold)]
    return np.column_stack([simple, macro_f1, *ece, recall, f1])


def _gains(means: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    one, two = (_numbers(half, k) for half in np.split(means, 2, axis=1))
    return np.column_stack([sign * (one - two)[:, place] for place, sign in GAINS.values()])


def _ratio(part: NDArray[Any], total: NDArray[Any]) -> NDArray[np.float64]:
    """Part / total; NaN where the total is 0."""
    ratio: NDArray[np.float64] = np.full(part.shape, np.nan)
    np.divide(part, total, out=ratio, where=total > 0)
    return ratio


def _group(
    who: str, images: str, answers: Answers, labels: NDArray[np.integer], truth: Truth
) -> list[Row]:
    k = len(truth.classes)
    numbers = bootstrap(_columns(answers, labels, k), partial(_numbers, k=k), SEED)
    names = [*FIRST, *(f"{kind}/{name}" for kind in ("recall", "f1") for name in truth.classes)]
    rows = _rows(names, numbers, lambda name: truth.row(who, images, name, len(labels)))
    for row, size in zip(rows[len(FIRST) :], np.bincount(labels, minlength=k), strict=False):
        row["n"] = int(size)  # a recall rests on the images of its class
    return [_with_wilson(row, truth.how) for row in rows]


def _rows(names: Iterable[str], numbers: Interval, row: Callable[[str], Row]) -> list[Row]:
    rows = []
    columns = (names, numbers.value, numbers.low, numbers.high)
    for name, value, low, high in zip(*columns, strict=True):
        least, greatest = BOUNDS.get(name, (0.0, 1.0))
        ends = {
            "low": max(least, float(low)) if math.isfinite(low) else None,
            "high": min(greatest, float(high)) if math.isfinite(high) else None,
        }
        made = {**row(name), "value": float(value), **ends}
        rows.append(_with_how(made, BOOTSTRAP) if ends["low"] is not None else made)
    return rows


def _with_how(row: Row, interval: str) -> Row:
    return {**row, "how": f"{row['how']}, {interval}"}


def _with_wilson(row: Row, how: str) -> Row:
    if not row["metric"].startswith(SHARES) or not math.isfinite(row["value"]):
        return row
    low, high = metrics.interval(round(row["value"] * row["n"]), row["n"])
    return _with_how({**row, "low": low, "high": high, "how": how}, WILSON)
