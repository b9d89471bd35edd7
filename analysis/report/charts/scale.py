"""Where a value lies along an axis, and what is written there."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from matplotlib.ticker import MaxNLocator

TICKS = 6
"""Numbers along an axis, about."""

DECADE = 20.0
"""Positive numbers whose greatest is more than this many times the least get a log axis."""

BEYOND = 0.04
"""Share of an axis that is left free at each end of the numbers."""

STEPS = (1, 2, 5)
"""First digits of the numbers that are written along a log axis."""


@dataclass(frozen=True)
class Scale:
    """An axis.

    Attributes:
        low: the number at its beginning; on a log axis its logarithm to base 10.
        high: the number at its end, likewise.
        ticks: (number, text) of what is written along it; plain numbers, also on a log axis.
        is_log: whether equal ratios are equally long.
        has_words: whether names stand along it, each of which is needed, rather than numbers.
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    is_log: bool = False
    has_words: bool = False

    def place(self, value: float) -> float:
        """0 at the beginning, 1 at the end."""
        number = math.log10(value) if self.is_log else value
        return (number - self.low) / (self.high - self.low)


def numbers(values: Iterable[float]) -> Scale:
    """A log axis where numbers differ by more than `DECADE`, else a linear one."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    return _logarithmic(low, high) if low > 0 and high / low > DECADE else linear(finite)


def linear(values: Iterable[float], beyond: float = BEYOND) -> Scale:
    """A linear axis around these numbers; beyond: see `BEYOND`."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    free = (high - low) * beyond or abs(high) * beyond or 0.5
    low, high = low - free, high + free
    ticks = MaxNLocator(TICKS, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return Scale(low, high, tuple((float(t), f"{t:.6g}") for t in ticks if low <= t <= high))


def integers(values: Iterable[float]) -> Scale:
    """A linear axis on which only integers are written."""
    axis = linear(values)
    integers = [
        (round(tick), words) for tick, words in axis.ticks if abs(tick - round(tick)) < 1e-9
    ]
    return replace(axis, ticks=tuple((float(tick), words) for tick, words in integers))


def names(words: Sequence[str]) -> Scale:
    """Words at 0, 1, 2, ... with half a step free at each end."""
    ticks = tuple((float(i), word) for i, word in enumerate(words))
    return Scale(-0.5, max(len(words), 1) - 0.5, ticks, has_words=True)


def _logarithmic(low: float, high: float) -> Scale:
    bottom, top = math.log10(low), math.log10(high)
    free = (top - bottom) * BEYOND
    bottom, top = bottom - free, top + free
    powers = range(math.floor(bottom), math.ceil(top) + 1)
    ticks = [step * 10.0**power for power in powers for step in STEPS]
    inside = [tick for tick in ticks if bottom <= math.log10(tick) <= top]
    if len(inside) > TICKS + 2:
        inside = [tick for tick in inside if math.log10(tick).is_integer()]
    return Scale(bottom, top, tuple((t, _short(t)) for t in inside), is_log=True)


def _short(number: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g} {unit}"
    return f"{number:g}"
