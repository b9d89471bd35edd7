import json
import os
import subprocess
import sys
import time

import pyarrow as pa
import pytest

from cluster.chaos.__main__ import broken, lacking, main, row
from cluster.chaos.catalogue import NEEDS, Fault
from cluster.chaos.damaged_files import cut, empty, spoil
from cluster.chaos.fake_training import Script, Stumble, right
from cluster.chaos.outcome import Observed
from cluster.chaos.sandbox import HOME, Sandbox, differences, end_all, processes, unexplained
from orchestrator.monitor.tables import TableWriter
from orchestrator.plan import Question
from orchestrator.testing.scripted import Stage, conduct, rising
from orchestrator.testing.stand_ins import ListJournal
from results.paths import Paths


def played(folder, change=lambda events: events):
    """An sandbox in which a sweep of 12 trials has ended, with the events that `change` leaves."""
    sandbox, journal = Sandbox(folder), ListJournal()
    scheduler = conduct(journal)
    Stage(rising).play(scheduler)
    lines = (json.dumps({"time": "2026-01-01T00:00:00+00:00", **e}) for e in change(journal.events))
    (sandbox.here / Paths().journal).write_text("".join(f"{line}\n" for line in lines))
    record = {"rungs": [1, 3], "identity": {"reduction_factor": 3}}
    sandbox.store.write_json(Paths().sweep, record)
    TableWriter(sandbox.store, Question("tiny", 100, 0.2, 7), scheduler.ledger).write()
    return sandbox


def without(kind, which=0):
    """Leave out an event of a kind."""

    def change(events):
        left = [i for i, e in enumerate(events) if e["event"] == kind]
        return [e for i, e in enumerate(events) if i != left[which]]

    return change


def test_two_runs_of_one_sweep_do_not_differ(tmp_path):
    assert differences(played(tmp_path / "a"), played(tmp_path / "b")) == ()


def test_a_value_a_row_and_a_double_are_differences(tmp_path):
    whole, struck = played(tmp_path / "whole"), played(tmp_path / "struck")
    table = struck.store.read_table(Paths().epochs)
    accuracy = table["validation_accuracy"].to_pylist()
    accuracy[5] += 1e-6
    at = table.column_names.index("validation_accuracy")
    kind = table.schema.field(at)
    struck.store.write_table(Paths().epochs, table.set_column(at, kind, [accuracy]))
    (said,) = differences(struck, whole)
    assert said.startswith("epochs differ: validation_accuracy 0.")
    struck.store.write_table(Paths().epochs, table.slice(1))
    assert differences(struck, whole) == (
        f"epochs differ: {len(table) - 1} rows, expected {len(table)}",
    )
    struck.store.write_table(Paths().epochs, pa.concat_tables([table, table.slice(0, 1)]))
    assert "an epoch twice in a table" in differences(struck, whole)
    seeds = [0]  # of all trials: none is left to compare
    struck.store.write_table(Paths().epochs, table.slice(1))
    assert differences(struck, whole, but=seeds) == ()


def test_a_trial_without_an_end_or_with_two_is_told(tmp_path):
    (said,) = unexplained(played(tmp_path / "a", without("ended")))
    assert said == "trial 0 is running"

    def twice(events):
        return [*events, next(e for e in events if e["event"] == "ended")]

    (said,) = unexplained(played(tmp_path / "b", twice))
    assert said.endswith("ended 2 times")


def test_a_decision_that_does_not_follow_from_the_rows_is_told(tmp_path):
    def turned(events):
        last = [e for e in events if e["event"] == "rung"][-1]
        return [{**e, "keep": not e["keep"]} if e is last else e for e in events]

    (said,) = unexplained(played(tmp_path, turned))
    assert said.startswith("rung ")
    assert said.endswith("does not follow from rows")


def test_epochs_that_were_begun_again_are_counted(tmp_path):
    sandbox = Sandbox(tmp_path)
    assert (sandbox.begun(), sandbox.twice()) == ([], 0)
    script = Script.read(sandbox.store)
    sandbox.diary.mkdir()
    for seed, epoch in ((0, 1), (0, 2), (1, 1), (0, 2), (0, 2)):
        script.note("begun", seed, epoch)
    script.note("epochs", 0, 1)
    assert sandbox.twice() == 2
    assert [line[:3] for line in sandbox.done()] == [(0, 1, os.getpid())]


def test_a_stumble_is_done_as_often_as_asked_for_and_leaves_its_time(tmp_path):
    stumble = Stumble(3, 2, "nan", times=2)
    sandbox = Sandbox(tmp_path, stumbles=(stumble,))
    sandbox.diary.mkdir()
    script = Script.read(sandbox.store)
    assert sandbox.stumbled(stumble) is None
    assert script.stumble(3, 1) == ""
    assert [script.stumble(3, 2) for _ in range(3)] == ["nan", "nan", ""]
    assert sandbox.stumbled(stumble, 1) == pytest.approx(time.time(), abs=60)


def test_accuracy_rises_with_the_epochs_and_differs_by_seed():
    curve = [right(1, epoch, 1000) for epoch in range(1, 10)]
    assert curve == sorted(curve)
    assert curve[-1] == round(1000 * (0.25 + 0.7 * 0.6180339887) * (1 - 0.6**9))
    assert right(2, 9, 1000) != curve[-1]


def test_noticing_is_counted_from_the_blow(tmp_path):
    sandbox = played(tmp_path)  # all of its events are of midnight
    midnight = 1767225600.0
    assert sandbox.noticed(midnight - 2.5, "ended") == 2.5
    assert sandbox.noticed(midnight + 1, "ended") is None


def test_what_an_arena_left_running_is_found_and_ended_stopped_or_not(tmp_path):
    sandbox = Sandbox(tmp_path / "mine")
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    mine = subprocess.Popen(words, env=sandbox.environ())
    other = subprocess.Popen(words, env={**os.environ, HOME: str(tmp_path / "mine-not")})
    try:
        assert sandbox.wait(lambda: len(processes(sandbox.folder)) == 1) < 60
        mine.send_signal(19)  # SIGSTOP
        end_all(sandbox.folder)
        assert mine.wait(10) == -9
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_waiting_in_vain_repeats_what_the_driver_said(tmp_path):
    sandbox = Sandbox(tmp_path)
    (tmp_path / "err").write_text("no room")
    with pytest.raises(TimeoutError, match="no room"):
        sandbox.wait(lambda: False, 0.01)


def test_damage_does_what_it_says(tmp_path):
    file = tmp_path / "file"
    for damage, left in (
        (cut, b"0123456789"),
        (spoil, b"0123456789" + bytes(255 - c for c in b"abcdefghi") + b"j"),
        (empty, b""),
    ):
        file.write_bytes(b"0123456789abcdefghij")
        damage(file)
        assert file.read_bytes() == left


# --- what is promised, and the table ---------------------------------------------------------


def fault(**changes):
    return Fault("a blow", lambda folder: Observed(None, 0, ()), True, 1, **changes)


def test_a_promise_is_broken_by_a_difference_by_time_and_by_epochs():
    assert broken(fault(), Observed(99.0, 2, (), blows=2)) == []
    assert broken(fault(), Observed(None, 3, (), blows=2)) == [
        "3 epochs lost, at most 1 a blow is promised"
    ]
    assert broken(fault(within_s=5), Observed(5.5, 0, ("rows",))) == [
        "rows",
        "noticed after 5.5 s, promised: 5 s",
    ]


def test_a_row_shows_what_was_seen():
    seen = Observed(1.26, 1, (), 2, "a | b")
    assert row(fault(), seen, 9.7) == "| a blow | 2 | 1.3 s | 1 | equal | 10 | a / b |"
    other = Observed(None, 0, ("rows", "trials"))
    assert row(fault(), other, 1) == "| a blow | 1 | at once | 0 | rows; trials | 1 |  |"


def test_what_a_machine_lacks_is_told_in_words(monkeypatch):
    assert lacking(fault()) == ""
    monkeypatch.setitem(NEEDS, "moon", ("a full moon", lambda: False))
    assert lacking(fault(needs="moon")) == "a full moon"


def test_the_list_names_faults_and_an_unknown_name_is_refused(capsys):
    assert main(["--list", "--short"]) == 0
    short = capsys.readouterr().out.splitlines()
    assert main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > len(short) > 0
    assert main(["earthquake"]) == 2
    assert "no fault earthquake" in capsys.readouterr().err
