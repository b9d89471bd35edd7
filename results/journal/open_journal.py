"""The journal of a sweep, whatever its store is: one file, or numbered pieces."""

from results.journal.event_journal import EventJournal
from results.journal.file_journal import Journal
from results.journal.segmented_journal import SegmentedJournal
from results.paths import Paths
from results.store import Store


def journal_of(store: Store, batch: int = 1, group_s: float = 0.0) -> EventJournal:
    """The journal in a sweep's folder, not opened for writing yet.

    Args:
        store: of the sweep.
        batch: events after which those appended have to survive a power cut, locally, or be on
            the store.
        group_s: seconds that events which decide nothing may wait, see `EventJournal`.
    """
    if store.local is not None:
        return Journal(store.local / Paths().journal, batch, group_s)
    return SegmentedJournal(store, batch, group_s=group_s)


def has_journal(store: Store) -> bool:
    """Whether a sweep was begun here."""
    if store.local is not None:
        return store.exists(Paths().journal)
    return bool(store.list(Paths().journal_segments))
