import math

import pytest

from results.journal.event_journal import Busy
from results.journal.file_journal import Journal
from results.journal.open_journal import has_journal, journal_of
from results.journal.segmented_journal import SegmentedJournal
from results.store import Store


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr("results.journal.lease._SETTLE", 0.001)


@pytest.fixture(params=["folder", "file://", "memory://", "s3://"])
def store(request, tmp_path):
    """The store of a sweep of that name."""
    if request.param == "s3://":
        return Store(request.getfixturevalue("s3")).below("first")
    places = {
        "folder": str(tmp_path),
        "file://": tmp_path.as_uri(),
        "memory://": f"memory://{tmp_path.as_posix().replace('/', '-')}",
    }
    return Store(places[request.param]).below("first")


def test_kind_follows_the_store(tmp_path, s3):
    local = journal_of(Store(tmp_path))
    assert isinstance(local, Journal)
    assert local.file == tmp_path / "journal.jsonl"
    assert isinstance(journal_of(Store(s3)), SegmentedJournal)


def test_there_is_a_journal_once_something_is_in_it(store):
    assert not has_journal(store)
    assert journal_of(store).read() == []
    with journal_of(store) as journal:
        journal.append({"event": "begun"})
        assert has_journal(store)
    assert has_journal(store)


def test_events_come_back_in_order_over_several_writers(store):
    for part in (["a", "b"], ["c"], []):
        with journal_of(store) as journal:
            for name in part:
                journal.append({"event": name, "loss": math.nan})
    events = journal_of(store).read()
    assert [event["event"] for event in events] == ["a", "b", "c"]
    assert all(math.isnan(event["loss"]) for event in events)
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)


def test_second_writer_is_told_the_same(store, monkeypatch):
    monkeypatch.setattr("results.journal.lease._RENEWALS", 60)  # life is seen sooner
    with journal_of(store) as journal:
        journal.append({"event": "a"})
        with pytest.raises(Busy, match=r"sweep first is already being written by process \d+ \("):
            journal_of(store).open()


def test_without_a_name_an_event_is_refused(store):
    with journal_of(store) as journal, pytest.raises(ValueError, match="needs a name"):
        journal.append({"trial": "a"})
