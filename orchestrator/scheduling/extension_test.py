"""A sweep that is extended equals one that was asked for as much at once."""

from pathlib import Path

import pytest

from orchestrator.config import TrialConfig
from orchestrator.scheduling.ledger import Ledger
from orchestrator.search.axes import Axis, Categorical, Constant, Real
from orchestrator.search.space import SearchSpace
from orchestrator.testing.scripted import (
    EPOCHS,
    GRID,
    MIXED,
    Stage,
    arrivals,
    completed,
    conduct,
    eventful,
    rising,
    statuses,
    study_of,
)
from orchestrator.testing.stand_ins import ListJournal

DRAWN: dict[str, Axis] = {**MIXED, "learning_rate": Real(1e-3, 1e-1, log=True)}
WAYS = {"grid": GRID, "random": DRAWN, "tpe": DRAWN}


def play(journal, script=rising, slots=1, results=float("inf"), **more):
    scheduler = conduct(journal, **more)
    scheduler.take_up()
    Stage(script, slots=slots).play(scheduler, results)
    return scheduler


def extend(journal, axes):
    """What the driver writes into the journal before a sweep goes on in another space."""
    ledger, space = Ledger(journal, journal.read()), SearchSpace(axes)
    outside = [t for t, entry in ledger.entries.items() if not space.holds(entry.config)]
    ledger.extended([], outside)
    return len(outside)


def ends(scheduler):
    """Signature -> status, what ended it, and the epochs trained."""
    entries = scheduler.ledger.entries.values()
    return {e.trial: (e.status, e.ended_by, sorted(e.rows)) for e in entries}


def present(scheduler):
    """The same, of the trials that the question asks for which is asked now."""
    entries = scheduler.ledger.entries
    return {t: end for t, end in ends(scheduler).items() if not entries[t].outside}


# --- more trials -----------------------------------------------------------------------------


@pytest.mark.parametrize("rungs", [(), (1, 3)], ids=["all epochs", "asha"])
@pytest.mark.parametrize("search", WAYS)
def test_extended_twice_to_more_trials_equals_asked_for_at_once(search, rungs, tmp_path):
    question = {"search": search, "axes": WAYS[search], "rungs": rungs}
    once = play(ListJournal(), eventful, study=tmp_path / "once", trials=12, **question)
    journal, study = ListJournal(), tmp_path / "thrice"
    for trials in (4, 8, 12):
        thrice = play(journal, eventful, study=study, trials=trials, **question)
        assert len(statuses(thrice)) == trials
    assert list(statuses(thrice).items()) == list(statuses(once).items())  # the same order, too
    assert ends(thrice) == ends(once)
    if rungs:
        assert arrivals(thrice.rule) == arrivals(once.rule)


@pytest.mark.parametrize("lag", [None, 7])
def test_with_several_at_once_tpe_asks_the_same_where_it_looks_so_far_back(lag, tmp_path):
    # At once the fifth trial is asked for when the first has ended; extended, when all four have.
    question = {"search": "tpe", "axes": DRAWN, "rungs": (), "slots": 4, "lag": lag}
    once = play(ListJournal(), study=tmp_path / "once", trials=24, **question)
    journal, study = ListJournal(), tmp_path / "twice"
    for trials in (12, 24):
        twice = play(journal, study=study, trials=trials, **question)
    at_random = 8  # until so many have ended, nothing was learnt
    assert list(statuses(twice))[:at_random] == list(statuses(once))[:at_random]
    assert (list(statuses(twice)) == list(statuses(once))) == (lag == 7)


def test_where_trials_wait_who_was_stopped_goes_on_in_the_larger_sweep():
    """Of the rates 0.06, 0.02, 0.09 the best goes on; of six, with 0.12, the best three."""
    question = {"search": "grid", "axes": GRID, "rungs": (1, 3), "rule": "first_epochs"}
    journal = ListJournal()
    small = play(journal, trials=3, finalists=1, **question)
    assert list(statuses(small).values()) == ["pruned", "pruned", "completed"]
    large = play(journal, trials=6, finalists=3, **question)
    by_rate = {e.config["learning_rate"]: e.status for e in large.ledger.entries.values()}
    once = play(ListJournal(), trials=6, finalists=3, **question)
    assert list(statuses(large).items()) == list(statuses(once).items())
    assert {rate for rate, status in by_rate.items() if status == "completed"} == {0.06, 0.09, 0.12}


# --- more epochs -----------------------------------------------------------------------------


def lasting(axes, epochs):
    return {**axes, "epochs": Constant(epochs)}


@pytest.mark.parametrize("rungs", [(), (1, 3)], ids=["all epochs", "asha"])
@pytest.mark.parametrize("search", ["grid", "random"])
def test_extended_twice_to_more_epochs_equals_asked_for_at_once(search, rungs):
    at_once = {"search": search, "rungs": rungs, "axes": lasting(WAYS[search], 6)}
    once = play(ListJournal(), **at_once)
    journal = ListJournal()
    for epochs in (2, 4, 6):
        axes = lasting(WAYS[search], epochs)
        if epochs > 2:
            assert extend(journal, axes) == 12 * (epochs - 2) // 2
        rungs_below = tuple(rung for rung in rungs if rung < epochs)
        thrice = play(journal, search=search, rungs=rungs_below, axes=axes)
    assert len(ends(thrice)) == 36  # the shorter ones stay
    assert list(present(thrice).items()) == list(ends(once).items())
    if rungs:
        assert arrivals(thrice.rule) == arrivals(once.rule)


def test_tpe_asks_what_had_come_to_its_end_again_best_first_and_then_goes_on(tmp_path):
    journal, study = ListJournal(), tmp_path / "study"
    first = play(journal, search="tpe", axes=lasting(DRAWN, 4), study=study, trials=10)
    entries = first.ledger.entries.values()
    rates = [e.config["learning_rate"] for e in entries if e.status == "completed"]
    assert 1 < len(rates) < 10
    longer = lasting(DRAWN, 8)
    extend(journal, longer)
    second = play(journal, search="tpe", axes=longer, study=study, trials=10)
    present_rates = [
        e.config["learning_rate"] for e in second.ledger.entries.values() if not e.outside
    ]
    assert len(present_rates) == 10
    assert present_rates[: len(rates)] == sorted(rates, reverse=True)  # which orders all trials
    assert not set(present_rates[len(rates) :]) & {e.config["learning_rate"] for e in entries}


def test_a_longer_trial_is_compared_with_longer_ones_alone():
    journal = ListJournal()
    play(journal, axes=lasting(GRID, 2), rungs=(1,))
    longer = lasting(GRID, 4)
    extend(journal, longer)
    resumed = conduct(journal, axes=longer, rungs=(1, 3))
    assert [len(judged) for judged in resumed.rule.judged.values()] == [0, 0]


# --- a narrower space ------------------------------------------------------------------------


def test_what_lies_in_a_narrower_grid_counts_and_is_not_trained_again():
    journal = ListJournal()
    rates = (0.06, 0.02, 0.09, 0.01)
    play(journal, trials=6)  # 0.06, 0.02, 0.09, 0.01, 0.12, 0.04
    narrower: dict[str, Axis] = {**GRID, "learning_rate": Categorical((*rates, 0.08))}
    assert extend(journal, narrower) == 2
    stage = Stage(rising)
    resumed = conduct(journal, axes=narrower)
    resumed.take_up()
    stage.play(resumed)
    (new,) = stage.trained
    assert resumed.ledger.entries[new].config["learning_rate"] == 0.08
    assert len(statuses(resumed)) == 7


@pytest.mark.parametrize("search", ["random", "tpe"])
def test_a_narrower_range_is_searched_until_it_holds_as_many_as_were_asked_for(search, tmp_path):
    journal, study = ListJournal(), tmp_path / "study"
    play(journal, search=search, axes=DRAWN, study=study, rungs=())
    narrower: dict[str, Axis] = {**DRAWN, "learning_rate": Real(1e-2, 3e-2)}
    outside = extend(journal, narrower)
    assert 0 < outside < 12
    resumed = play(journal, search=search, axes=narrower, study=study, rungs=())
    rates = [e.config["learning_rate"] for e in resumed.ledger.entries.values()]
    assert len(rates) == 12 + outside
    assert all(1e-2 <= rate <= 3e-2 for rate in rates[12:])


def test_tpe_is_told_what_it_found_inside_in_a_study_of_its_own(tmp_path):
    journal, study = ListJournal(), tmp_path / "study"
    play(journal, search="tpe", axes=DRAWN, study=study, rungs=())
    narrower: dict[str, Axis] = {**DRAWN, "learning_rate": Real(1e-2, 1e-1, log=True)}
    inside = 12 - extend(journal, narrower)
    resumed = conduct(journal, search="tpe", axes=narrower, study=study, rungs=())
    assert resumed.take_up() == inside
    assert conduct(journal, search="tpe", axes=narrower, study=study, rungs=()).take_up() == 0
    before, now = study_of(study), study_of(study, "sweep, extension 1")
    values = {trial.params["learning_rate"]: trial.value for trial in before}
    assert len(before) == 12
    assert {t.params["learning_rate"]: t.value for t in now}.items() <= values.items()
    assert len(now) == inside


# --- interrupted -----------------------------------------------------------------------------


@pytest.mark.parametrize("search", WAYS)
def test_an_extension_that_is_interrupted_anywhere_ends_the_same(search, tmp_path):
    def extended(name, results):
        journal, study = ListJournal(), tmp_path / name
        more = {"search": search, "study": study, "rungs": (1,), "trials": 6}
        play(journal, axes=lasting(WAYS[search], 2), **more)
        longer = lasting(WAYS[search], EPOCHS)
        extend(journal, longer)
        for part in (results, float("inf")):
            scheduler = play(journal, axes=longer, results=part, **more)
        return list(present(scheduler).items())

    expected = extended("whole", float("inf"))
    assert len(expected) == 6
    for results in (0, 1, 5, 11, 17):
        assert extended(f"after {results}", results) == expected


def test_a_trial_under_way_that_is_not_asked_for_any_more_is_no_rival_and_not_begun_again():
    journal = ListJournal()
    play(journal, results=3)
    (trial,) = statuses(conduct(journal))
    longer = lasting(GRID, 20)
    extend(journal, longer)
    ledger = Ledger(journal, journal.read())
    ledger.ended(trial, "extension", "the sweep was extended")
    resumed = play(journal, axes=longer, trials=2)
    assert statuses(resumed)[trial] == "stopped_early"
    assert len(present(resumed)) == 2


def short(config: TrialConfig):
    return completed([0.1] * config.epochs)


def test_a_space_that_was_tried_before_is_passed_over_however_large_it_is(tmp_path: Path):
    rates = tuple((i + 1) / 1000 for i in range(300))
    grid: dict[str, Axis] = {"learning_rate": Categorical(rates), "epochs": Constant(1)}
    journal = ListJournal()
    play(journal, short, axes=grid, rungs=(), trials=250)
    narrower = {**grid, "learning_rate": Categorical(rates[:260])}
    extend(journal, narrower)
    resumed = play(journal, short, axes=narrower, rungs=(), trials=260)
    assert len(statuses(resumed)) == 260
