"""The values that one setting may take in a sweep: four kinds of axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Constant:
    """The same value in every trial."""

    value: Any

    @property
    def values(self) -> Sequence[Any]:
        """The one value."""
        return (self.value,)

    @property
    def high(self) -> Any:
        """The same."""
        return self.value

    def sample(self, rng: np.random.Generator) -> Any:
        """The value; nothing is drawn."""
        return self.value

    def snap(self, value: Any) -> Any:
        """The value as it is."""
        return value

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class Categorical:
    """One of these values, each as likely as the others."""

    values: Sequence[Any]

    @property
    def high(self) -> Any:
        """The largest value."""
        return max(self.values)

    def sample(self, rng: np.random.Generator) -> Any:
        """One of the values."""
        return self.values[int(rng.integers(len(self.values)))]

    def snap(self, value: Any) -> Any:
        """The value as it is."""
        return value

    def __str__(self) -> str:
        return " | ".join(str(value) for value in self.values)


@dataclass(frozen=True)
class Real:
    """A real number in [low, high]; with a step: low, low + step, ..., high."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def values(self) -> Sequence[float] | None:
        """All of them, ascending; None where the range is continuous."""
        if self.step is None:
            return None
        count = round((self.high - self.low) / self.step) + 1
        return tuple(round(self.low + i * self.step, 12) for i in range(count))

    def sample(self, rng: np.random.Generator) -> float:
        """See `_sample`."""
        return self.snap(_sample(self, rng))

    def snap(self, value: float) -> float:
        """The nearest value that the axis holds."""
        return float(_snap(self, value))

    def __str__(self) -> str:
        return _range_in_words(self, f"{self.low:g} .. {self.high:g}")


@dataclass(frozen=True)
class Integer:
    """A whole number from low, low + step, ... to high, both ends included."""

    low: int
    high: int
    log: bool = False
    step: int = 1

    @property
    def values(self) -> Sequence[int]:
        """All of them, ascending."""
        return range(self.low, self.high + 1, self.step)

    def sample(self, rng: np.random.Generator) -> int:
        """See `_sample`."""
        return self.snap(_sample(self, rng))

    def snap(self, value: float) -> int:
        """The nearest value that the axis holds."""
        return int(_snap(self, value))

    def __str__(self) -> str:
        return f"{_range_in_words(self, f'{self.low} .. {self.high}')}, whole numbers"


Axis = Constant | Categorical | Real | Integer


def holds(axis: Axis, value: Any) -> bool:
    """Whether the axis has this value; that of a step is compared to nine digits."""
    if isinstance(axis, Constant | Categorical):
        return value in axis.values
    return axis.low <= value <= axis.high and math.isclose(axis.snap(value), value, rel_tol=1e-9)


def lies_within(inner: Axis, outer: Axis) -> bool:
    """Whether every value of the one is a value of the other; logarithmic or not is the same."""
    if inner.values is not None:
        return all(holds(outer, value) for value in inner.values)
    if not isinstance(inner, Real) or not isinstance(outer, Real) or outer.step is not None:
        return False
    return outer.low <= inner.low and inner.high <= outer.high


def _sample(axis: Real | Integer, rng: np.random.Generator) -> float:
    """A number, uniform or uniform in the logarithm, still to be snapped.

    With a step the range is widened by half a step at both ends before rounding, so that its ends
    are as likely as their neighbours.
    """
    half = (axis.step or 0) / 2
    low, high = axis.low - half, axis.high + half
    if axis.log:
        low = max(low, axis.low / 2)
        return math.exp(rng.uniform(math.log(low), math.log(high)))
    return rng.uniform(low, high)


def _snap(axis: Real | Integer, value: float) -> float:
    value = min(max(value, axis.low), axis.high)
    if axis.step is None:
        return value
    return round(axis.low + round((value - axis.low) / axis.step) * axis.step, 12)


def _range_in_words(axis: Real | Integer, ends: str) -> str:
    text = f"{ends}, logarithmic" if axis.log else ends
    return text if axis.step in (None, 1) else f"{text}, in steps of {axis.step:g}"
