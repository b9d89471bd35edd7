"""A journal on a store that fails just as it is opened."""

import pytest

from results.journal.segmented_journal import LEASE, SegmentedJournal
from results.store import Store


class Broken(Store):
    """A store whose connection breaks when its names are listed."""

    def list(self, folder: str = "", suffix: str = "") -> list[str]:
        raise ConnectionResetError(104, "Connection reset by peer")


def test_a_journal_whose_segments_cannot_be_listed_gives_its_lease_back(s3):
    with pytest.raises(ConnectionResetError):
        SegmentedJournal(Broken(s3), lease_s=60).open()
    assert not Store(s3).exists(LEASE)
    with SegmentedJournal(Store(s3), lease_s=60) as journal:  # nobody has to wait a minute
        journal.append({"event": "a"})
    assert [event["event"] for event in journal.read()] == ["a"]
