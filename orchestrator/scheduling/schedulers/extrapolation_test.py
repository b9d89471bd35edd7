import math
import random
import re

import pytest

from orchestrator.scheduling.schedulers.extrapolation import Extrapolation
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.scheduling.schedulers.trial_scheduler import Setup, Verdict
from orchestrator.search.axes import Categorical, Constant
from orchestrator.testing.scripted import EPOCHS, Stage, completed, conduct

AUGMENTED, FASTEST = 0.5, 0.08
QUICK = tuple(round(0.01 * i, 2) for i in range(1, 9))


def scheduler(trials=3, rungs=(1, 3), epochs=9, finalists=1):
    return Extrapolation(Setup(RungEpochs(rungs), 3, epochs, trials, finalists))


def tell(rule, epochs=9, **curves):
    """Trials begin and report these values from epoch 1; many at once are one epoch each."""
    for trial, values in curves.items():
        rule.begin(trial, epochs)
        for epoch, value in enumerate(values, 1):
            rule.record(trial, epoch, value)


def promote(rule, last=False):
    """All who may go on now do, in this order."""
    names = []
    while (decision := rule.promotion(last)) is not None:
        rule.promoted(decision.trial, decision.epoch)
        names.append(decision.trial)
    return names


def slow_starter(config):
    """Eight nets gain little after 0.34 to 0.41; the augmented one has 0.30 and wins with 0.52."""
    if config.learning_rate == AUGMENTED:
        return completed([0.30 + 0.1 * math.log(t) for t in range(1, EPOCHS + 1)])
    start = 0.33 + config.learning_rate
    return completed([start + 0.03 * (1 - t**-2.0) for t in range(1, EPOCHS + 1)])


def played(rule, order, slots=1, seed=0):
    """Learning rate -> epochs trained."""
    axes = {"learning_rate": Categorical(tuple(order)), "epochs": Constant(EPOCHS)}
    conducted = conduct(axes=axes, rule=rule, trials=len(order))
    Stage(slow_starter, slots, seed).play(conducted)
    return {e.config["learning_rate"]: len(e.rows) for e in conducted.ledger.entries.values()}


@pytest.mark.parametrize("rule", ["halving", "asha", "first_epochs"])
def test_a_trial_that_starts_slowly_and_wins_is_lost_where_first_epochs_are_compared(rule):
    epochs = played(rule, [*QUICK, AUGMENTED])
    assert epochs[AUGMENTED] == 1
    assert epochs[FASTEST] == EPOCHS


@pytest.mark.parametrize(("slots", "most"), [(1, 0.6), (3, 0.75)])
def test_where_curves_are_continued_it_reaches_its_end(slots, most):
    """With several processes, some go on before the best has shown what it is worth."""
    epochs = played("extrapolation", [*QUICK, AUGMENTED], slots)
    assert epochs[AUGMENTED] == EPOCHS
    assert sum(epochs.values()) <= most * EPOCHS * len(epochs)


def test_no_order_changes_how_far_anybody_gets():
    order = [*QUICK, AUGMENTED]
    first = played("extrapolation", order)
    for seed in range(5):
        random.Random(seed).shuffle(order)
        assert played("extrapolation", order) == first


def test_nobody_goes_on_before_all_have_reached_the_first_rung():
    rule = scheduler(trials=3)
    tell(rule, a=[0.5], b=[0.4])
    assert promote(rule) == []
    assert promote(rule, last=True) == ["a", "b"], "as no third will come"
    rule = scheduler(trials=3)
    tell(rule, a=[0.5], b=[0.4], c=[])
    assert promote(rule, last=True) == [], "c is on its way"
    rule.record("c", 1, 0.6)
    assert promote(rule) == ["c", "a"], "the most probable first; b can hardly catch up with c"


def test_who_fails_on_the_way_to_the_first_rung_is_not_waited_for():
    rule = scheduler(trials=2)
    tell(rule, a=[0.5], b=[])
    rule.leave("b", finished=False)
    assert promote(rule) == ["a"]


def test_who_cannot_catch_up_waits_and_the_reason_has_the_numbers():
    rule = scheduler(trials=2)
    tell(rule, a=[0.30, 0.31, 0.31], b=[0.6])
    assert promote(rule) == ["b"]
    waits = rule.decisions("a")[-1]
    assert (waits.epoch, waits.value, waits.verdict) == (3, 0.31, Verdict.WAITS)
    numbers = re.fullmatch(
        r"rung 3: forecast (0\.3\d) ± (0\.0\d) at epoch 9, catches up with the best \((0\.\d\d)\) "
        r"with probability 0\.00",
        waits.reason,
    )
    assert numbers, waits.reason
    assert float(numbers[3]) > 0.6


def test_a_best_one_that_fails_or_disappoints_calls_the_others_back():
    for disappoint in (
        lambda rule: rule.leave("b", finished=False),
        lambda rule: [rule.record("b", 3, 0.61), rule.leave("b", finished=True)],
    ):
        rule = scheduler(trials=2)
        tell(rule, a=[0.38, 0.46, 0.51], b=[0.6])
        assert promote(rule) == ["b"], "a comes to 0.62 or so, b to 0.79"
        disappoint(rule)
        assert promote(rule) == ["a"]


def test_what_a_finished_trial_reached_is_compared_not_what_was_expected():
    rule = scheduler(trials=2)
    tell(rule, a=[0.6, 0.61, 0.61, 0.61, 0.61, 0.61, 0.61, 0.61, 0.61], b=[0.3])
    rule.promoted("a", 3)
    rule.leave("a", finished=True)
    assert "the best (0.61)" in rule.decisions("b")[0].reason


def test_finalists_go_on_however_improbable_but_last():
    def of(finalists):
        rule = scheduler(trials=3, finalists=finalists)
        tell(rule, a=[0.30, 0.31, 0.31], b=[0.6], c=[0.2, 0.2, 0.2])
        return promote(rule, last=True)

    assert of(1) == ["b"]
    assert of(2) == ["b", "a"]
    assert of(3) == ["b", "a", "c"]


def test_without_a_finite_value_it_ends():
    rule = scheduler(trials=2)
    tell(rule, a=[math.nan], b=[0.3])
    assert promote(rule) == ["b"]
    assert rule.decisions("a")[0].verdict is Verdict.ENDS
    assert rule.decisions("a")[0].reason == "rung 1: no finite value, which never goes on"


def test_a_trial_is_measured_by_its_own_length():
    """After 3 epochs of 4 there is little to come; after 3 of 40 there is."""
    rule = scheduler(trials=3)
    tell(rule, epochs=4, short=[0.3, 0.35, 0.38])
    tell(rule, epochs=40, long=[0.3, 0.35, 0.38])
    tell(rule, best=[0.5, 0.52, 0.52])
    assert sorted(promote(rule)) == ["best", "long"]


def test_equals_go_on_by_name_whoever_comes_first():
    rule = scheduler(trials=2)
    tell(rule, b=[0.4], a=[0.4])
    assert promote(rule) == ["a", "b"]


def test_summary_counts_who_went_on_of_who_arrived():
    rule = scheduler(trials=3)
    tell(rule, a=[0.3, 0.31, 0.31], b=[0.6], c=[0.5])
    rule.leave("c", finished=False)
    assert promote(rule, last=True) == ["b"]
    assert rule.summary() == "1: 1 of 2   3: 0 of 1", "who failed is as if it had never been"
