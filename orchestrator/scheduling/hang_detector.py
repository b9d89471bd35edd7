"""Watches for trials that give no sign; knows no Ray."""

import time
from collections.abc import Callable
from dataclasses import dataclass

FIRST_SIGN_S = 1800.0
"""Before its first row a process may read the data, build the net and compile it."""

SHORTEST_S = 300.0
"""However fast a trial's epochs are, one may have to wait for a disk that long."""

TIMES_LONGEST = 10.0
"""An epoch this many times as long as the trial's longest so far is no epoch any more."""

ATTENTIVE_S = 10.0
"""A longer time between two checks was the watcher's own, e.g. stopped or waiting for a store:
signs may have come that nobody has taken yet, so the rest of it counts for nobody."""


@dataclass
class _Watched:
    since: float
    longest: float = 0.0


class HangDetector:
    """Who is overdue.

    Args:
        patience: seconds without a row after which a trial counts as hung; None for a time that
            depends on the trial's own epochs, see the constants of this module.
        clock: monotonic seconds.
    """

    def __init__(
        self, patience: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._looked = clock()
        self._watched: dict[str, _Watched] = {}

    def begins(self, trial: str) -> None:
        """A process has begun to work on it."""
        self._watched[trial] = _Watched(self._clock())

    def sign(self, trial: str) -> None:
        """It has told a row."""
        watched, now = self._watched.get(trial), self._clock()
        if watched is not None:
            watched.longest = max(watched.longest, now - watched.since)
            watched.since = now

    def ends(self, trial: str) -> None:
        """Nothing more is expected of it."""
        self._watched.pop(trial, None)

    def overdue(self) -> dict[str, float]:
        """Trial -> seconds since its last sign, of those that count as hung; each is told once.

        To be called often, see `ATTENTIVE_S`.
        """
        now = self._clock()
        missed = now - self._looked - ATTENTIVE_S
        self._looked = now
        if missed > 0:
            for watched in self._watched.values():
                watched.since = min(now, watched.since + missed)
        overdue = {
            trial: now - watched.since
            for trial, watched in self._watched.items()
            if now - watched.since > self._allowed(watched)
        }
        for trial in overdue:
            self.ends(trial)
        return overdue

    def _allowed(self, watched: _Watched) -> float:
        if self._patience is not None:
            return self._patience
        if not watched.longest:
            return FIRST_SIGN_S
        return max(SHORTEST_S, TIMES_LONGEST * watched.longest)
