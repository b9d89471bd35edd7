import math

import pytest
from optuna.trial import TrialState

from orchestrator.monitor.rows import epoch_rows
from orchestrator.scheduling.finished_trial import FinishedTrial
from orchestrator.scheduling.ledger import Ledger
from orchestrator.scheduling.outcome import METRIC
from orchestrator.scheduling.scheduler import REPEATS
from orchestrator.search.axes import Categorical, Constant
from orchestrator.search.catalogue import SEARCHES
from orchestrator.testing.scripted import (
    BASE,
    EPOCHS,
    GRID,
    MIXED,
    RATES,
    Stage,
    arrivals,
    completed,
    conduct,
    diverged,
    failing,
    patient,
    rising,
    row,
    statuses,
    study_of,
)
from orchestrator.testing.stand_ins import ListJournal
from results.journal.file_journal import Journal


def by_rate(scheduler):
    return {e.config["learning_rate"]: e.status for e in scheduler.ledger.entries.values()}


# --- a sweep from beginning to end -----------------------------------------------------------


@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("search", SEARCHES)
def test_hopeless_trials_are_pruned_and_the_best_completes(search, slots):
    scheduler = conduct(search=search, axes=GRID)
    Stage(rising, slots, seed=5).play(scheduler)
    statuses_by_rate = by_rate(scheduler)
    assert len(statuses_by_rate) == len(RATES.values) == 12
    assert statuses_by_rate[0.12] == "completed"
    assert set(statuses_by_rate.values()) == {"completed", "pruned"}
    pruned = [e for e in scheduler.ledger.entries.values() if e.status == "pruned"]
    assert {len(e.rows) for e in pruned} <= {1, 3}
    assert all(e.reason == e.condemned and e.reason.startswith("rung ") for e in pruned)


def test_descending_quality_leaves_the_first_alone():
    axes = {
        "learning_rate": Categorical(tuple(sorted(RATES.values, reverse=True))),
        "epochs": Constant(EPOCHS),
    }
    scheduler = conduct(axes=axes)
    Stage(rising).play(scheduler)
    assert list(statuses(scheduler).values()) == ["completed"] + ["pruned"] * 11
    assert scheduler.rule.summary() == "1: 1 of 12   3: 1 of 1"


def test_without_rungs_every_trial_runs_to_its_end():
    scheduler = conduct(rungs=())
    Stage(rising, slots=3).play(scheduler)
    assert set(statuses(scheduler).values()) == {"completed"}
    assert len(epoch_rows(scheduler.ledger)) == 12 * EPOCHS


def test_each_way_to_end_has_its_status_and_its_reason():
    scripts = {
        0.06: patient([0.2, 0.2]),
        0.02: diverged([0.3]),
        0.09: completed([0.1] * 9),
        0.01: failing([0.4]),
    }
    scheduler = conduct(rungs=(), trials=4)
    Stage(lambda config: scripts[config.learning_rate]).play(scheduler)
    entries = scheduler.ledger.entries.values()
    assert [(e.ended_by, e.status, e.reason) for e in entries] == [
        ("patience", "stopped_early", "no better loss"),
        ("diverged", "failed", "train_loss is not finite at epoch 2"),
        ("epochs", "completed", "all epochs done"),
        ("failure", "failed", "raised an error"),
    ]


def test_a_trial_that_ends_itself_at_a_rung_that_condemns_it_keeps_its_own_end():
    scheduler = conduct(rungs=(2,), trials=2)
    scripts = iter([completed([0.5] * 3), patient([0.1, 0.1])])
    Stage(lambda config: next(scripts)).play(scheduler)
    assert list(statuses(scheduler).values()) == ["completed", "stopped_early"]
    assert [keep for _, _, keep in arrivals(scheduler.rule)[2]] == [True, False]


def test_never_more_at_once_than_asked_for_and_not_more_trials_either():
    scheduler = conduct(trials=5, concurrency=2, rungs=())
    assert [scheduler.next_trial() is None for _ in range(3)] == [False, False, True]
    assert not scheduler.over  # "not now" is not "never"
    other = conduct(trials=5, rungs=())
    Stage(rising, slots=4).play(other)
    assert len(other.ledger.entries) == 5


def test_a_trial_that_only_the_disk_failed_is_tried_again_by_a_resumed_sweep():
    scheduler = conduct(concurrency=1)
    trial = scheduler.next_trial().signature()
    scheduler.started(trial)
    full = {"epoch": 0, "failure": "OSError: No space left on device", "passing": True}
    assert not scheduler.goes_on(trial, full)
    entry = scheduler.ledger.entries[trial]
    assert (entry.status, entry.pending) == ("failed", True)
    assert scheduler.next_trial() is not None


def test_rows_that_an_earlier_process_had_no_time_to_tell_are_taken_with_the_last():
    scheduler = conduct(rungs=(1, 3))
    trial = scheduler.next_trial().signature()
    scheduler.goes_on(trial, row(1, 0.1))
    earlier = [row(t, 0.1 * t) for t in (1, 2, 3)]
    assert scheduler.goes_on(trial, row(4, 0.4) | {"earlier": earlier})
    assert [r["epoch"] for r in epoch_rows(scheduler.ledger)] == [1, 2, 3, 4]
    assert arrivals(scheduler.rule)[3] == [(trial, pytest.approx(0.3), True)]


def test_a_retried_trial_that_went_back_to_a_checkpoint_counts_once():
    scheduler = conduct(rungs=(1, 3))
    trial = scheduler.next_trial().signature()
    scheduler.started(trial)
    for epoch in (1, 2, 3, 4):
        scheduler.goes_on(trial, row(epoch, 0.1 * epoch))
    scheduler.started(trial)
    for epoch in (3, 4, 5):
        assert scheduler.goes_on(trial, row(epoch, 0.9))
    rows = epoch_rows(scheduler.ledger)
    assert [(r["epoch"], r[METRIC]) for r in rows] == [
        (1, 0.1),
        (2, 0.2),
        (3, 0.9),
        (4, 0.9),
        (5, 0.9),
    ]
    assert arrivals(scheduler.rule) == {
        1: [(trial, 0.1, True)],
        3: [(trial, pytest.approx(0.3), True)],
    }


# --- numbers that are none -------------------------------------------------------------------


@pytest.mark.parametrize("odd", [math.nan, None])
def test_odd_numbers_are_kept_as_nan_never_best_and_worst_at_a_rung(odd, tmp_path):
    journal = Journal(tmp_path / "journal.jsonl", batch=0)
    scheduler = conduct(journal, rungs=(2,))
    trial = scheduler.next_trial().signature()
    scheduler.started(trial)
    assert scheduler.goes_on(trial, row(1, 0.4))
    assert not scheduler.goes_on(trial, row(2, 0.5, **{METRIC: odd}))
    entry = scheduler.ledger.entries[trial]
    assert (entry.status, entry.reason) == (
        "pruned",
        "rung 2: no finite value, which never goes on",
    )
    assert entry.best_row(METRIC)["epoch"] == 1
    assert arrivals(scheduler.rule) == {2: [(trial, -math.inf, False)]}
    again = Ledger(journal, journal.read()).entries[trial]
    assert math.isnan(again.rows[2][METRIC])
    assert again.reason == entry.reason


def test_a_loss_without_a_value_bars_its_epoch_from_being_best():
    scheduler = conduct(rungs=())
    trial = scheduler.next_trial().signature()
    scheduler.started(trial)
    scheduler.goes_on(trial, row(1, 0.9, validation_loss=None))
    scheduler.goes_on(trial, row(2, 0.3))
    assert scheduler.ledger.entries[trial].best_row(METRIC)["epoch"] == 2


# --- what the search is told -----------------------------------------------------------------


def test_the_study_holds_the_truth(tmp_path):
    scripts = [
        completed([0.2, 0.6, 0.5]),
        patient([0.7, 0.4]),
        diverged([0.3]),
        diverged([]),
        failing([0.1]),
        completed([0.01, 0.02, 0.03]),  # pruned at its first rung
    ]
    numbers = iter(scripts)
    scheduler = conduct(
        search="tpe", axes=MIXED, rungs=(1,), trials=6, study=tmp_path / "optuna.journal"
    )
    scheduler.rule.record("an earlier one", 1, 0.15)  # so that the first to come is not the best
    scheduler.source.run_name = lambda entry: f"run {entry.number}"
    Stage(lambda config: next(numbers)).play(scheduler)
    trials = study_of(tmp_path / "optuna.journal")
    assert [t.user_attrs for t in trials] == [
        {"trial": e.trial, "reason": e.reason, "run": f"run {e.number}"}
        | ({"best_epoch": best} if best else {})
        for e, best in zip(scheduler.ledger.entries.values(), (2, 1, 1, 0, 1, 1), strict=True)
    ]
    assert [(t.state, t.intermediate_values) for t in trials] == [
        (TrialState.COMPLETE, {1: 0.2, 2: 0.6, 3: 0.5}),
        (TrialState.COMPLETE, {1: 0.7, 2: 0.4}),
        (TrialState.PRUNED, {1: 0.3}),
        (TrialState.PRUNED, {}),
        (TrialState.PRUNED, {1: 0.1}),
        (TrialState.PRUNED, {1: 0.01}),
    ]
    assert [t.value for t in trials[:2]] == [0.6, 0.7]  # the best epoch's, whose weights are kept


def test_an_error_is_told_as_a_failure_with_what_was_seen_before(tmp_path):
    scheduler = conduct(
        search="tpe", axes=MIXED, rungs=(), trials=2, study=tmp_path / "optuna.journal"
    )
    scripts = iter([failing([0.4]), failing([])])
    Stage(lambda config: next(scripts)).play(scheduler)
    trials = study_of(tmp_path / "optuna.journal")
    assert [(t.state, t.intermediate_values) for t in trials] == [
        (TrialState.FAIL, {1: 0.4}),
        (TrialState.FAIL, {}),
    ]


# --- trials that another sweep has finished --------------------------------------------------


def test_a_finished_trial_is_taken_over_counted_and_not_trained():
    first = BASE.from_flat({**BASE.to_flat(), "learning_rate": 0.06, "epochs": EPOCHS})
    rows = tuple({k: v for k, v in r.items() if k in row(1, 0.5)} for r in rising(first))
    metadata = {"parameters": 7, "hardware": "another"}
    older = FinishedTrial("older", "completed", "epochs", rows, metadata)
    scheduler = conduct(
        trials=3,
        rungs=(),
        finished=lambda signature: older if signature == first.signature() else None,
    )
    stage = Stage(rising)
    stage.play(scheduler)
    assert list(statuses(scheduler).values()) == ["reused", "completed", "completed"]
    entry = scheduler.ledger.entries[first.signature()]
    assert entry.reason == "trained before in sweep older (completed)"
    assert (entry.reused_from, entry.ended_by) == ("older", "epochs")
    assert (entry.metadata["parameters"], len(entry.rows)) == (7, EPOCHS)
    assert first.signature() not in stage.trained


def test_trials_are_compared_with_one_that_was_taken_over_also_after_a_resume():
    rows = tuple(row(t, 0.3 * t) for t in (1, 2, 3))
    older = FinishedTrial("older", "completed", "epochs", rows, {})
    first = BASE.from_flat({**BASE.to_flat(), "learning_rate": 0.06, "epochs": EPOCHS})
    journal = ListJournal()
    scheduler = conduct(
        journal,
        trials=2,
        finished=lambda signature: older if signature == first.signature() else None,
    )
    Stage(lambda config: completed([0.2] * EPOCHS)).play(scheduler)
    assert list(statuses(scheduler).values()) == ["reused", "pruned"]
    assert [value for _, value, _ in arrivals(scheduler.rule)[1]] == [0.3, 0.2]
    assert conduct(journal, trials=2).rule.judged == scheduler.rule.judged


def test_a_pending_trial_that_was_finished_elsewhere_meanwhile_is_taken_over():
    journal = ListJournal()
    scheduler = conduct(journal, trials=1, rungs=())
    Stage(rising).play(scheduler, results=2)
    older = FinishedTrial("other", "completed", "epochs", (row(1, 0.9),), {})
    resumed = conduct(journal, trials=1, rungs=(), finished=lambda signature: older)
    resumed.take_up()
    Stage(rising).play(resumed)
    entry = next(iter(resumed.ledger.entries.values()))
    assert (entry.status, list(entry.rows)) == ("reused", [1])


def test_any_number_of_finished_trials_is_taken_over_in_a_row():
    older = FinishedTrial("older", "completed", "epochs", (row(1, 0.5),), {})
    axes = {"seed": Categorical(tuple(range(REPEATS + 50))), "epochs": Constant(1)}
    last = {**BASE.to_flat(), "seed": REPEATS + 49, "epochs": 1}
    new = BASE.from_flat(last).signature()
    scheduler = conduct(
        axes=axes,
        rungs=(),
        trials=REPEATS + 50,
        finished=lambda signature: None if signature == new else older,
    )
    assert scheduler.next_trial().signature() == new
    assert scheduler.ledger.counts() == {"reused": REPEATS + 49, "running": 1}
