"""In which order trials arrive, and which ones: a scheduler must not depend on either."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.backtest.recorded_grid import RecordedTrial

RANDOM, ASCENDING, DESCENDING = "random", "ascending", "descending"

FEWEST = 3
"""Orders: one of each kind."""


@dataclass(frozen=True)
class Order:
    """One order of arrival.

    Attributes:
        kind: `RANDOM`, or by the accuracy that each comes to at its end.
        seed: of the order, and of which trials come where not all do.
    """

    kind: str
    seed: int

    def arrange(self, trials: Sequence[RecordedTrial], count: int) -> list[RecordedTrial]:
        """So many of the trials, in this order.

        Args:
            trials: the grid's.
            count: how many come, at most all.
        """
        drawn = random.Random(self.seed).sample(list(trials), count)
        if self.kind != RANDOM:
            drawn.sort(key=lambda trial: (trial.best, trial.trial), reverse=self.kind == DESCENDING)
        return drawn


def orders(count: int, seed: int = 0) -> list[Order]:
    """Random ones, then one ascending and one descending.

    Args:
        count: of all, at least `FEWEST`.
        seed: of the first; the others' follow.
    """
    kinds = [*[RANDOM] * (count - 2), ASCENDING, DESCENDING]
    return [Order(kind, seed + number) for number, kind in enumerate(kinds)]
