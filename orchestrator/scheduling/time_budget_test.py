import time

from optuna.trial import TrialState

from orchestrator.testing.scripted import (
    EPOCHS,
    MIXED,
    Stage,
    completed,
    conduct,
    rising,
    row,
    statuses,
    study_of,
)
from orchestrator.testing.stand_ins import ListJournal


def test_when_time_is_up_running_trials_stop_resumably_and_nothing_new_begins():
    journal = ListJournal()
    scheduler = conduct(journal, rungs=(), deadline=time.monotonic() + 60, budget_text="1m")
    first, second = (scheduler.next_trial().signature() for _ in range(2))
    scheduler.started(first)
    assert scheduler.goes_on(first, row(1, 0.5))
    object.__setattr__(scheduler.limits, "deadline", time.monotonic() - 1)
    scheduler.started(second)
    assert not scheduler.goes_on(first, row(2, 0.6))
    assert not scheduler.goes_on(second, row(1, 0.1))
    entries = scheduler.ledger.entries
    assert {(e.status, e.ended_by, e.resumable) for e in entries.values()} == {
        ("stopped_early", "time", True)
    }
    assert entries[first].reason == "time budget 1m spent; --resume goes on"
    assert scheduler.over
    assert scheduler.next_trial() is None
    resumed = conduct(journal, trials=2, rungs=())
    resumed.take_up()
    stage = Stage(rising)
    stage.play(resumed)
    assert stage.trained == [first, second]
    assert set(statuses(resumed).values()) == {"completed"}
    assert [len(e.rows) for e in resumed.ledger.entries.values()] == [EPOCHS, EPOCHS]


def test_a_last_row_counts_even_when_time_is_up():
    scheduler = conduct(rungs=(), trials=1, deadline=time.monotonic() + 60)
    trial = scheduler.next_trial().signature()
    scheduler.started(trial)
    object.__setattr__(scheduler.limits, "deadline", time.monotonic() - 1)
    assert not scheduler.goes_on(trial, completed([0.5])[0])
    assert statuses(scheduler) == {trial: "completed"}


def test_the_search_is_not_told_of_a_trial_that_will_go_on(tmp_path):
    file = tmp_path / "optuna.journal"
    more = {"search": "tpe", "axes": MIXED, "rungs": (), "trials": 1, "study": file}
    journal = ListJournal()
    scheduler = conduct(journal, **more, deadline=time.monotonic() + 60)
    trial = scheduler.next_trial().signature()
    scheduler.started(trial)
    object.__setattr__(scheduler.limits, "deadline", time.monotonic() - 1)
    scheduler.goes_on(trial, row(1, 0.5))
    assert [t.state for t in study_of(file)] == [TrialState.RUNNING]
    resumed = conduct(journal, **more)
    resumed.take_up()
    Stage(rising).play(resumed)
    assert [t.state for t in study_of(file)] == [TrialState.COMPLETE]


def test_where_time_gets_short_nothing_new_begins_so_that_some_of_those_begun_finish():
    """An epoch takes 2 s: n trials, of which one reaches epoch 9, take n + 2 + 6 epochs.

    After n epochs of n trials 8 are left, or 16 s, however many have begun.
    """
    epochs = {n: n + 2 + 6 for n in range(1, 13)}
    more = {"rule": "halving", "budget_text": "30s", "epochs_of": epochs.__getitem__}
    enough = conduct(ListJournal(), **more, deadline=time.monotonic() + 60)
    Stage(rising).play(enough)
    assert enough.ledger.counts() == {"completed": 1, "pruned": 11}
    short = conduct(ListJournal(), **more, deadline=time.monotonic() + 15)
    Stage(rising).play(short)
    assert short.ledger.counts() == {"completed": 1}
    assert short.over
    assert not short.exhausted
