"""What a trial's curves say about its fit, in one word with the numbers behind it.

The rules, first match wins; losses are smoothed by the median of neighbouring epochs:

| verdict   | rule                                                                              |
|-----------|-----------------------------------------------------------------------------------|
| diverged  | a loss is not finite, or after 3 epochs training loss is above 2 ln k, twice what |
|           | guessing costs                                                                    |
| undecided | fewer than 3 epochs                                                               |
| overfit   | validation loss rose 10 % from its lowest while training loss fell 5 %, or        |
|           | training accuracy is 0.20 above validation accuracy, or 0.05 with at most a third |
|           | of its errors                                                                     |
| undecided | validation loss rose 10 % and training loss did not fall: unstable                |
| undecided | validation loss still fell 1 % in the last quarter of the epochs and the rate had |
|           | not been annealed below 5 % of its highest: cut short                             |
| underfit  | neither training nor validation accuracy gained 30 % of what majority guessing    |
|           | leaves to gain, or 80 % of what the sweep's best trial gained                     |
| overfit   | training accuracy did, but validation accuracy did not gain those 80 %            |
| good fit  | otherwise                                                                         |

Training numbers are running means with dropout and augmentation on, so they understate the fit on
training images. The rules allow for it: losses are compared with their own past, never with each
other; a gap in accuracy that shows in spite of it is at least that large; and underfitting asks
both accuracies.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from orchestrator.training.history import EpochRow
from orchestrator.training.stopping import not_finite

FEWEST_EPOCHS = 3
BLOWN_UP = 2.0
"""Training loss over ln k from which a finite loss counts as diverged."""
LOSS_RISE = 0.10
LOSS_FALL = 0.05
ACCURACY_GAP = 0.20
STILL_FALLING = 0.01
ANNEALED = 0.05
LEAST_GAP = 0.05
FEWER_ERRORS = 3.0
"""Errors in validation over those in training from which a gap of `LEAST_GAP` is overfitting."""
NEAR_BEST = 0.80
"""Share of the best trial's gain over majority guessing that a good fit has."""
LEAST_SKILL = 0.30

Name = Literal["overfit", "underfit", "good fit", "diverged", "undecided"]


@dataclass(frozen=True)
class Verdict:
    """A judgement on one trial.

    Attributes:
        name: one of the five.
        evidence: one sentence with the numbers that decided.
    """

    name: Name
    evidence: str


def verdict(
    history: Sequence[EpochRow], classes: int, majority: float, best: float | None = None
) -> Verdict:
    """Judge a trial by its epochs; the rules stand at the top of this file.

    Args:
        history: (t,) rows in order.
        classes: k, at least 2.
        majority: validation accuracy of always naming the most frequent class, 0 to below 1.
        best: the highest validation accuracy of the sweep's trials; None: not compared.
    """
    if trouble := not_finite(history):
        return Verdict("diverged", trouble + ".")
    if len(history) < FEWEST_EPOCHS:
        needed = f"{len(history)} of the {FEWEST_EPOCHS} epochs that a verdict needs."
        return Verdict("undecided", needed)
    return (
        _blown_up(history, classes)
        or _overfit(history)
        or _cut_short(history)
        or _underfit(history, majority)
        or _far_behind(history, majority, best)
        or _good(history, best)
    )


def _blown_up(history: Sequence[EpochRow], classes: int) -> Verdict | None:
    loss, guessing = history[-1].train_loss, math.log(classes)
    if loss <= BLOWN_UP * guessing:
        return None
    return Verdict(
        "diverged",
        f"training loss {loss:.4g} at epoch {history[-1].epoch} is far above the"
        f" {guessing:.2f} of guessing among {classes} classes.",
    )


def _overfit(history: Sequence[EpochRow]) -> Verdict | None:
    last = history[-1]
    validation = _smooth([row.validation_loss for row in history])
    training = _smooth([row.train_loss for row in history])
    low = validation.index(min(validation))
    rose = f"smoothed, validation loss rose from {validation[low]:.2f} (epoch {history[low].epoch})"
    rose += f" to {validation[-1]:.2f} (epoch {last.epoch})"
    rise = validation[-1] >= (1 + LOSS_RISE) * validation[low]
    fell = training[-1] <= (1 - LOSS_FALL) * training[low]
    if rise and fell:
        losses = f"{training[low]:.2g} to {training[-1]:.2g}"
        return Verdict("overfit", f"{rose} while training loss fell from {losses}.")
    gap = last.train_accuracy - last.validation_accuracy
    errors = FEWER_ERRORS * (1 - last.train_accuracy)
    by_heart = gap >= LEAST_GAP and 1 - last.validation_accuracy >= errors
    if gap >= ACCURACY_GAP or by_heart:
        return Verdict(
            "overfit",
            f"training accuracy {last.train_accuracy:.3f} stands"
            f" {gap:.3f} above validation accuracy"
            f" {last.validation_accuracy:.3f} at epoch {last.epoch}.",
        )
    if rise:
        return Verdict("undecided", f"{rose} but training loss did not fall: unstable.")
    return None


def _cut_short(history: Sequence[EpochRow]) -> Verdict | None:
    last = history[-1]
    if last.learning_rate < ANNEALED * max(row.learning_rate for row in history):
        return None
    losses = _smooth([row.validation_loss for row in history])
    recent = max(2, math.ceil(len(losses) / 4))
    before, since = min(losses[:-recent]), min(losses[-recent:])
    if since > (1 - STILL_FALLING) * before:
        return None
    return Verdict(
        "undecided",
        f"smoothed, validation loss still fell from {before:.2f} to {since:.2f}"
        f" in the last {recent} of {last.epoch} epochs: more may help.",
    )


def _underfit(history: Sequence[EpochRow], majority: float) -> Verdict | None:
    training = max(row.train_accuracy for row in history)
    validation = max(row.validation_accuracy for row in history)
    enough = majority + LEAST_SKILL * (1 - majority)
    if max(training, validation) >= enough:
        return None
    return Verdict(
        "underfit",
        f"accuracy reached {training:.3f} in training and {validation:.3f} in validation after"
        f" {history[-1].epoch} epochs, where the most frequent class alone gives {majority:.3f}"
        f" and {enough:.3f} is asked.",
    )


def _far_behind(history: Sequence[EpochRow], majority: float, best: float | None) -> Verdict | None:
    if best is None:
        return None
    training = max(row.train_accuracy for row in history)
    validation = max(row.validation_accuracy for row in history)
    enough = majority + NEAR_BEST * (best - majority)
    if validation >= enough:
        return None
    return Verdict(
        "underfit" if training < enough else "overfit",
        f"validation accuracy reached {validation:.3f}, {best - validation:.3f} below the"
        f" sweep's best ({best:.3f}), and training accuracy {training:.3f}; {enough:.3f} is asked.",
    )


def _good(history: Sequence[EpochRow], best: float | None) -> Verdict:
    last = history[-1]
    lowest = min(history, key=lambda row: row.validation_loss)
    return Verdict(
        "good fit",
        f"validation loss ended at {last.validation_loss:.2f}, lowest {lowest.validation_loss:.2f}"
        f" (epoch {lowest.epoch}), with accuracy {last.validation_accuracy:.3f} against"
        f" {last.train_accuracy:.3f} in training"
        + ("." if best is None else f"; the sweep's best reached {best:.3f}."),
    )


def _smooth(values: list[float]) -> list[float]:
    """Median of each value and its neighbours: one bad epoch decides nothing."""
    return [median(values[max(0, i - 1) : i + 2]) for i in range(len(values))]
