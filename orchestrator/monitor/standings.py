"""Who runs, who is best, how long a trial takes: kept up with every event."""

from collections.abc import Mapping
from typing import Any

from orchestrator.monitor.rows import rank_of, ranked
from orchestrator.scheduling.ledger import Entry, Ledger
from results.statuses import UNDER_WAY


class Standings:
    """Who runs, who is best, how long a trial takes; kept up with every event.

    So asking costs the same however many trials there are.

    Args:
        ledger: as it stands.

    Attributes:
        running: trials that a process works on, by signature.
        best: the trial that `ranked` has first; None before anything was measured.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.running: dict[str, Entry] = {}
        self.best: Entry | None = next(iter(ranked(ledger)), None)
        self._rank = rank_of(self.best) if self.best else None
        self._ledger = ledger
        self._seconds: dict[str, float] = {}
        self._total = 0.0
        for entry in ledger.entries.values():
            self._sort_in(entry)

    @property
    def mean_seconds(self) -> float | None:
        """Of the trials that were trained to their end; None before the first."""
        return self._total / len(self._seconds) if self._seconds else None

    def note(self, event: Mapping[str, Any], entry: Entry) -> None:
        """Take an event that is in the ledger already."""
        self._sort_in(entry)
        if event["event"] in ("epoch", "ended"):
            self._compare(entry)

    def _sort_in(self, entry: Entry) -> None:
        self.running.pop(entry.trial, None)
        self._total -= self._seconds.pop(entry.trial, 0.0)
        if entry.status == "running" and entry.begun:
            self.running[entry.trial] = entry
        elif entry.status not in (*UNDER_WAY, "reused", "failed") and entry.rows:
            seconds = sum(row["seconds"] for row in entry.rows.values())
            seconds += entry.metadata.get("start_seconds") or 0.0
            self._seconds[entry.trial] = seconds
            self._total += seconds

    def _compare(self, entry: Entry) -> None:
        rank = rank_of(entry)
        if entry is self.best and (rank is None or rank < (self._rank or rank)):
            # It went back to a checkpoint and lost its best epoch: another may be before it now.
            self.best = next(iter(ranked(self._ledger)), None)
            self._rank = rank_of(self.best) if self.best else None
        elif rank is not None and (self._rank is None or rank >= self._rank):
            self.best, self._rank = entry, rank
