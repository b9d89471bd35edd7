"""The same question twice gives the same trials, whichever of them reports first."""

import pytest

from orchestrator.scheduling.outcome import at_rung
from orchestrator.search.strategy import lag_of
from orchestrator.testing.scripted import MIXED, Stage, conduct, eventful, row
from orchestrator.testing.stand_ins import ListJournal

TRIALS = 20
WAYS = [
    ("first_epochs", (1,)),
    ("halving", (1, 3)),
    ("hyperband", (1, 3)),
    ("promotion", (1, 3)),
    ("none", ()),
]


def asked(scheduler):
    """The trials in the order asked."""
    return list(scheduler.ledger.entries)


def sweep(journal, slots, order, way, results=float("inf"), lag=True):
    """Played on, with trials reporting in one of many orders."""
    rule, rungs = way
    look_back = lag_of(slots) if lag else None
    asks = {"search": "tpe", "axes": MIXED, "rungs": rungs, "rule": rule, "lag": look_back}
    scheduler = conduct(journal, trials=TRIALS, **asks)
    scheduler.take_up()
    Stage(eventful, slots=slots, seed=order).play(scheduler, results)
    return scheduler


@pytest.mark.parametrize("slots", [2, 5])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[0])
def test_the_order_in_which_trials_report_does_not_change_what_tpe_asks(slots, way):
    first, *others = [asked(sweep(ListJournal(), slots, order, way)) for order in range(4)]
    assert len(first) == TRIALS
    assert others == [first] * 3


def test_nor_does_a_kill():
    expected = asked(sweep(ListJournal(), 3, 0, ("halving", (1, 3))))
    for results in (4, 11, 17, 25, 31):
        journal = ListJournal()
        sweep(journal, 3, 1, ("halving", (1, 3)), results)
        assert asked(sweep(journal, 3, 2, ("halving", (1, 3)))) == expected, results


def test_where_trials_are_stopped_as_they_arrive_it_does():
    """What README says is not promised; one at a time there is but one order."""
    several = [
        asked(sweep(ListJournal(), 4, order, ("asha", (1, 3)), lag=False)) for order in range(4)
    ]
    assert any(other != several[0] for other in several)
    alone = [asked(sweep(ListJournal(), 1, order, ("asha", (1, 3)))) for order in range(2)]
    assert alone[0] == alone[1]


def test_a_disk_that_fails_a_trial_leaves_nobody_waiting_for_it():
    scheduler = conduct(search="tpe", axes=MIXED, rungs=(), trials=3, lag=1)
    trial = scheduler.next_trial().signature()
    scheduler.started(trial)
    assert scheduler.next_trial() is None  # the second suggestion has to know the first
    assert not scheduler.over
    assert not scheduler.goes_on(trial, {"epoch": 0, "failure": "OSError: full", "passing": True})
    assert scheduler.next_trial() is not None


def test_what_a_trial_had_come_to_at_a_rung_is_its_best_so_far():
    scheduler = conduct(trials=1, rungs=())
    trial = scheduler.next_trial().signature()
    scheduler.started(trial)
    entry = scheduler.ledger.entries[trial]
    for epoch, accuracy in enumerate((0.3, 0.5, float("nan"), 0.4), 1):
        scheduler.goes_on(trial, row(epoch, accuracy))
    assert at_rung(entry, 3).intermediate == [(3, 0.5)]
    assert at_rung(entry, 1).intermediate == [(1, 0.3)]
    assert at_rung(entry, 5) is None


def test_a_trial_without_a_finite_value_at_its_rung_teaches_nothing_but_that():
    scheduler = conduct(trials=1, rungs=())
    trial = scheduler.next_trial().signature()
    scheduler.started(trial)
    scheduler.goes_on(trial, row(1, float("nan")))
    assert at_rung(scheduler.ledger.entries[trial], 1).intermediate == ()
