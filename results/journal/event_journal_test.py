import json
import math
from datetime import datetime

import numpy as np
import pytest

from results.journal.event_journal import Busy, EventJournal, busy, decode, encode
from results.store import DamagedResults


def test_finite_events_are_plain_json():
    line = encode({"event": "a", "time": "now", "x": 0.5})
    assert line == b'{"time": "now", "event": "a", "x": 0.5}\n'


def test_an_event_without_a_time_gets_that_of_the_world():
    time = datetime.fromisoformat(json.loads(encode({"event": "a"}))["time"])
    assert time.utcoffset().total_seconds() == 0


def test_numbers_that_are_none_are_named():
    line = encode({"event": "a", "x": math.nan, "y": [np.float32("inf"), np.array([1, -np.inf])]})
    assert b'"x": {"float": "nan"}, "y": [{"float": "inf"}, [1.0, {"float": "-inf"}]]' in line
    event = decode("journal.jsonl", 1, line)
    assert math.isnan(event["x"])
    assert event["y"] == [math.inf, [1.0, -math.inf]]


@pytest.mark.parametrize("value", [{"float": "x"}, {"float": 1}, {"float": "nan", "more": 1}])
def test_other_objects_with_that_key_stay_what_they_are(value):
    assert decode("journal.jsonl", 1, encode({"event": "a", "x": value}))["x"] == value


@pytest.mark.parametrize(
    ("event", "kind"), [({"trial": "a"}, ValueError), ({"event": "a", "x": object()}, TypeError)]
)
def test_what_is_no_event_is_refused(event, kind):
    with pytest.raises(kind):
        encode(event)


@pytest.mark.parametrize("line", [b"", b"{", b"[1]", b"{}", b'{"event": 1}', b"\xff"])
def test_a_damaged_line_is_named(line):
    with pytest.raises(DamagedResults, match=r"^x: line 7 is no JSON object with an event"):
        decode("x", 7, line)


def test_who_comes_second_reads_of_the_first():
    problem = busy("first", "process 7 (host)")
    assert isinstance(problem, Busy)
    assert str(problem).startswith("sweep first is already being written by process 7 (host); ")


class InMemory(EventJournal):
    """What happened to it, in order."""

    def __init__(self):
        super().__init__(batch=1)
        self.calls = []

    def open(self):
        self.calls.append("open")
        return self

    def _sync(self):
        self.calls.append("sync")

    def read(self):
        return []

    def close(self):
        self.calls.append("close")

    def _add(self, line, waits):
        self.calls.append(line)


def test_an_event_that_cannot_be_written_opens_nothing():
    journal = InMemory()
    with pytest.raises(ValueError, match="needs a name"):
        journal.append({})
    assert journal.calls == []


def test_a_block_opens_and_closes_it():
    with InMemory() as journal:
        journal.append({"event": "a", "time": "now"})
    assert journal.calls == ["open", "open", b'{"time": "now", "event": "a"}\n', "close"]
