"""Keeps `trials.parquet` and `epochs.parquet` up with the ledger while a sweep runs."""

import time

from orchestrator.monitor.rows import epoch_rows, trial_rows
from orchestrator.plan import Question
from orchestrator.scheduling.ledger import Ledger
from results.paths import Paths
from results.schema import EPOCHS, TRIALS, table
from results.store import Store

SHARE_OF_TIME = 0.02
"""Tables are rewritten whole; this is the most of the sweep's time that may go into it."""


class TableWriter:
    """Rewrites both tables when something has changed, at most every few seconds.

    Args:
        store: of the sweep's folder.
        question: what the trials were asked.
        ledger: what the tables show.
        seconds: shortest time between two writes; it grows with the tables.
    """

    def __init__(
        self, store: Store, question: Question, ledger: Ledger, seconds: float = 3.0
    ) -> None:
        self._store = store
        self._question = question
        self._ledger = ledger
        self._seconds = seconds
        self._next = 0.0
        self._changed = True
        ledger.listen(self._note)

    def _note(self, event: object, entry: object) -> None:
        self._changed = True

    def keep_up(self) -> None:
        """Write if it is time to."""
        if self._changed and time.monotonic() >= self._next:
            self.write()

    def write(self) -> None:
        """Write both tables now."""
        began = time.monotonic()
        try:
            trials = table(TRIALS, trial_rows(self._question, self._ledger))
            # Epochs first: a kill in between must not leave a trial whose rows are missing.
            self._store.write_table(Paths().epochs, table(EPOCHS, epoch_rows(self._ledger)))
            self._store.write_table(Paths().trials, trials)
            self._changed = False
        finally:  # also after a failure: a store may have been waited for until then
            now = time.monotonic()
            self._next = now + max(self._seconds, (now - began) / SHARE_OF_TIME)
