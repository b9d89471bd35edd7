"""How good predictions are: arrays of scores and labels to numbers. NumPy only.

Everywhere `scores` are (n, k) logits or probabilities, `probabilities` are (n, k) with rows that
sum to 1, and `labels` are (n,) integers below k. A row with a value that is not finite stands for
a net that has diverged: it counts as wrong where answers are counted, and makes a mean of losses
not finite. Over no images at all every mean is NaN.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

CALIBRATION_BINS = 15
"""Guo et al. 2017 (https://arxiv.org/abs/1706.04599), section 2; used by nearly everybody since."""

Z_95 = 1.959963984540054
"""97.5 % quantile of the standard normal distribution."""


def evaluate(logits: ArrayLike, labels: ArrayLike) -> dict[str, float]:
    """The numbers of one epoch's validation.

    Args:
        logits: (n, k), any floating type.
        labels: (n,) integers in 0 to k - 1.

    Returns:
        loss, accuracy, binary_accuracy, macro_f1, top2, ece: the functions below by name.

    Raises:
        ValueError: if the shapes do not belong together or a label is not below k.
    """
    scores, truth = _checked(logits, labels)
    shares = probabilities(scores)
    return {
        "loss": nll(scores, truth),
        "accuracy": accuracy(scores, truth),
        "binary_accuracy": binary_accuracy(shares, truth),
        "macro_f1": macro_f1(scores, truth),
        "top2": top_k(scores, truth, 2),
        "ece": calibration_error(shares, truth),
    }


def probabilities(logits: ArrayLike) -> NDArray[np.float64]:
    """Softmax of (n, k) logits, (n, k); a row that is not finite becomes NaN throughout."""
    return np.exp(_log_softmax(np.asarray(logits, dtype=np.float64)))


def predictions(scores: ArrayLike) -> NDArray[np.int64]:
    """(n,) the class with the largest score, the first of equals; -1 for a row not finite."""
    values = np.asarray(scores, dtype=np.float64)
    return np.where(np.isfinite(values).all(axis=1), values.argmax(axis=1), -1)


def nll(logits: ArrayLike, labels: ArrayLike) -> float:
    """Mean negative log-likelihood in nats; log-probabilities do as well as logits.

    Computed as log-sum-exp in float64, so it stays finite for every finite logit. Logits that are
    not finite give NaN.
    """
    scores, truth = _checked(logits, labels)
    return _mean(-_log_softmax(scores)[np.arange(len(truth)), truth])


def accuracy(scores: ArrayLike, labels: ArrayLike) -> float:
    """Share of images whose largest score is the label's: the k-class accuracy to quote."""
    values, truth = _checked(scores, labels)
    return _mean(predictions(values) == truth)


def binary_accuracy(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """What Keras' `BinaryAccuracy` says about softmax outputs and one-hot labels.

    Each of the n times k values is held against 0.5 by itself. With c the share of images whose
    true class has p > 0.5 and w the share where a wrong class has, it is exactly
    (k - 1)/k + (c - w)/k. For seven classes it starts at 0.857 and ends at 1, so 0.885 is about
    0.51 in `accuracy`. Kept to read older results by; never a result itself.
    """
    values, truth = _checked(probabilities, labels)
    one_hot = truth[:, None] == np.arange(values.shape[1])
    return _mean((values > 0.5) == one_hot)


def macro_f1(scores: ArrayLike, labels: ArrayLike) -> float:
    """Mean over classes of F1 = 2 right / (labelled + predicted).

    The mean is over the classes that are labelled or predicted at least once.
    """
    values, truth = _checked(scores, labels)
    k = values.shape[1]
    chosen = predictions(values)
    right = np.diag(confusion(truth, chosen, k))
    size = np.bincount(truth, minlength=k) + np.bincount(chosen[chosen >= 0], minlength=k)
    return _mean(2 * right[size > 0] / size[size > 0])


def top_k(scores: ArrayLike, labels: ArrayLike, k: int) -> float:
    """Share of images with the label among the k largest scores.

    Equal scores rank by class number, so equal scores everywhere gain nothing and
    `top_k(..., 1)` is `accuracy`.
    """
    values, truth = _checked(scores, labels)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    hits = (order == truth[:, None]).any(axis=1)
    return _mean(hits & np.isfinite(values).all(axis=1))


def calibration_error(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = CALIBRATION_BINS
) -> float:
    """Expected calibration error of the predicted class, 0 to 1; NaN if a row is not finite.

    Mean over images of |accuracy - mean confidence| of the bin they fall in; bins of equal width,
    each open below and closed above.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3,
    https://arxiv.org/abs/1706.04599.
    """
    values, truth = _checked(probabilities, labels)
    if not np.isfinite(values).all():
        return math.nan
    confidence = values.max(axis=1)
    excess = (values.argmax(axis=1) == truth) - confidence
    place = calibration_bins(confidence, bins)
    sums = np.bincount(place, weights=excess, minlength=bins)
    return float(np.abs(sums).sum() / len(truth)) if len(truth) else math.nan


def calibration_bins(
    confidence: NDArray[np.floating], bins: int = CALIBRATION_BINS
) -> NDArray[np.int64]:
    """(n,) confidences from 0 to 1 -> their bins, 0 to `bins` - 1, as `calibration_error` has."""
    places: NDArray[np.int64] = np.ceil(confidence * bins).astype(np.int64) - 1
    return places.clip(0, bins - 1)


def confusion(labels: ArrayLike, predictions: ArrayLike, k: int) -> NDArray[np.int64]:
    """(k, k) counts, row the label, column the prediction.

    A prediction of -1 (no answer) stands in no column: row sums may fall short of the class's size.
    """
    truth, chosen = np.asarray(labels, dtype=np.int64), np.asarray(predictions, dtype=np.int64)
    answered = chosen >= 0
    cells = truth[answered] * k + chosen[answered]
    return np.bincount(cells, minlength=k * k).reshape(k, k)


def interval(correct: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's interval for a share of correct answers; (0, 1) for n = 0.

    Args:
        correct: answers that were right, 0 to n.
        n: answers.
        z: normal quantile; the default gives 95 %.

    Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference",
    https://doi.org/10.1080/01621459.1927.10502953.
    """
    if n == 0:
        return 0.0, 1.0
    share = correct / n
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    finite = np.isfinite(logits).all(axis=1, keepdims=True)
    safe = np.where(finite, logits, 0.0)
    shifted = safe - safe.max(axis=1, keepdims=True, initial=-np.inf)
    log_sum = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.where(finite, shifted - log_sum, np.nan)


def _checked(scores: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(labels).astype(np.int64)
    if values.ndim != 2 or truth.shape != values.shape[:1]:
        raise ValueError(f"scores {values.shape} and labels {truth.shape} are not (n, k) and (n,)")
    if truth.size and not 0 <= truth.min() <= truth.max() < values.shape[1]:
        raise ValueError(f"labels {truth.min()} to {truth.max()}, but {values.shape[1]} classes")
    return values, truth


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if values.size else math.nan
