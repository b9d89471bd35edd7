"""A reported pair of loss and "accuracy", read both ways: as k-class and as binary accuracy.

Keras' `BinaryAccuracy` on one-hot labels holds each of the k outputs against 0.5 by itself
(https://keras.io/api/metrics/accuracy_metrics/). With c the share of images whose true class has
more than 0.5 and w the share where a wrong one has, it is exactly (k - 1)/k + (c - w)/k: see
`orchestrator.metrics.binary_accuracy`. Which of the two a figure is, the loss decides: nets of one
loss differ little in either.
"""

import math
from dataclasses import dataclass

import numpy as np

from analysis.decode.curve import Epochs
from orchestrator.errors import BadInput

WINDOW = 0.05
"""Epochs count whose loss lies so near, in nats."""

NEAR = 0.003
"""And for what a binary accuracy means, those whose own lies so near."""

FEWEST = 5
"""Epochs below which nothing is concluded from them."""

SPREADS = 3.0
"""A figure is on the curve where it lies so many standard deviations from its mean at most."""

LEAST_SPREAD = 0.002
"""A standard deviation is taken as at least this: trials of ours are few."""

COST_OF_AN_ERROR = math.log(2)
"""Nats that an image whose true class does not have more than 0.5 costs at least."""


@dataclass(frozen=True)
class Range:
    """What epochs of ours had, lowest to highest."""

    low: float
    high: float
    mean: float
    spread: float

    def holds(self, value: float) -> bool:
        """Whether a figure is on the curve."""
        return abs(value - self.mean) <= SPREADS * max(self.spread, LEAST_SPREAD)


@dataclass(frozen=True)
class Reading:
    """A pair, and what it can be.

    Attributes:
        loss: reported, in nats.
        figure: reported as "accuracy".
        classes: k.
        as_accuracy: whether it can be k-class accuracy at all.
        bounds: of k-class accuracy if it is binary accuracy; None where it cannot be.
        of: whose epochs it is compared with.
        epochs: of them, with nearly this loss.
        trials: that these are of.
        lowest_loss: of all epochs; None without one.
        accuracy: k-class, of those epochs; None where they are fewer than FEWEST.
        binary: the same of binary accuracy.
        meaning: k-class accuracy of those whose binary accuracy is nearly the figure; None where
            they are fewer than FEWEST.
    """

    loss: float
    figure: float
    classes: int
    as_accuracy: bool
    bounds: tuple[float, float] | None
    of: str
    epochs: int
    trials: int
    lowest_loss: float | None
    accuracy: Range | None
    binary: Range | None
    meaning: Range | None

    @property
    def is_accuracy(self) -> bool | None:
        """Whether it is k-class accuracy, as far as epochs of ours can tell; None: they cannot."""
        if not self.as_accuracy:
            return False
        return self.accuracy.holds(self.figure) if self.accuracy else None

    @property
    def is_binary(self) -> bool | None:
        """Whether it is binary accuracy; None: epochs of ours cannot tell."""
        if self.bounds is None:
            return False
        return self.binary.holds(self.figure) if self.binary else None

    def lines(self) -> list[str]:
        """The answer, how sure it is, how it was obtained."""
        return [
            self._answer(),
            f"  our trials  {self._compared()}",
            f"  bounds      {self._bounded()}",
            f"  because     binary accuracy holds each of {self.classes} outputs against 0.5 by "
            f"itself: a net that never exceeds it has {self._guessing:.3f}, whatever it predicts",
        ]

    @property
    def _guessing(self) -> float:
        return (self.classes - 1) / self.classes

    @property
    def _difference(self) -> float:
        """How much greater c is than w."""
        return self.classes * self.figure - (self.classes - 1)

    def _answer(self) -> str:
        k, figure = self.classes, f"{self.figure:g}"
        answers: dict[tuple[bool | None, bool | None], str] = {
            (False, True): f"is binary accuracy: {self._meant()}",
            (True, False): f"is {k}-class accuracy: it is on our trials' curve as that alone",
            (True, True): f"can be either: as binary accuracy {self._meant()}",
            (False, False): f"is neither {k}-class nor binary accuracy {self._excluded()}",
        }
        undecided = (
            f"cannot be binary accuracy of {k} classes; our trials say no more"
            if self.bounds is None
            else f"is not decided by our trials: if it is binary accuracy, {self._meant()}"
        )
        return f"{figure} {answers.get((self.is_accuracy, self.is_binary), undecided)}"

    def _excluded(self) -> str:
        if not self.as_accuracy and self.bounds is None:
            return "of any net at this loss"
        why = "other images (those of training?), another loss, or far from calibrated"
        return f"of nets like ours at this loss: {why}"

    def _meant(self) -> str:
        low, high = self.bounds or (0.0, 1.0)
        if self.meaning is None:
            return f"{self.classes}-class accuracy between {low:.3f} and {high:.3f}"
        m = self.meaning
        return f"{self.classes}-class accuracy {m.mean:.2f} ({m.low:.3f} to {m.high:.3f} in ours)"

    def _compared(self) -> str:
        if self.accuracy is None or self.binary is None:
            lowest = self.lowest_loss
            reach = "" if lowest is None else f"; theirs are {lowest:.3f} or more"
            return (
                f"{self.epochs} epochs of {self.of} have a loss within {WINDOW:g} of "
                f"{self.loss:g}{reach}: too few to tell by"
            )
        a, b = self.accuracy, self.binary
        return (
            f"{self.epochs} epochs of {self.trials} of {self.of} have a loss within {WINDOW:g} of "
            f"{self.loss:g}: {self.classes}-class accuracy {a.low:.3f} to {a.high:.3f} "
            f"({_stands(self.is_accuracy)}), binary accuracy {b.low:.4f} to {b.high:.4f} "
            f"({_stands(self.is_binary)})"
        )

    def _bounded(self) -> str:
        k, least = self.classes, COST_OF_AN_ERROR * (1 - self.figure)
        accuracy = (
            f"as {k}-class accuracy it needs a loss of {least:.3f} or more (an error costs ln 2)"
            if self.as_accuracy
            else f"{k}-class accuracy it cannot be at this loss"
        )
        if self.bounds is None:
            return f"{accuracy}; binary accuracy it cannot be, for any net"
        low, high = self.bounds
        return (
            f"{accuracy}; as binary accuracy = {k - 1}/{k} + (c - w)/{k} it has c - w = "
            f"{self._difference:.3f}, so {k}-class accuracy lies between {low:.3f} and {high:.3f} "
            "for any net"
        )


def _stands(on: bool | None) -> str:
    return f"{'on' if on else 'off'} that curve"


def accuracy_bounds(binary: float, loss: float, classes: int) -> tuple[float, float] | None:
    """What k-class accuracy can be beside a binary accuracy and a loss; None where nothing can.

    An image of c is right, one of w is wrong, and each that is not of c costs ln 2 nats or more, so
    c >= 1 - loss / ln 2.
    """
    difference = classes * binary - (classes - 1)
    if not -1 - 1e-9 <= difference <= 1 + 1e-9:
        return None
    least_c = max(0.0, difference, 1 - loss / COST_OF_AN_ERROR)
    least_w = least_c - difference
    if least_c + least_w > 1 + 1e-9:
        return None
    return least_c, max(least_c, 1 - least_w)


def read(loss: float, figure: float, classes: int, epochs: Epochs) -> Reading:
    """A reported pair, read both ways.

    Args:
        loss: mean cross-entropy, nats.
        figure: reported as "accuracy", in [0, 1].
        classes: k.
        epochs: of trials to compare with.

    Raises:
        BadInput: for epochs of another number of classes.
    """
    if epochs.classes not in (None, classes):
        raise BadInput(
            f"--classes {classes}: {epochs.of} tell {epochs.classes} classes apart; expected the "
            "same number, or --results of a sweep with that many"
        )
    rows = epochs.rows
    near = rows[(rows["validation_loss"] - loss).abs() <= WINDOW]
    binary = near["validation_binary_accuracy"]
    alike = near[(binary - figure).abs() <= NEAR]
    enough = loss >= COST_OF_AN_ERROR * (1 - figure) - 1e-9
    too_much = figure == 1 and loss > math.log(classes)  # who is right has 1/k at least
    return Reading(
        loss=loss,
        figure=figure,
        classes=classes,
        as_accuracy=enough and not too_much,
        bounds=accuracy_bounds(figure, loss, classes),
        of=epochs.of,
        epochs=len(near),
        trials=near["trial"].nunique(),
        lowest_loss=float(rows["validation_loss"].min()) if len(rows) else None,
        accuracy=_range(near["validation_accuracy"].to_numpy()),
        binary=_range(binary.to_numpy()),
        meaning=_range(alike["validation_accuracy"].to_numpy()),
    )


def _range(values: np.ndarray) -> Range | None:
    if len(values) < FEWEST:
        return None
    return Range(*(float(f(values)) for f in (np.min, np.max, np.mean, np.std)))
