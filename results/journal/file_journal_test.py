import errno
import json
import math
import os
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.journal import event_journal, process_identity
from results.journal.event_journal import Busy
from results.journal.file_journal import Journal
from results.store import DamagedResults

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "first" / "journal.jsonl"


def write(file, *names):
    with Journal(file) as journal:
        for name in names:
            journal.append({"event": name})


def names(file):
    return [event["event"] for event in Journal(file).read()]


def test_events_come_back_in_order_with_a_time(file):
    write(file, "asked", "started", "finished")
    events = Journal(file).read()
    assert [event["event"] for event in events] == ["asked", "started", "finished"]
    times = [datetime.fromisoformat(event["time"]) for event in events]
    assert times == sorted(times)
    assert times[0].utcoffset().total_seconds() == 0


def test_a_given_time_is_kept(file):
    with Journal(file) as journal:
        journal.append({"event": "epoch", "time": "2026-01-02T03:04:05+00:00"})
    assert Journal(file).read()[0]["time"] == "2026-01-02T03:04:05+00:00"


def test_no_file_has_no_events(file):
    assert Journal(file).read() == []
    assert not file.parent.exists()


def test_event_without_a_name_is_refused(file):
    with pytest.raises(ValueError, match="needs a name under 'event'"):
        Journal(file).append({"trial": "a"})


def test_value_that_json_cannot_hold_is_refused_and_leaves_no_line(file):
    with Journal(file) as journal:
        with pytest.raises(TypeError, match="not object"):
            journal.append({"event": "a", "value": object()})
        journal.append({"event": "b"})
    assert names(file) == ["b"]


def test_numbers_that_are_none_survive_as_valid_json(file):
    row = {
        "loss": math.nan,
        "rows": [math.inf, (-math.inf, 1.5)],
        "numpy": np.float32("nan"),
        "vector": np.array([0.5, np.nan]),
        "count": np.int64(3),
        "flag": True,
        "text": "NaN",
        "none": None,
    }
    with Journal(file) as journal:
        journal.append({"event": "epoch", "row": row})

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    json.loads(file.read_text(), parse_constant=refuse)
    back = Journal(file).read()[0]["row"]
    assert math.isnan(back["loss"])
    assert back["rows"] == [math.inf, [-math.inf, 1.5]]
    assert math.isnan(back["numpy"])
    assert back["vector"][0] == 0.5
    assert math.isnan(back["vector"][1])
    assert (back["count"], back["flag"], back["text"], back["none"]) == (3, True, "NaN", None)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter("float".__ne__), inner),
    max_leaves=8,
)


@given(values)
def test_any_json_value_comes_back(tmp_path_factory, value):
    file = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    with Journal(file, batch=0) as journal:
        journal.append({"event": "x", "value": value})
    assert repr(Journal(file).read()[0]["value"]) == repr(value)


@pytest.mark.parametrize("tail", [b'{"event": "fin', b'{"event": "c"}', b"\x00" * 70_000])
def test_half_a_last_line_is_ignored_and_cut_off_before_the_next(file, tail):
    write(file, "a", "b")
    with file.open("ab") as end:
        end.write(tail)
    assert names(file) == ["a", "b"]
    write(file, "c")
    assert names(file) == ["a", "b", "c"]


def test_a_file_of_one_half_line_starts_anew(file):
    file.parent.mkdir()
    file.write_bytes(b'{"event"')
    write(file, "a")
    assert names(file) == ["a"]


@pytest.mark.parametrize(
    "damage", [b"\x00\x01", b'{"event": "b"', b"[1]", b"", b"\xff", b"{}", b'{"event": 1}']
)
def test_damaged_line_in_the_middle_is_named(file, damage):
    write(file, "a", "b", "c")
    lines = file.read_bytes().split(b"\n")
    lines[1] = damage
    file.write_bytes(b"\n".join(lines))
    with pytest.raises(DamagedResults, match=r"journal\.jsonl: line 2 is no JSON object"):
        Journal(file).read()


def test_second_writer_is_told_who_the_first_is(file):
    with Journal(file), pytest.raises(Busy) as caught:
        Journal(file).append({"event": "b"})
    message = str(caught.value)
    assert message.startswith(f"sweep first is already being written by process {os.getpid()} (")
    write(file, "after")
    assert names(file) == ["after"]


def test_the_lock_s_file_names_its_holder_and_stays(file):
    lock = file.with_name("journal.jsonl.lock")
    write(file, "a")
    assert lock.read_text().startswith(f"process {os.getpid()} (")
    lock.write_text("process 1 (elsewhere), with a longer name than ours has here, for sure")
    with Journal(file):
        assert lock.read_text() == process_identity.shown()


def test_a_journal_may_be_closed_by_another_thread(file):
    journal = Journal(file).open()
    closing = threading.Thread(target=journal.close)
    closing.start()
    closing.join()
    write(file, "after")
    assert names(file) == ["after"]


def test_where_files_have_no_locks_of_their_own_the_sibling_still_shuts_others_out(file):
    """As on Windows, where the module is missing."""
    script = (
        "import sys, filelock\n"
        "sys.modules['fcntl'] = None\n"
        "from results.errors import Busy\n"
        "from results.journal.file_journal import Journal\n"
        f"with Journal({str(file)!r}) as journal:\n"
        "    journal.append({'event': 'a'})\n"
        "    try:\n"
        f"        Journal({str(file)!r}).open()\n"
        "    except Busy as busy:\n"
        "        print(busy)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "sweep first is already being written by process " in done.stdout, done.stderr
    assert names(file) == ["a"]


def test_file_that_cannot_be_opened_gives_the_lock_back(file):
    file.mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        Journal(file).open()
    file.rmdir()
    write(file, "a")
    assert names(file) == ["a"]


def test_reading_needs_no_lock(file):
    with Journal(file) as journal:
        journal.append({"event": "a"})
        assert names(file) == ["a"]


def test_full_disk_leaves_no_half_line(file, monkeypatch):
    real = os.write

    def nearly_full(handle: int, content: bytes) -> int:
        if len(content) < 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, content[: len(content) - 5])

    with Journal(file) as journal:
        journal.append({"event": "a"})
        monkeypatch.setattr(os, "write", nearly_full)
        with pytest.raises(OSError, match="No space"):
            journal.append({"event": "b"})
        monkeypatch.undo()
        journal.append({"event": "c"})
    assert names(file) == ["a", "c"]


def test_events_that_decide_nothing_wait_for_others_but_are_in_the_file(file, monkeypatch):
    """Synced at 0 s; epochs at 0.1 to 0.4 s wait; a decision does not, and takes them along."""
    now, forced = [0.0], []
    monkeypatch.setattr(event_journal, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(os, "fsync", lambda handle: forced.append(now[0]))
    with Journal(file, group_s=0.5) as journal:
        journal.append({"event": "epoch"})
        for now[0] in (0.1, 0.2, 0.3, 0.4):
            journal.append({"event": "epoch"})
            journal.keep_up()
        assert (forced, len(journal.read())) == ([0.0], 5)
        journal.append({"event": "rung"})
        now[0] = 0.8
        journal.append({"event": "epoch"})
        now[0] = 0.9
        journal.keep_up()
        journal.keep_up()
    assert forced == [0.0, 0.4, 0.9]


@pytest.mark.parametrize(("batch", "expected"), [(0, 0), (1, 7), (3, 3)])
def test_batch_says_how_often_the_disk_is_waited_for(file, monkeypatch, batch, expected):
    calls = []
    monkeypatch.setattr(os, "fsync", calls.append)
    with Journal(file, batch=batch) as journal:
        for _ in range(7):
            journal.append({"event": "a"})
    assert len(calls) == expected  # 3: after the third, the sixth, and in closing


@pytest.mark.faults
def test_killed_writer_leaves_a_readable_journal_and_no_lock(file):
    script = (
        "from results.journal.file_journal import Journal\n"
        f"journal = Journal({str(file)!r}, batch=0)\n"
        "for i in range(10**9):\n"
        "    journal.append({'event': 'epoch', 'i': i})\n"
        "    i == 100 and print('going', flush=True)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT)
    assert writer.stdout is not None
    writer.stdout.readline()
    with pytest.raises(Busy, match=rf"process {writer.pid} \("):
        Journal(file).open()
    writer.kill()
    writer.wait()
    writer.stdout.close()
    numbers = [event["i"] for event in Journal(file).read()]
    assert len(numbers) > 100
    assert numbers == list(range(len(numbers)))
    write(file, "next")
    assert len(Journal(file).read()) == len(numbers) + 1


def test_cost_of_an_event_stays_flat(file):
    # Ten times more events may not make the next hundred three times dearer (minimum of five).
    def cost(journal: Journal) -> float:
        def hundred() -> float:
            start = time.perf_counter()
            for i in range(100):
                journal.append({"event": "epoch", "epoch": i, "loss": 0.5})
            return time.perf_counter() - start

        return min(hundred() for _ in range(5))

    with Journal(file, batch=0) as journal:
        early = cost(journal)
        for i in range(9_000):
            journal.append({"event": "epoch", "epoch": i, "loss": 0.5})
        late = cost(journal)
    assert late < 3 * early
