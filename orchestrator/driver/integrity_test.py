import json

import pytest

from orchestrator import plan
from orchestrator.driver.integrity import check, lost_epochs, mend_tables
from orchestrator.errors import BadInput
from orchestrator.monitor.tables import TableWriter
from orchestrator.request import parse
from orchestrator.scheduling.ledger import Ledger
from orchestrator.scheduling.outcome import METRIC
from orchestrator.testing.scripted import Stage, conduct, rising
from orchestrator.testing.stand_ins import ListJournal
from results.paths import Paths
from results.schema import EPOCHS, TRIALS

QUESTION = """
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep("tiny", "Is it?", {"architecture": "CPF"}, Budget(trials=12), embedded=140)
"""
BEGUN = {"event": "begun"}
ASKED = {"event": "asked", "trial": "a"}


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "tiny.py"
    file.write_text(QUESTION)

    def make():
        return plan.make(parse([str(file), "--results", str(tmp_path / "results"), "--go-on"]))

    return make


def record(planned):
    content = {"identity": planned.identity(), "precision": "float32"}
    planned.store.write_json(Paths().sweep, json.loads(json.dumps(content)))


def test_what_was_begun_and_what_was_not_can_be_gone_on_with(made):
    check(made(), [])
    check(made(), [{"event": "interrupted"}])
    check(made(), [BEGUN])  # killed before it could write sweep.json
    record(made())
    assert made().resume
    check(made(), [BEGUN])
    check(made(), [ASKED])  # its first line is lost: the ledger tells what that means


@pytest.mark.parametrize("events", [[], [{"event": "interrupted"}]])
def test_a_sweep_without_its_journal_is_refused_and_not_begun_anew(events, made):
    record(made())
    with pytest.raises(BadInput, match=r"sweep\.json.* journal, which .* is empty or missing; put"):
        check(made(), events)


def test_a_journal_without_its_sweep_is_refused(made):
    with pytest.raises(BadInput, match=r"tells of 1 trials, but sweep\.json.* is missing; put a"):
        check(made(), [BEGUN, ASKED, ASKED])


@pytest.mark.parametrize("name", [Paths().trials, Paths().epochs])
def test_tables_without_a_journal_are_not_written_over(name, made):
    made().store.write_bytes(name, b"of somebody")
    with pytest.raises(BadInput, match=rf"holds {name} of a sweep whose journal is"):
        check(made(), [])


def played(results=float("inf")):
    journal = ListJournal()
    Stage(rising).play(conduct(journal), results)
    return Ledger(journal, journal.events)


def test_epochs_that_only_the_table_has_are_counted(made):
    planned, whole = made(), played()
    assert lost_epochs(planned, whole) == 0  # there is no table
    TableWriter(planned.store, planned.question, whole).write()
    assert lost_epochs(planned, whole) == 0
    in_all = sum(len(entry.rows) for entry in whole.entries.values())
    assert lost_epochs(planned, played(results=10)) == in_all - 10
    planned.store.write_bytes(Paths().epochs, b"PAR1")
    assert lost_epochs(planned, played(results=10)) == 0  # nothing can be told


def test_an_epoch_that_a_trial_went_back_over_is_not_lost(made):
    planned, whole = made(), played()
    TableWriter(planned.store, planned.question, whole).write()
    longest = max(whole.entries.values(), key=lambda entry: len(entry.rows))
    whole.epoch(longest.trial, longest.rows[1], {})  # and a kill before the tables are written
    assert lost_epochs(planned, whole) == 0


@pytest.mark.parametrize("name", [Paths().trials, Paths().epochs])
@pytest.mark.parametrize("content", [b"", b"PAR1 and half of it", None])
def test_a_table_that_cannot_be_read_is_made_again_from_the_journal(name, content, made):
    planned, ledger = made(), played()
    TableWriter(planned.store, planned.question, ledger).write()
    before = [
        planned.store.read_table(*one)
        for one in ((Paths().trials, TRIALS), (Paths().epochs, EPOCHS))
    ]
    stamp = planned.store.fingerprint(Paths().trials)
    assert not mend_tables(planned, ledger)
    assert planned.store.fingerprint(Paths().trials) == stamp  # readers see no change
    if content is None:
        planned.store.delete(name)
    else:
        planned.store.write_bytes(name, content)
    assert mend_tables(planned, ledger)
    after = [
        planned.store.read_table(*one)
        for one in ((Paths().trials, TRIALS), (Paths().epochs, EPOCHS))
    ]
    assert before == after
    assert METRIC in after[0].column_names
