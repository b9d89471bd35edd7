import json
import math
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from results.errors import JournalLost
from results.journal import segmented_journal
from results.journal.event_journal import Busy
from results.journal.segmented_journal import LEASE, SEGMENT_BYTES, SegmentedJournal
from results.paths import Paths
from results.storage.s3_server import CONDITIONS
from results.store import DamagedResults, Store

pytestmark = pytest.mark.long

LEASE_S = 1.2


@pytest.fixture
def store(s3):
    return Store(s3).below("first")


def journal(store, batch=1):
    return SegmentedJournal(store, batch, LEASE_S)


def write(store, *names):
    with journal(store) as opened:
        for name in names:
            opened.append({"event": name})


def names(store):
    return [event["event"] for event in journal(store).read()]


def stored(store):
    return store.list("journal")


def test_nothing_written_has_no_events(store):
    with journal(store) as opened:
        assert opened.read() == []
    assert stored(store) == []


def test_every_event_is_on_the_store_when_append_returns(store):
    with journal(store) as opened:
        for number in range(5):
            opened.append({"event": f"{number}"})
            assert names(store) == [f"{n}" for n in range(number + 1)]


def test_an_event_longer_than_a_segment_is_one_line_like_any_other(store):
    """As a warm start's: 200 trials of 300 epochs, 2 MB; it has a segment of its own."""
    event = {"event": "earlier", "trials": [[0.1234567890123456] * 600] * 200}
    with journal(store) as opened:
        for each in ({"event": "before"}, event, {"event": "after"}):
            opened.append(each)
    trials = [each.get("trials") for each in journal(store).read()]
    assert (trials, len(stored(store))) == ([None, event["trials"], None], 3)


def test_every_writer_begins_a_segment(store):
    write(store, "a", "b")
    write(store, "c")
    write(store, "d", "e")
    assert names(store) == list("abcde")
    assert stored(store) == [
        "journal/00000001.jsonl",
        "journal/00000002.jsonl",
        "journal/00000003.jsonl",
    ]


def test_closed_journal_opens_again(store):
    opened = journal(store)
    opened.append({"event": "a"})
    opened.close()
    opened.close()
    opened.append({"event": "b"})
    opened.close()
    assert names(store) == ["a", "b"]
    assert len(stored(store)) == 2
    assert not store.exists(LEASE)


@pytest.mark.parametrize("count", [100, pytest.param(5000, marks=pytest.mark.slow)])
def test_event_costs_one_request_of_bounded_size(bucket, store, monkeypatch, count):
    monkeypatch.setattr(segmented_journal, "SEGMENT_BYTES", 1024)
    with SegmentedJournal(store, lease_s=3600) as opened:  # no renewal among the requests
        bucket.clear()
        for number in range(count):
            opened.append({"event": "epoch", "trial": "0123456789", "epoch": number})
        requests = list(bucket.requests)
    assert {method for method, _, _ in requests} == {"PUT"}
    assert len(requests) == count
    assert max(size for _, _, size in requests) <= 1024
    assert [event["epoch"] for event in journal(store).read()] == list(range(count))


def test_segments_are_full_before_the_next_one_begins(store):
    text = "x" * 1000
    with journal(store) as opened:
        for _ in range(70):
            opened.append({"event": "log", "text": text})
    sizes = [store.size(name) for name in stored(store)]
    assert len(sizes) == 2
    assert SEGMENT_BYTES - 1100 < sizes[0] <= SEGMENT_BYTES
    assert len(names(store)) == 70


def test_event_larger_than_a_segment_stands_in_its_own(store):
    with journal(store) as opened:
        for text in ("a", "b" * 2 * SEGMENT_BYTES, "c"):
            opened.append({"event": "log", "text": text})
    assert [event["text"][0] for event in journal(store).read()] == ["a", "b", "c"]
    assert len(stored(store)) == 3


def test_batch_is_put_together_and_the_rest_at_the_end(bucket, store):
    with journal(store, batch=3) as opened:
        for name in "abcd":
            opened.append({"event": name})
        assert names(store) == ["a", "b", "c"]
        opened.sync()
        assert names(store) == ["a", "b", "c", "d"]
        opened.append({"event": "e"})
    assert names(store) == ["a", "b", "c", "d", "e"]


def test_what_waits_is_put_before_a_new_segment_begins(store):
    with journal(store, batch=0) as opened:
        for number in range(3):
            opened.append({"event": f"{number}", "text": "x" * 40_000})
        opened.sync()
    assert names(store) == ["0", "1", "2"]
    assert len(stored(store)) == 3


def test_numbers_that_are_none_survive_as_valid_json(store):
    row = {
        "loss": math.nan,
        "rows": [math.inf, -math.inf, 1.5],
        "numpy": np.float32("nan"),
        "count": np.int64(3),
        "none": None,
    }
    with journal(store) as opened:
        opened.append({"event": "epoch", "row": row})
    (name,) = stored(store)
    json.loads(store.read_bytes(name), parse_constant=lambda word: pytest.fail(word))
    back = journal(store).read()[0]["row"]
    assert math.isnan(back["loss"])
    assert math.isnan(back["numpy"])
    assert back["rows"] == [math.inf, -math.inf, 1.5]
    assert (back["count"], back["none"]) == (3, None)


@pytest.mark.parametrize(
    ("event", "kind"), [({"trial": "a"}, ValueError), ({"event": "a", "v": object()}, TypeError)]
)
def test_event_that_cannot_be_written_leaves_no_line(store, event, kind):
    with journal(store) as opened:
        with pytest.raises(kind):
            opened.append(event)
        opened.append({"event": "b"})
    assert names(store) == ["b"]


def test_second_writer_is_refused_and_readers_are_not(store):
    with journal(store) as opened:
        opened.append({"event": "a"})
        with pytest.raises(Busy, match="sweep first is already being written by process"):
            journal(store).append({"event": "b"})
        assert names(store) == ["a"]
        opened.append({"event": "c"})
    write(store, "d")
    assert names(store) == ["a", "c", "d"]


def test_displaced_writer_raises_and_overwrites_nothing(store):
    first = journal(store).open()
    first.append({"event": "a"})
    store.write_json(LEASE, {"token": "other", "holder": "process 7 (elsewhere)", "beat": 1})
    time.sleep(LEASE_S / 2)
    with pytest.raises(Busy, match=r"process 7 \(elsewhere\)"):
        first.append({"event": "b"})
    store.delete(LEASE)
    with journal(store) as second:
        second.append({"event": "c"})
        with pytest.raises(Busy):
            first.append({"event": "d"})
        first.close()
        second.append({"event": "e"})
    assert names(store) == ["a", "c", "e"]


def two_who_do_not_know_of_one_another(store):
    """For the moment in which a displaced holder does not know it yet: both write segment 2."""
    first = journal(store).open()
    first.append({"event": "a"})
    store.delete(LEASE)
    second = journal(store).open()
    second.append({"event": "b"})
    first._lease.check = lambda: None
    first._begin(second._number)
    return first, second


def test_no_two_writers_have_one_number(store):
    first, second = two_who_do_not_know_of_one_another(store)
    with pytest.raises(Busy, match=r"sweep first .* by another process \(segment 2 of the journal"):
        first.append({"event": "late"})
    first.close()
    second.append({"event": "c"})
    second.close()
    assert names(store) == ["a", "b", "c"]


@pytest.mark.parametrize("kind", ["memory://", "s3://"])
def test_writers_lose_no_event_where_the_store_heeds_no_condition(bucket, store, kind):
    bucket.ignored = CONDITIONS
    if kind == "memory://":
        store = Store(f"memory://{store.root.partition('://')[2]}")
    first, second = two_who_do_not_know_of_one_another(store)
    first.append({"event": "late"})
    first.close()
    second.close()
    assert sorted(names(store)) == ["a", "b", "late"]
    tokens = [name.rpartition("-")[2] for name in stored(store)]
    assert len(tokens) == 3
    assert len(set(tokens)) == 2


def test_segments_with_and_without_a_token_are_one_journal(bucket, store):
    """As version 0.1.0 wrote them, then as we do."""
    bucket.ignored = CONDITIONS
    write(store, "a")
    bucket.ignored = ()
    write(store, "b")
    assert names(store) == ["a", "b"]
    assert [len(name) for name in stored(store)] == [31, 22]  # journal/00000001-0123abcd.jsonl


@pytest.mark.long
def test_store_that_fails_for_a_while_costs_no_event(bucket, store):
    with journal(store) as opened:
        opened.append({"event": "a"})
        bucket.status = 500
        threading.Timer(LEASE_S, setattr, (bucket, "status", 0)).start()
        opened.append({"event": "b"})
        opened.append({"event": "c"})
    assert names(store) == ["a", "b", "c"]


def test_store_that_fails_for_longer_raises_and_the_next_event_stands_without_it(bucket, store):
    with journal(store.with_patience(0.3)) as opened:
        opened.append({"event": "a"})
        bucket.status = 500
        with pytest.raises(OSError, match=r"status code: 500"):
            opened.append({"event": "b"})
        bucket.status = 0
        opened.append({"event": "c"})
    assert names(store) == ["a", "c"]


@pytest.mark.parametrize("lost", [1, 2])
def test_missing_segment_is_named(store, lost):
    for name in "abc":
        write(store, name)
    store.delete(stored(store)[lost - 1])
    with pytest.raises(DamagedResults, match=f"journal: segment {lost} of 3 is missing"):
        names(store)


@pytest.mark.parametrize("keep", [0, 1, -1])
def test_truncated_segment_is_named(store, keep):
    write(store, "a", "b")
    (name,) = stored(store)
    store.write_bytes(name, store.read_bytes(name)[:keep])
    with pytest.raises(DamagedResults, match=rf"first/{name} \(\d+ bytes\) is cut short"):
        names(store)


def test_line_that_is_no_object_is_named(store):
    write(store, "a", "b")
    (name,) = stored(store)
    store.write_bytes(name, store.read_bytes(name) + b"[1]\n")
    with pytest.raises(DamagedResults, match=rf"first/{name}: line 3 is no JSON object"):
        names(store)


def test_other_objects_in_the_folder_are_no_events(store):
    write(store, "a")
    store.write_bytes("journal/readme.txt", b"x")
    assert names(store) == ["a"]
    write(store, "b")
    assert names(store) == ["a", "b"]


APPEND = """
import sys
from results.journal.segmented_journal import SegmentedJournal
from results.store import Store
with SegmentedJournal(Store(sys.argv[1]), lease_s={seconds}) as journal:
    for number in range(10**9):
        journal.append({{"event": "epoch", "number": number, "text": "x" * 500}})
        print(number, flush=True)
"""


@pytest.mark.faults
def test_killed_writer_leaves_all_that_it_was_told_of_and_at_most_one_more(store):
    script = APPEND.format(seconds=LEASE_S)
    writer = subprocess.Popen(
        [sys.executable, "-c", script, store.place],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert writer.stdout is not None
    for _ in range(100):
        writer.stdout.readline()
    writer.kill()
    rest, _ = writer.communicate()
    acknowledged = 100 + rest.count("\n")
    numbers = [event["number"] for event in journal(store).read()]
    assert numbers == list(range(len(numbers)))
    assert 0 <= len(numbers) - acknowledged <= 1
    write(store, "resumed")
    assert names(store)[-1] == "resumed"
    assert len(names(store)) == len(numbers) + 1


def test_a_journal_whose_segment_was_deleted_is_not_said_to_be_another_s(store):
    journal = SegmentedJournal(store).open()
    journal.append({"event": "a"})
    (segment,) = store.list(Paths().journal_segments)
    store.delete(segment)
    with pytest.raises(JournalLost, match=r"00000001\.jsonl was deleted while the sweep was run"):
        journal.append({"event": "b"})
    journal.close()
