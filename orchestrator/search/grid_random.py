"""Searches that learn nothing: every combination in order, and independent draws."""

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

import numpy as np

from orchestrator.search.strategy import Setup, Suggestion, TrialOutcome


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

    def ready(self) -> bool:
        """Always: nothing has to be known."""
        return True

    def learn(self, ticket: int, outcome: TrialOutcome) -> None:
        """Changes nothing."""

    def tell(self, ticket: int, outcome: TrialOutcome) -> None:
        """Closes the ticket; the outcome changes nothing."""
        self._open.pop(ticket, None)

    def recall(self, ticket: int, values: Mapping[str, Any], outcome: TrialOutcome | None) -> None:
        """All is well: suggestion i depends on (setup, i) alone."""

    def open_tickets(self) -> dict[int, dict[str, Any]]:
        """Those asked in this process and not yet told."""
        return dict(self._open)


def _rows(setup: Setup) -> Iterator[dict[str, Any]]:
    first = [dict(values) for values in setup.first]
    return chain(first, (row for row in setup.space.grid() if row not in first))


class GridSearch(_Numbered):
    """Every combination once, `Setup.first`, then in written order; see `SearchSpace.grid`.

    Raises:
        BadInput: for a continuous axis.
    """

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup.given)
        self._rows = islice(_rows(setup), setup.given, None)

    def ask(self) -> Suggestion | None:
        """The next combination; None after the last."""
        return self._hand_out(next(self._rows, None))


class RandomSearch(_Numbered):
    """`Setup.first`, then independent draws, never the same twice; None once there is none left."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(0)
        self._setup = setup
        self._tried: set[tuple[Any, ...]] = set()
        for _ in range(setup.given):
            self.ask()
        self._open.clear()

    def ask(self) -> Suggestion | None:
        """Suggestion i, which depends on (space, seed, first, i) alone."""
        rng = np.random.default_rng([self._setup.seed, self._next])
        first = self._setup.first[self._next : self._next + 1]
        values = dict(first[0]) if first else self._setup.space.sample_untried(rng, self._tried)
        if values is not None:
            self._tried.add(tuple(values.values()))
        return self._hand_out(values)
