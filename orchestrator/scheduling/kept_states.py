"""Last states of trials that have ended: kept where a longer trial could go on from them.

A sweep may be extended to more epochs at any time, and a state of the last epoch then saves all of
those before. It is the newest one alone, only where the schedule does not know when a trial ends,
and never more than `MOST_BYTES` in all, the most accurate trials' first. A trial that a rung has
stopped leaves none: few epochs are lost with it, and such trials are the most.
"""

import heapq
import math

from orchestrator.scheduling.ledger import Entry, Ledger
from orchestrator.scheduling.outcome import METRIC
from orchestrator.training.schedules import SCHEDULES
from orchestrator.training.storing.checkpoint import Checkpoints
from results.paths import Paths
from results.settings import SETTINGS
from results.store import Store

MOST_BYTES = 2**30
"""On the disk, of all states that are kept of trials that have ended: 1 GiB."""

OWN_END = ("epochs", "patience", "extension")
"""What ends trials that a longer one can go on from."""


class KeptStates:
    """The states that trials have left which nothing of the present question goes on with.

    Args:
        store: of the sweep.
        ledger: of the sweep.
        most_bytes: that they may take on the disk in all.
    """

    def __init__(self, store: Store, ledger: Ledger, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._ledger = ledger
        self._most_bytes = most_bytes
        self._bytes: dict[str, int] = {}
        self._total = 0
        self._worst_first: list[tuple[float, str]] = []

    def tidy(self) -> None:
        """Settle all that is there, e.g. of an earlier run.

        Raises:
            OSError: of the store.
        """
        stored = set(self._store.folders(Paths().checkpoints))
        for trial, entry in self._ledger.entries.items():  # a shorter one before the longer one
            if trial in stored and not entry.pending:
                self.settle(trial)

    def settle(self, trial: str) -> None:
        """A trial has ended: keep its last state, or free the disk of all.

        Raises:
            OSError: of the store.
        """
        entry = self._ledger.entries[trial]
        states = Checkpoints(self._store, Paths().checkpoint(trial))
        if not may_be_continued(entry):
            states.drop()
            return
        self._drop(entry.metadata.get("continued_from"))  # this one has gone further
        size = states.retire()
        self._total += size - self._bytes.get(trial, 0)
        self._bytes[trial] = size
        best = entry.best_row(METRIC)
        heapq.heappush(self._worst_first, (best[METRIC] if best else -math.inf, trial))
        while self._total > self._most_bytes:
            self._drop(heapq.heappop(self._worst_first)[1])

    def _drop(self, trial: str | None) -> None:
        if trial in self._bytes:
            self._total -= self._bytes.pop(trial)
            Checkpoints(self._store, Paths().checkpoint(trial)).drop()


def may_be_continued(entry: Entry) -> bool:
    """Whether a trial of more epochs could go on from this one's last state."""
    schedule = entry.config.get("schedule", SETTINGS["schedule"].default)
    return entry.ended_by in OWN_END and SCHEDULES[schedule].open_ended
