"""What a sweep searches, in a description of our own.

A sweep is written in Ray Tune's search-space words; the strategies, the plan and the dry run read
the class below instead.
"""

import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from orchestrator.errors import BadInput
from orchestrator.search.axes import Axis, Categorical, Constant, holds
from orchestrator.search.tune_words import axis_from_text, axis_of, categorical
from results.settings import SETTINGS

DRAWS = 100
"""Draws at random before what is left of a finite space is written out."""


@dataclass(frozen=True)
class SearchSpace:
    """Which configurations a sweep may try.

    Attributes:
        axes: setting -> its values, in written order; those of the configurations come first.
        configurations: settings whose values belong together, written out: all name the same
            settings, none is there twice. Each is tried at every point of the other axes' grid.
    """

    axes: Mapping[str, Axis]
    configurations: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(
        cls, words: Mapping[str, Any], configurations: Iterable[Mapping[str, Any]] = ()
    ) -> "SearchSpace":
        """The space of a sweep.

        Args:
            words: setting -> a constant or a search-space word of Ray Tune, see `tune_words`.
            configurations: settings with constants.

        Raises:
            BadInput: for what a setting cannot take, configurations that name different settings,
                or a setting that stands in both.
        """
        rows = _typed(configurations)
        columns = _columns(rows)
        for key in columns:
            if key in words:
                raise _stands_in_both(key)
        return cls({**columns, **{key: axis_of(key, word) for key, word in words.items()}}, rows)

    @property
    def size(self) -> int | None:
        """How many configurations `grid` has; None where an axis is continuous."""
        counts = [_count(axis) for axis in self._crossed().values()]
        finite = [count for count in counts if count is not None]
        if len(finite) < len(counts):
            return None
        return math.prod(finite) * max(1, len(self.configurations))

    @property
    def varied(self) -> tuple[str, ...]:
        """The settings that differ among its trials."""
        return tuple(key for key, axis in self.axes.items() if _count(axis) != 1)

    def axis(self, key: str) -> Axis:
        """The axis of a setting; its default, a constant, where it is not searched."""
        return self.axes.get(key, Constant(SETTINGS[key].default))

    def holds(self, values: Mapping[str, Any], but: Collection[str] = ()) -> bool:
        """Whether a configuration is one of these.

        Args:
            values: setting -> value; what it lacks has its default.
            but: settings that may have any value; those of other settings are not looked at.
        """
        full = {key: values.get(key, SETTINGS[key].default) for key in self.axes}
        if not all(key in but or holds(axis, full[key]) for key, axis in self.axes.items()):
            return False
        rows = self.configurations
        return not rows or any(all(full[key] == row[key] for key in row) for row in rows)

    def values(self, key: str) -> list[Any]:
        """All values that a setting may take, none for a range; its default if not searched."""
        axis = self.axis(key)
        return list(axis.values) if isinstance(axis, Constant | Categorical) else []

    def highest(self, key: str) -> Any:
        """The largest value of a setting; its default where it is not searched."""
        return self.axis(key).high

    def grid(self) -> Iterator[dict[str, Any]]:
        """Every configuration at every point of the other axes, each once.

        The first axis varies slowest, values come in written order. Written-out configurations
        vary fastest: a sweep that ends before its time has tried all of them equally often, give
        or take one.

        Raises:
            BadInput: at once, for an axis without a finite number of values.
        """
        crossed = self._crossed()
        columns = [_finite(key, axis) for key, axis in crossed.items()]
        points = (dict(zip(crossed, row, strict=True)) for row in itertools.product(*columns))
        rows = ({**row, **point} for point in points for row in self.configurations or ({},))
        return ({key: row[key] for key in self.axes} for row in rows)

    def sample(self, rng: np.random.Generator) -> dict[str, Any]:
        """One configuration at random, each axis independently: uniform, or in its logarithm."""
        return {key: axis.sample(rng) for key, axis in self.axes.items()}

    def sample_untried(
        self, rng: np.random.Generator, tried: Collection[tuple[Any, ...]]
    ) -> dict[str, Any] | None:
        """The same, but none whose values, in the axes' order, were tried; None if none is left."""
        for _ in range(DRAWS):
            values = self.sample(rng)
            if tuple(values.values()) not in tried:
                return values
        left = [values for values in self.grid() if tuple(values.values()) not in tried]
        return left[int(rng.integers(len(left)))] if left else None

    def describe(self) -> dict[str, str]:
        """Setting -> its values for people, e.g. "0.0001 .. 0.03, logarithmic"."""
        return {key: str(axis) for key, axis in self.axes.items()}

    def differences(self) -> list[str]:
        """What tells the configurations apart, a text each: "optimizer=adam, width=0.5"."""
        keys = [key for row in self.configurations[:1] for key in self.varied if key in row]
        return [", ".join(f"{key}={row[key]}" for key in keys) for row in self.configurations]

    def override(self, settings: Mapping[str, str]) -> "SearchSpace":
        """The space with the command line's `--set key=value` in place of its own axes.

        Args:
            settings: setting -> text, see `tune_words.axis_from_text`; those that the space does
                not name come last.

        Raises:
            BadInput: for an unknown key, a name or number that its setting cannot take, or a
                setting that has values of its own in every configuration.
        """
        axes = {**self.axes, **{key: axis_from_text(key, text) for key, text in settings.items()}}
        crossed = self._crossed()
        for key in self.axes:
            if key in settings and key not in crossed:
                raise _stands_in_both(key)
        return replace(self, axes=axes)

    def settle(self, key: str, open_value: Any, value: Any) -> "SearchSpace":
        """The space with one value of a setting replaced, e.g. "auto" by what it comes to."""
        if key not in self.axes:
            return self
        values = [value if v == open_value else v for v in self.values(key)]
        axes = {**self.axes, key: categorical(key, list(dict.fromkeys(values)))}
        rows = self.configurations
        settled = ({**row, key: value} if row.get(key) == open_value else row for row in rows)
        return SearchSpace(axes, _typed(settled))

    def _crossed(self) -> dict[str, Axis]:
        """The axes whose values do not belong to configurations."""
        taken = self.configurations[0] if self.configurations else ()
        return {key: axis for key, axis in self.axes.items() if key not in taken}


def _typed(configurations: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Configurations in their settings' types, each once, in written order.

    Raises:
        BadInput: for a setting or value that a space refuses as a constant, or where they name
            different settings.
    """
    rows: list[dict[str, Any]] = []
    for number, given in enumerate(configurations, 1):
        row = {key: _constant(key, value) for key, value in given.items()}
        if rows and set(row) != set(rows[0]):
            odd = min(set(row) ^ set(rows[0]))
            raise BadInput(
                f"of the listed configurations, either number 1 or number {number} leaves out "
                f"{odd}; all must name the same settings"
            )
        if row not in rows:
            rows.append(row)
    return tuple(rows)


def _constant(key: str, value: Any) -> Any:
    axis = axis_of(key, value)
    if not isinstance(axis, Constant):
        raise BadInput(f"{key} is given {value!r} in a listed configuration; expected one value")
    return axis.value


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Axis]:
    """Setting -> the different values that occur, in written order."""
    names = rows[0] if rows else ()
    return {key: categorical(key, list(dict.fromkeys(row[key] for row in rows))) for key in names}


def _count(axis: Axis) -> int | None:
    return None if axis.values is None else len(axis.values)


def _finite(key: str, axis: Axis) -> Collection[Any]:
    if axis.values is None:
        raise BadInput(
            f"{key} ranges continuously from {axis.low:g} to {axis.high:g}; a grid needs its "
            f"values listed: tune.grid_search([...]), or --set {key}=A,B,C"
        )
    return axis.values


def _stands_in_both(key: str) -> BadInput:
    return BadInput(
        f"{key} is set for the whole space, but the listed configurations have values of "
        "their own for it; leave one of the two out"
    )
