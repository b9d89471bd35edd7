import dataclasses
import os

import pytest

from orchestrator.config import TrialConfig
from orchestrator.monitor.tables import TableWriter
from orchestrator.plan import Question
from orchestrator.scheduling.finished_trials import FinishedTrials
from orchestrator.scheduling.ledger import Ledger
from orchestrator.testing.scripted import row
from orchestrator.testing.stand_ins import ListJournal
from results.paths import Paths
from results.store import Store

QUESTION = Question(sweep="older", validation_n=100, majority=0.25, classes=7)
TRIAL = "0123456789"
ABOUT = {"parameters": 7, "hardware": "m", "threads": 1, "start_seconds": 1.5}


def write_sweep(
    folder,
    ended_by="epochs",
    reason="all epochs done",
    epochs=3,
    files=True,
    backend="tensorflow",
    *,
    code="c1",
    **more,
):
    """A sweep's folder with one trial, as `TableWriter` and a trial leave it."""
    ledger, store = Ledger(ListJournal()), Store(folder)
    ledger.asked(TRIAL, TrialConfig(precision="float32").to_flat(), 0)
    for epoch in range(1, epochs + 1):
        ledger.epoch(TRIAL, row(epoch, 0.1 * epoch), ABOUT | {"code": code})
    if ended_by:
        ledger.ended(TRIAL, ended_by, reason, **more)
    TableWriter(store, dataclasses.replace(QUESTION, backend=backend), ledger).write()
    if files:
        store.write_bytes(Paths().prediction(TRIAL), b"predictions")
        store.write_bytes(Paths().weight(TRIAL), b"weights")
    return folder


def look(tmp_path, name="new"):
    return FinishedTrials(Store(tmp_path), Store(tmp_path / name), code="c1", threads=1)


@pytest.mark.parametrize(
    ("ended_by", "status"), [("epochs", "completed"), ("patience", "stopped_early")]
)
def test_a_finished_trial_is_found_with_its_rows_and_files(tmp_path, ended_by, status):
    older = write_sweep(tmp_path / "older", ended_by)
    trial = look(tmp_path)(TRIAL)
    assert (trial.sweep, trial.status, trial.ended_by) == ("older", status, ended_by)
    assert [(r["epoch"], r["validation_accuracy"]) for r in trial.rows] == [
        (1, 0.1),
        (2, 0.2),
        (3, pytest.approx(0.3)),
    ]
    metadata = ABOUT | {"code": "c1", "continued_from": None, "start_seconds": 1.5}
    assert trial.metadata == metadata
    for name in (Paths().prediction(TRIAL), Paths().weight(TRIAL)):
        assert (tmp_path / "new" / name).samefile(older / name)
    assert look(tmp_path)("9876543210") is None


@pytest.mark.parametrize(
    ("trained", "asks", "reused"),
    [
        ("tensorflow", "tensorflow", True),
        ("jax", "jax", True),
        ("jax", "tensorflow", False),
        ("tensorflow", "jax", False),
        (None, "tensorflow", True),  # of before there was a choice
        (None, "jax", False),
    ],
)
def test_what_another_backend_computed_is_not_taken_over(tmp_path, trained, asks, reused):
    write_sweep(tmp_path / "older", backend=trained)
    finished = FinishedTrials(Store(tmp_path), Store(tmp_path / "new"), asks, "c1", 1)
    assert (finished(TRIAL) is not None) == reused


def test_rows_that_were_taken_over_can_be_journalled_and_read_as_epochs(tmp_path):
    write_sweep(tmp_path / "older")
    trial = look(tmp_path)(TRIAL)
    ledger = Ledger(ListJournal())
    ledger.asked(TRIAL, TrialConfig(precision="float32").to_flat(), 0)
    rows, about = list(trial.rows), trial.metadata
    ledger.ended(TRIAL, "epochs", "x", reused_from="older", rows=rows, about=about)
    TableWriter(Store(tmp_path / "new"), QUESTION, ledger).write()
    assert ledger.entries[TRIAL].rows[3]["validation_accuracy"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    "ending",
    [
        {"ended_by": "rung", "reason": "rung 1: 0.1 ranks 2 of 2, the best goes on"},
        {"ended_by": "failure", "reason": "raised an error", "error": "ValueError: x"},
        {"ended_by": "diverged", "reason": "train_loss is not finite at epoch 3"},
        {"ended_by": ""},
        {"ended_by": "time", "reason": "time budget 30m spent; --resume goes on"},
    ],
    ids=lambda ending: ending["ended_by"] or "running",
)
def test_what_did_not_end_by_itself_is_not_reused(tmp_path, ending):
    write_sweep(tmp_path / "older", **ending)
    assert look(tmp_path)(TRIAL) is None
    assert not (tmp_path / "new").exists()


def test_a_trial_without_its_files_is_not_reused(tmp_path):
    write_sweep(tmp_path / "older", files=False)
    assert look(tmp_path)(TRIAL) is None


def test_a_trial_whose_rows_are_not_all_there_is_not_reused(tmp_path):
    complete, short = write_sweep(tmp_path / "older"), write_sweep(tmp_path / "short", epochs=2)
    (complete / Paths().epochs).write_bytes((short / Paths().epochs).read_bytes())
    for name in (Paths().trials, Paths().epochs):
        (short / name).unlink()
    assert look(tmp_path)(TRIAL) is None


@pytest.mark.parametrize("table", [Paths().trials, Paths().epochs])
def test_a_damaged_table_is_passed_over_and_said(tmp_path, table):
    write_sweep(tmp_path / "damaged")
    (tmp_path / "damaged" / table).write_bytes(b"PAR1 half a table")
    write_sweep(tmp_path / "older")
    finished = look(tmp_path)
    assert finished(TRIAL).sweep == "older"
    (said,) = finished.passed_over
    assert str(tmp_path / "damaged" / table) in said


def test_the_sweep_itself_is_not_searched(tmp_path):
    write_sweep(tmp_path / "new")
    assert look(tmp_path)(TRIAL) is None


def test_a_results_folder_that_is_not_there_yet_holds_nothing(tmp_path):
    assert FinishedTrials(Store(tmp_path / "none"), Store(tmp_path / "none" / "new"))(TRIAL) is None


def test_the_sweep_that_trained_it_is_named_rather_than_one_that_reused_it(tmp_path):
    write_sweep(tmp_path / "a", "reused", "trained before in sweep b", reused_from="b")
    write_sweep(tmp_path / "b")
    assert look(tmp_path)(TRIAL).sweep == "b"
    (tmp_path / "b" / Paths().trials).unlink()
    assert look(tmp_path)(TRIAL).sweep == "a"  # where that one is gone, a copy does


def test_files_are_copied_where_they_cannot_be_linked(tmp_path, monkeypatch):
    older = write_sweep(tmp_path / "older")

    def no_links(source, target):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", no_links)
    assert look(tmp_path)(TRIAL) is not None
    copy = tmp_path / "new" / Paths().weight(TRIAL)
    assert copy.read_bytes() == b"weights"
    assert not copy.samefile(older / Paths().weight(TRIAL))


def test_a_trial_whose_files_are_deleted_this_moment_is_not_reused(tmp_path, monkeypatch):
    write_sweep(tmp_path / "older")
    finished = look(tmp_path)

    def gone(source, target):
        os.unlink(source)
        raise FileNotFoundError(source)

    monkeypatch.setattr(os, "link", gone)
    assert finished(TRIAL) is None


def test_what_an_interrupted_try_left_is_replaced_and_nothing_else_is_left(tmp_path):
    write_sweep(tmp_path / "older")
    Store(tmp_path / "new").write_bytes(Paths().weight(TRIAL), b"of a trial that was not finished")
    for _ in range(2):  # and once more, onto the same file
        assert look(tmp_path)(TRIAL) is not None
    (weight,) = (tmp_path / "new" / Paths().weights).iterdir()
    assert weight.read_bytes() == b"weights"


@pytest.mark.parametrize("code", ["c2", "c1 then c2", "c2 then c1"])
def test_what_other_code_computed_is_trained_again_and_that_is_said_once(tmp_path, caplog, code):
    write_sweep(tmp_path / "older", code=code)
    finished = look(tmp_path)
    assert finished(TRIAL) is None
    assert finished(TRIAL) is None
    (record,) = caplog.records
    assert f"sweep older were computed by other code ({code}, now c1)" in record.getMessage()
    assert not (tmp_path / "new" / Paths().weight(TRIAL)).exists()


def test_what_an_older_version_computed_is_reused_and_that_is_said(tmp_path, caplog):
    write_sweep(tmp_path / "older", code=None)
    assert look(tmp_path)(TRIAL).metadata["code"] is None
    assert "reused from sweep older do not tell which code computed them" in caplog.text


def test_reuse_across_threads_is_said(tmp_path, caplog):
    write_sweep(tmp_path / "older")
    finished = FinishedTrials(Store(tmp_path), Store(tmp_path / "new"), code="c1", threads=2)
    assert finished(TRIAL).metadata["threads"] == 1
    assert "computed on 1 CPU thread, those of this sweep are on 2 CPU threads" in caplog.text
