"""What every scheduler keeps to, played by the sweep's own `Scheduler` on scripted trials."""

import dataclasses
import math
import random

import pytest

from orchestrator.config import CHOICES
from orchestrator.errors import BadInput
from orchestrator.scheduling.schedulers.catalogue import BEFORE, DEFAULT, SCHEDULERS, check
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.scheduling.schedulers.trial_scheduler import Setup
from orchestrator.search.axes import Categorical, Constant
from orchestrator.testing.scripted import EPOCHS, Stage, completed, conduct, rising, statuses
from orchestrator.testing.stand_ins import ListJournal

RATES = tuple(round(0.01 * i, 2) for i in range(1, 13))
SETUP = Setup(RungEpochs((1, 3)), 3, 9, 6)
NAMES = pytest.mark.parametrize("name", SCHEDULERS)


def played(name, rates=RATES, slots=2, seed=0, script=rising, journal=None):
    """A sweep of twelve learning rates in this order, ended."""
    axes = {"learning_rate": Categorical(tuple(rates)), "epochs": Constant(EPOCHS)}
    scheduler = conduct(journal, axes=axes, rule=name, trials=len(rates))
    scheduler.take_up()
    Stage(script, slots=slots, seed=seed).play(scheduler)
    return scheduler


def epochs_of(scheduler):
    return {e.config["learning_rate"]: len(e.rows) for e in scheduler.ledger.entries.values()}


ORDERS = {
    "ascending": RATES,
    "descending": RATES[::-1],
    "random": tuple(random.Random(0).sample(RATES, len(RATES))),
}


@NAMES
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("slots", [1, 3])
def test_a_sweep_ends_and_the_best_trial_is_trained_to_its_end(name, order, slots):
    scheduler = played(name, ORDERS[order], slots)
    assert scheduler.over
    assert set(statuses(scheduler).values()) <= {"completed", "pruned"}
    epochs = epochs_of(scheduler)
    assert len(epochs) == len(RATES)
    assert epochs[max(RATES)] == EPOCHS
    assert sum(epochs.values()) <= EPOCHS * len(RATES)


@NAMES
def test_told_again_it_answers_the_same(name):
    first = played(name, ORDERS["random"])
    again = conduct(
        ListJournal(first.ledger._journal.events),
        axes={"learning_rate": Categorical(ORDERS["random"]), "epochs": Constant(EPOCHS)},
        rule=name,
        trials=len(RATES),
    )
    assert again.rule.summary() == first.rule.summary()
    assert again.next_trial() is None
    for trial in statuses(first):
        assert again.rule.decisions(trial) == first.rule.decisions(trial)


@NAMES
def test_without_a_finite_value_nobody_goes_on(name):
    def script(config):
        accuracies = [r["validation_accuracy"] for r in rising(config)]
        return completed([math.nan] * EPOCHS if config.learning_rate > 0.1 else accuracies)

    epochs = epochs_of(played(name, script=script))
    assert epochs[0.11] < EPOCHS
    assert epochs[0.12] < EPOCHS
    assert epochs[0.1] == EPOCHS


@NAMES
def test_every_rung_of_a_trial_lies_within_it_or_at_its_end(name):
    rule = SCHEDULERS[name](Setup(RungEpochs((1, 3, 9), length=27), 3, 27, 12))
    assert all(1 <= rung <= 9 for rung in rule.rungs(9))
    assert list(rule.rungs(27)) == sorted(rule.rungs(27))


@pytest.mark.parametrize("name", [n for n, new in SCHEDULERS.items() if new(SETUP).waits])
def test_who_was_trained_before_is_a_finalist_too(name):
    """Two of six are due; p and q, trained before, have ended and lead at every rung."""
    rule = SCHEDULERS[name](dataclasses.replace(SETUP, finalists=2))
    for trial in "pq":
        rule.begin(trial, 9)
        for epoch in range(1, 10):
            rule.record(trial, epoch, 0.9)
        rule.leave(trial, finished=True)
    for trial in "abcd":
        rule.begin(trial, 9)
        rule.record(trial, 1, 0.2)
    assert rule.promotion(last=True) is None


@pytest.mark.parametrize("name", ["halving", "hyperband", "first_epochs"])
def test_no_order_changes_how_many_epochs_are_trained(name):
    sums = {sum(epochs_of(played(name, order)).values()) for order in ORDERS.values()}
    assert len(sums) == 1


def test_eight_learning_rates_in_ascending_order_by_hand():
    """The sweep on which stopping as they arrive trained 50 of 72 epochs (9 x 8)."""
    rates = RATES[-8:]
    spent = {name: sum(epochs_of(played(name, rates)).values()) for name in SCHEDULERS}
    assert spent["halving"] == 8 * 1 + 2 * 2 + 1 * 6
    assert spent["first_epochs"] == 7 * 1 + 1 * 9
    assert spent["asha"] > 50
    assert spent["promotion"] > 30, "nor is the published form safe: everybody is best for a moment"
    assert spent["delayed_promotion"] < spent["promotion"]


def test_a_paused_trial_is_shown_as_one_and_costs_no_process():
    journal = ListJournal()
    axes = {"learning_rate": Categorical(RATES[:3]), "epochs": Constant(EPOCHS)}
    scheduler = conduct(journal, axes=axes, rule="halving", trials=3)
    Stage(rising).play(scheduler, results=2)
    assert list(statuses(scheduler).values()) == ["paused", "paused"]
    assert not scheduler.over
    assert [e["event"] for e in journal.events if e["event"] in ("paused", "rung", "ended")] == [
        "paused",
        "paused",
    ]
    Stage(rising).play(scheduler)
    assert list(statuses(scheduler).values()) == ["pruned", "pruned", "completed"]
    assert scheduler.ledger.entries[next(iter(statuses(scheduler)))].reason == (
        "rung 1: best 0.04 ranks 3 of 3, the best goes on"
    )


def test_names_are_checked_and_the_default_is_one():
    assert {DEFAULT, BEFORE} <= set(SCHEDULERS)
    with pytest.raises(BadInput, match=r"unknown scheduler 'sha'; known: halving, promotion"):
        check("sha")
    assert "scheduler" not in CHOICES, "it is no setting of a trial"
