"""Searches that learn nothing: every combination in order, and independent draws."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np

from orchestrator.search.configurations import joint_grid
from orchestrator.search.space import Axis, grid, sample
from orchestrator.search.strategy import Outcome, Setup, Suggestion


class _Numbered:
    """A search that learns nothing: it only keeps account of its tickets."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._open: dict[int, dict[str, Any]] = {}

    def _hand_out(self, values: dict[str, Any] | None) -> Suggestion | None:
        if values is None:
            return None
        suggestion = Suggestion(self._next, values)
        self._open[self._next] = values
        self._next += 1
        return suggestion

    def tell(self, ticket: int, outcome: Outcome) -> None:
        """Closes the ticket; the outcome changes nothing."""
        self._open.pop(ticket, None)

    def recall(self, ticket: int, values: Mapping[str, Any], outcome: Outcome | None) -> None:
        """All is well: suggestion i depends on (setup, i) alone."""

    def open_tickets(self) -> dict[int, dict[str, Any]]:
        """Those asked in this process and not yet told."""
        return dict(self._open)


class GridSearch(_Numbered):
    """Every combination once, in written order; see `listed.joint_grid`.

    Raises:
        BadInput: for a continuous axis.
    """

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup.asked)
        self._rows = islice(joint_grid(setup.axes, setup.configurations), setup.asked, None)

    def ask(self) -> Suggestion | None:
        """The next combination; None after the last."""
        return self._hand_out(next(self._rows, None))


class RandomSearch(_Numbered):
    """Independent draws, never the same twice; None once a finite space is exhausted."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(0)
        self._setup = setup
        self._taken: set[tuple[Any, ...]] = set()
        for _ in range(setup.asked):
            self.ask()
        self._open.clear()

    def ask(self) -> Suggestion | None:
        """Suggestion i, which depends on (axes, seed, i) alone."""
        setup = self._setup
        values = _draw(setup.axes, np.random.default_rng([setup.seed, self._next]), self._taken)
        if values is not None:
            self._taken.add(_key(values))
        return self._hand_out(values)


def _key(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values.values())


def _draw(
    axes: Mapping[str, Axis], rng: np.random.Generator, taken: set[tuple[Any, ...]]
) -> dict[str, Any] | None:
    for _ in range(100):
        values = sample(axes, rng)
        if _key(values) not in taken:
            return values
    left = [values for values in grid(axes) if _key(values) not in taken]
    return left[int(rng.integers(len(left)))] if left else None
