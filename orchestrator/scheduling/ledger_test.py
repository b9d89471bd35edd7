import math

import pytest

from orchestrator.scheduling.ledger import Ledger
from orchestrator.testing.scripted import row
from orchestrator.testing.stand_ins import ListJournal
from results.journal.file_journal import Journal

METRIC = "validation_accuracy"


def ledger_with(*trials):
    journal = ListJournal()
    ledger = Ledger(journal)
    for ticket, trial in enumerate(trials):
        ledger.asked(trial, {"epochs": 3}, ticket)
    return ledger, journal


def test_the_state_is_what_the_events_add_up_to(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl", batch=0)
    ledger = Ledger(journal)
    ledger.asked("a", {"epochs": 3}, 0)
    ledger.started("a")
    ledger.epoch("a", row(1, 0.5), {"parameters": 7})
    ledger.rung("a", 1, 0.5, "rung 1: ...", True)
    ledger.epoch("a", row(2, math.inf), {"parameters": 7}, ("epochs", "done"))
    ledger.ended("a", "epochs", "done")
    ledger.asked("b", {"epochs": 3}, 4)
    ledger.ticket("b", 1)
    ledger.epoch("b", row(1, 0.1), {})
    ledger.rung("b", 1, -math.inf, "rung 1: too bad", False)
    again = Ledger(journal, journal.read())
    assert again.entries == ledger.entries
    assert again.reported == ledger.reported
    a, b = again.entries.values()
    assert (a.number, a.status, a.rung, a.stop, a.pending) == (
        0,
        "completed",
        1,
        ("epochs", "done"),
        False,
    )
    assert (b.number, b.ticket, b.condemned, b.pending) == (1, 1, "rung 1: too bad", True)


def test_an_event_is_written_before_it_counts():
    class FullDisk(ListJournal):
        def append(self, event, /):
            raise OSError(28, "No space left on device")

    ledger = Ledger(FullDisk())
    with pytest.raises(OSError, match="No space left"):
        ledger.asked("a", {}, 0)
    assert ledger.entries == {}


def test_listeners_hear_of_new_events_in_the_order_they_came():
    ledger, journal = ledger_with("a")
    heard = []
    ledger.listen(lambda event, entry: heard.append(("first", event["event"], len(entry.rows))))
    ledger.listen(lambda event, entry: heard.append(("second", event["event"], len(entry.rows))))
    ledger.epoch("a", row(1, 0.5), {})
    assert heard == [("first", "epoch", 1), ("second", "epoch", 1)]
    replayed = []
    Ledger(journal, journal.read()).listen(lambda event, entry: replayed.append(event))
    assert replayed == []


def test_what_a_trial_tells_about_itself_is_kept_once():
    ledger, journal = ledger_with("a")
    for epoch in (1, 2, 3):
        ledger.epoch("a", row(epoch, 0.5), {"parameters": 7})
    assert ["about" in event for event in journal.events[1:]] == [True, False, False]
    assert ledger.entries["a"].metadata == {"parameters": 7}


def test_what_is_told_of_another_process_is_added_and_a_resumed_ledger_has_it_too():
    ledger, journal = ledger_with("a")
    one = {"parameters": 7, "hardware": "m", "threads": 1, "code": "c1"}
    two = one | {"threads": 2, "code": "c2"}
    for epoch, metadata in enumerate((one, two, two, one), 1):
        ledger.epoch("a", row(epoch, 0.5), metadata)
    assert ["about" in event for event in journal.events[1:]] == [True, True, False, True]
    expected = {"parameters": 7, "hardware": "m", "threads": 1, "code": "c1 then c2 then c1"}
    assert ledger.entries["a"].metadata == expected
    assert Ledger(ListJournal(), journal.events).entries["a"].metadata == expected


def test_the_times_that_processes_took_to_start_a_trial_add_up():
    ledger, journal = ledger_with("a")
    first, second = {"start_seconds": 4.0}, {"start_seconds": 0.5}
    for epoch, metadata in enumerate((first, first, second, second), 1):
        ledger.epoch("a", row(epoch, 0.5), metadata)
    assert ledger.entries["a"].metadata == {"start_seconds": 4.5}
    assert Ledger(ListJournal(), journal.events).entries["a"].metadata == {"start_seconds": 4.5}


def test_an_epoch_told_again_replaces_it_and_what_came_after():
    ledger, journal = ledger_with("a")
    for epoch in (1, 2, 3, 4, 4):  # the last is told again by a process that took it up
        ledger.epoch("a", row(epoch, 0.1), {})
    assert not any("back" in event for event in journal.events)
    ledger.epoch("a", row(2, 0.2), {})
    assert journal.events[-1]["back"] == 2
    assert {epoch: r[METRIC] for epoch, r in ledger.entries["a"].rows.items()} == {1: 0.1, 2: 0.2}
    assert len(ledger.reported) == 6


def test_the_best_row_is_the_most_accurate_then_the_least_lossy_then_the_earliest():
    ledger, _ = ledger_with("a")
    losses = {1: 0.4, 2: 0.3, 3: 0.3, 4: math.nan, 5: 0.1}
    for epoch, loss in losses.items():
        accuracy = {4: 0.9, 5: math.nan}.get(epoch, 0.8)
        ledger.epoch("a", row(epoch, accuracy, validation_loss=loss), {})
    assert ledger.entries["a"].best_row(METRIC)["epoch"] == 2


def test_a_trial_without_a_usable_epoch_has_no_best_row():
    ledger, _ = ledger_with("a")
    assert ledger.entries["a"].best_row(METRIC) is None
    ledger.epoch("a", row(1, math.nan), {})
    assert ledger.entries["a"].best_row(METRIC) is None


def test_ended_for_lack_of_time_is_pending_and_started_again_is_running():
    ledger, _ = ledger_with("a")
    ledger.ended("a", "time", "time budget 1m spent", resumable=True)
    entry = ledger.entries["a"]
    assert (entry.status, entry.pending) == ("stopped_early", True)
    ledger.started("a")
    assert (entry.status, entry.reason, entry.pending) == ("running", "", True)
    ledger.ended("a", "epochs", "done")
    assert not entry.pending


def test_a_lost_line_costs_its_trial_and_no_other():
    ledger, journal = ledger_with("a", "b", "c")
    ledger.epoch("a", row(1, 0.5), {})
    ledger.epoch("b", row(1, 0.5), {})
    events = [e for e in journal.events if (e["event"], e["trial"]) != ("asked", "a")]
    rest = Ledger(ListJournal(), events)
    assert (list(rest.entries), rest.unknown) == (["b", "c"], {"a"})
    assert rest.asked("d", {}, 3).number == 3


def test_events_of_the_sweep_itself_are_no_trial():
    ledger = Ledger(ListJournal(), [{"event": "begun", "sweep": "x"}, {"event": "interrupted"}])
    assert (ledger.entries, ledger.unknown) == ({}, set())


def test_what_was_taken_from_earlier_sweeps_is_kept_and_no_trial():
    event = {"event": "earlier", "sweeps": ["a"], "trials": [], "first": []}
    ledger = Ledger(ListJournal(), [{"event": "begun", "sweep": "x"}, event])
    assert (ledger.entries, ledger.unknown, ledger.earlier) == ({}, set(), event)
    assert Ledger(ListJournal()).earlier == {}


def test_counts_by_status():
    ledger, _ = ledger_with("a", "b", "c")
    ledger.ended("b", "rung", "rung 1")
    assert ledger.counts() == {"running": 2, "pruned": 1}


def test_counts_are_of_the_last_status_whichever_way_it_was_learnt():
    ledger, journal = ledger_with("a", "b")
    ledger.ended("a", "time", "time is up", resumable=True)
    ledger.ended("b", "rung", "rung 1")
    ledger.started("a")
    journal.append({"event": "asked", "trial": "b", "number": 1, "config": {}, "ticket": 1})
    again = Ledger(journal, journal.read())  # a journal that was mended by hand has it twice
    assert ledger.counts() == {"running": 1, "pruned": 1}
    assert again.counts() == {"running": 2}
