import json

import pyarrow as pa
import pytest

from cluster.chaos.comparison import differences, inconsistencies
from cluster.chaos.sandbox import Sandbox
from orchestrator.monitor.tables import TableWriter
from orchestrator.plan import Question
from orchestrator.testing.scripted import Stage, conduct, rising
from orchestrator.testing.stand_ins import ListJournal
from results.paths import Paths


def played(folder, change=lambda events: events, rule="asha", earlier=()):
    """A sandbox in which a sweep of 12 trials has ended, with the events that `change` leaves."""
    sandbox, journal = Sandbox(folder), ListJournal()
    for event in earlier:
        journal.append(event)
    scheduler = conduct(journal, rule=rule)
    Stage(rising).play(scheduler)
    lines = (json.dumps({"time": "2026-01-01T00:00:00+00:00", **e}) for e in change(journal.events))
    (sandbox.local_folder / Paths().journal).write_text("".join(f"{line}\n" for line in lines))
    identity = {"scheduler": rule, "rungs_by": "epochs"}
    numbers = {"rungs": [1, 3], "trials": 12, "reduction_factor": 3, "finalists": 1}
    record = {**numbers, "identity": identity}
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
    reference, other = played(tmp_path / "reference"), played(tmp_path / "other")
    table = other.store.read_table(Paths().epochs)
    accuracy = table["validation_accuracy"].to_pylist()
    accuracy[5] += 1e-6
    at = table.column_names.index("validation_accuracy")
    kind = table.schema.field(at)
    other.store.write_table(Paths().epochs, table.set_column(at, kind, [accuracy]))
    (text,) = differences(other, reference)
    assert text.startswith("epochs differ: validation_accuracy 0.")
    other.store.write_table(Paths().epochs, table.slice(1))
    assert differences(other, reference) == (
        f"epochs differ: {len(table) - 1} rows, expected {len(table)}",
    )
    other.store.write_table(Paths().epochs, pa.concat_tables([table, table.slice(0, 1)]))
    assert "an epoch twice in a table" in differences(other, reference)
    seeds = [0]  # of all trials: none is left to compare
    other.store.write_table(Paths().epochs, table.slice(1))
    assert differences(other, reference, but=seeds) == ()


def test_a_trial_without_an_end_or_with_two_is_told(tmp_path):
    (text,) = inconsistencies(played(tmp_path / "a", without("ended")))
    assert text == "trial 0 is running"

    def twice(events):
        return [*events, next(e for e in events if e["event"] == "ended")]

    (text,) = inconsistencies(played(tmp_path / "b", twice))
    assert text.endswith("ended 2 times")


def test_a_decision_that_does_not_follow_from_the_rows_is_told(tmp_path):
    def turned(events):
        last = [e for e in events if e["event"] == "rung"][-1]
        return [{**e, "keep": not e["keep"]} if e is last else e for e in events]

    (text,) = inconsistencies(played(tmp_path, turned))
    assert text.startswith("rung ")
    assert text.endswith("does not follow from rows")


@pytest.mark.parametrize("rule", ["asha", "halving"])
def test_decisions_among_trials_of_earlier_sweeps_follow_from_these_too(tmp_path, rule):
    """Where the journal has lost them, what was decided among them does not follow."""
    curve = [[epoch, 0.99] for epoch in range(1, 10)]
    rivals = [{"signature": n, "sweep": "a", "epochs": 9, "curve": curve} for n in "stuvwxyz"]
    event = {"event": "earlier", "sweeps": ["a"], "trials": rivals, "first": []}
    assert inconsistencies(played(tmp_path / "a", rule=rule, earlier=[event])) == []
    texts = inconsistencies(played(tmp_path / "b", lambda e: e[1:], rule, [event]))
    assert texts
