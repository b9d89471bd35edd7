import dataclasses
import sys

import pytest

from orchestrator import plan
from orchestrator.driver import execution
from orchestrator.driver.extension import SUPERSEDED, extend
from orchestrator.driver.local_files import LocalFiles
from orchestrator.driver.run import SweepRun
from orchestrator.driver.sweep_record import record
from orchestrator.process.backend import BackendChoice
from orchestrator.request import parse
from orchestrator.scheduling.ledger import Ledger
from orchestrator.testing.scripted import row
from orchestrator.testing.stand_ins import ListJournal
from results.paths import Paths

QUESTION = """
from ray import tune
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep(
        name="tiny",
        question="Which rate?",
        space={
            "architecture": "CPF",
            "learning_rate": tune.grid_search([0.1, 0.2, 0.3, 0.4]),
            "schedule": "SCHEDULE",
            "epochs": 2,
        },
        budget=Budget(trials=3),
        search="grid",
        embedded=140,
    )
"""


@pytest.fixture
def resumed(tmp_path, monkeypatch):
    """A sweep of three trials, two of them at their end; gives the run that resumes it."""
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "tiny.py"

    def make(*words, schedule="constant"):
        file.write_text(QUESTION.replace("SCHEDULE", schedule))
        place = [str(file), "--results", str(tmp_path / "r")]
        first = plan.with_backend(plan.make(parse(place)), BackendChoice("tensorflow", ""))
        first = plan.with_precision(first, "float32")
        first.store.write_json(Paths().sweep, record(first, None))
        first.store.write_bytes(Paths().journal, b"")
        journal = ListJournal()
        begin(journal, first)
        request = parse([*place, "--resume", "--name", "tiny", *words])
        planned = plan.make(request)
        return SweepRun(request, planned, journal, LocalFiles(planned.store), sys.stderr)

    return make


def begin(journal, planned):
    ledger = Ledger(journal)
    for ticket, values in enumerate(list(planned.space.grid())[:3]):
        config = dataclasses.replace(planned.base, **values)
        ledger.asked(config.signature(), config.to_flat(), ticket)
        ledger.epoch(config.signature(), row(1, 0.5), {})
        if ticket < 2:
            ledger.ended(config.signature(), "epochs", "all 2 epochs done")
            planned.store.write_bytes(f"{Paths().checkpoint(config.signature())}/000002.json", b"")
    journal.append({"event": "done", "whole": 0})


def events(work):
    return [event for event in work.journal.events if event["event"] == "extended"]


def test_more_trials_are_said_and_written_down(resumed, capsys):
    work = resumed("--trials", "4")
    extend(work)
    assert capsys.readouterr().err == (
        "extended: trials from 3 to 4; 3 of 4 trials are there, 1 is new\n"
    )
    changes = [{"what": "trials", "before": 3, "now": 4}]
    assert events(work) == [{"event": "extended", "changes": changes}]
    content = work.planned.store.read_json(Paths().sweep)
    assert (content["trials"], content["extended"][0]["changes"]) == (4, changes)
    ledger = Ledger(work.journal, work.journal.read())
    assert [e.ticket for e in ledger.entries.values()] == [0, 1, 2]
    assert (ledger.outside, ledger.extensions) == (0, 0)


def test_more_epochs_say_what_is_gone_on_from_and_end_what_was_under_way(resumed, capsys):
    work = resumed("--epochs", "6")
    extend(work)
    assert capsys.readouterr().err == (
        "extended: epochs from 2 to 6; 0 of 3 trials are there, 3 are new; 3 others stay in the "
        "tables; 2 of them have left a state from which the longer trial goes on\n"
    )
    ledger = Ledger(work.journal, work.journal.read())
    assert [(e.ended_by, e.pending, e.outside) for e in ledger.entries.values()] == [
        ("epochs", False, True),
        ("epochs", False, True),
        ("extension", False, True),
    ]
    assert list(ledger.entries.values())[2].reason == SUPERSEDED
    assert ledger.extensions == 1


def test_a_schedule_that_knows_when_it_ends_is_said_to_begin_again(resumed, capsys):
    extend(resumed("--epochs", "6", schedule="cosine"))
    assert "; cosine depends on the number of epochs, so longer trials are trained from their " in (
        capsys.readouterr().err
    )


def test_a_narrower_space_keeps_what_lies_inside(resumed, capsys):
    work = resumed("--set", "learning_rate=0.1,0.3,0.4")
    extend(work)
    err = capsys.readouterr().err
    assert err.endswith("; 2 of 3 trials are there, 1 is new; 1 other stays in the tables\n")
    ledger = Ledger(work.journal, work.journal.read())
    assert [e.outside for e in ledger.entries.values()] == [False, True, False]
    assert [e.pending for e in ledger.entries.values()] == [False, False, True]


def test_a_sweep_that_only_goes_on_is_not_extended(resumed, capsys):
    work = resumed()
    before = work.planned.store.read_json(Paths().sweep)
    extend(work)
    assert (events(work), capsys.readouterr().err) == ([], "")
    assert work.planned.store.read_json(Paths().sweep) == before


def test_killed_between_journal_and_record_the_same_command_extends_to_the_same(resumed):
    work = resumed("--epochs", "6")
    ledger = Ledger(work.journal, work.journal.read())
    ledger.extended([], list(ledger.entries))
    extend(work)
    ledger = Ledger(work.journal, work.journal.read())
    assert ledger.outside == 3
    assert len(work.planned.store.read_json(Paths().sweep)["extended"]) == 1


def test_killed_there_and_resumed_as_it_was_it_asks_what_it_asked(resumed, capsys):
    work = resumed()
    ledger = Ledger(work.journal, work.journal.read())
    ledger.extended([], list(ledger.entries))
    extend(work)
    assert Ledger(work.journal, work.journal.read()).outside == 0
    assert "extended" not in capsys.readouterr().err
    extend(work)
    assert len(events(work)) == 2


@pytest.mark.parametrize(
    ("whole", "words", "done"),
    [
        (4, (), True),
        (4, ("--trials", "2"), True),
        (3, ("--trials", "4"), False),
        (3, ("--trials", "9"), False),
        (9, ("--trials", "20"), True),  # the grid has four points
        (3, ("--epochs", "6"), False),
        (3, ("--set", "learning_rate=0.1"), False),
        (0, (), False),
    ],
)
def test_a_sweep_is_complete_unless_it_is_asked_for_more(resumed, whole, words, done):
    work = resumed(*words)
    ledger = Ledger(work.journal, work.journal.read())
    ledger.ended(list(ledger.entries)[2], "epochs", "all 2 epochs done")
    work.journal.append({"event": "done", "whole": whole})
    assert execution.is_whole(work.planned, work.journal.read(), ledger) is done
