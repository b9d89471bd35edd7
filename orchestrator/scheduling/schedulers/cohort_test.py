import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.scheduling.schedulers.cohort import Cohort


def cohort(size=9, rungs=(1, 3), factor=3, finalists=1):
    return Cohort(rungs, [factor] * len(rungs), size, finalists)


def arrive(group, *values, epoch=1):
    """Trials a, b, c ... begin and report these values."""
    for trial, value in zip("abcdefghijklmnopqrstuvwxyz", values, strict=False):
        group.begin(trial, tuple(rung.epoch for rung in group.rungs))
        group.record(trial, epoch, value)


def promote(group, last=False):
    """All who may go on now do, in this order."""
    names = []
    while (decision := group.promotion(last)) is not None:
        group.promoted(decision.trial, decision.epoch)
        names.append(decision.trial)
    return names


def test_the_best_third_goes_on_when_all_have_arrived():
    group = cohort()
    arrive(group, *range(9))
    assert promote(group) == ["i", "h", "g"]


def test_who_can_no_longer_be_overtaken_goes_on_before_all_have_arrived():
    group = cohort()
    arrive(group, *range(7))  # two are still to come: either may take a place of the three
    assert promote(group) == ["g"]
    decision = group.decisions("g")[0]
    assert decision.reason == "rung 1: best 6 ranks 1 of 7 so far, the best 3 of 9 go on"


def test_who_waits_hears_of_how_many():
    group = cohort()
    arrive(group, 0.5, 0.4)
    reason = group.decisions("b")[0].reason
    assert reason == "rung 1: best 0.4 ranks 2 of 2 so far, the best 3 of 9 go on"


def test_where_no_further_trial_begins_the_group_is_as_large_as_it_is():
    group = cohort(size=100)
    arrive(group, *range(7))
    assert promote(group) == []
    assert promote(group, last=True) == ["g", "f"]


def test_one_goes_on_of_a_group_smaller_than_the_factor():
    group = cohort(size=2)
    arrive(group, 0.1, 0.2)
    assert promote(group) == ["b"]
    group.record("b", 3, 0.3)
    assert promote(group) == ["b"], "to its last epoch"


def test_so_many_finalists_go_on_however_few_the_factor_leaves():
    group = cohort(finalists=4)
    arrive(group, *range(9))
    assert promote(group) == ["i", "h", "g", "f"]
    for trial, value in zip("ihgf", (1, 2, 3, 4), strict=True):
        group.record(trial, 3, value)
    assert sorted(promote(group)) == ["f", "g", "h", "i"]
    few = cohort(size=2, finalists=4)
    arrive(few, 0.1, 0.2)
    assert promote(few) == ["b", "a"]


def test_a_poor_epoch_at_a_rung_does_not_end_a_trial_that_was_better_before():
    group = cohort(size=3, rungs=(3,))
    for trial, curve in {"a": (0.5, 0.6, 0.1), "b": (0.3, 0.4, 0.4), "c": (0.1,) * 3}.items():
        group.begin(trial, (3,))
        for epoch, value in enumerate(curve, 1):
            group.record(trial, epoch, value)
    assert promote(group) == ["a"]


def test_the_next_rung_counts_those_on_their_way():
    group = cohort()
    arrive(group, *range(9))
    promote(group)
    group.record("g", 3, 9.0)
    assert promote(group) == [], "h and i are still to come"
    group.record("h", 3, 0.1)
    group.record("i", 3, 0.2)
    assert promote(group) == ["g"]


def test_who_fails_on_the_way_gives_its_place_to_the_next():
    group = cohort()
    arrive(group, *range(9))
    assert promote(group) == ["i", "h", "g"]
    group.leave("i", finished=False)
    assert promote(group) == [], "of 8 that are left the best 2 go on, and they do"
    group.leave("h", finished=False)
    group.leave("g", finished=False)
    assert promote(group) == ["f", "e"], "of 6 that are left"


def test_who_has_finished_keeps_its_place():
    group = cohort()
    arrive(group, *range(9))
    assert promote(group) == ["i", "h", "g"]
    group.leave("i", finished=True)  # e.g. by its patience, before the next rung
    assert promote(group) == []


def test_a_trial_that_was_trained_before_takes_a_place_where_it_is_among_the_best():
    poor, good = cohort(size=4), cohort(size=4)
    for group, value in ((poor, 0.0), (good, 9.0)):
        group.begin("z", (1, 3))
        group.record("z", 1, value)
        group.record("z", 3, value)
        group.leave("z", finished=True)
        arrive(group, 1.0, 2.0, 3.0)
    assert promote(poor) == ["c"]
    assert promote(good) == []


values = st.lists(st.integers(0, 30), min_size=1, max_size=30)


def next_trial(group, waiting):
    decision = group.promotion(last=False)
    if decision is not None:
        group.promoted(decision.trial, decision.epoch)
        return decision.trial
    if not waiting:
        return None
    group.begin(waiting[0], (1, 3, 9))
    return waiting.pop(0)


def epochs_trained(order, worths, factor, slots, rng):
    """Trial -> epochs, where trials of 10 epochs begin in this order and report at random."""
    group, waiting = Cohort((1, 3, 9), [factor] * 3, len(order), 1), list(order)
    epochs, live = dict.fromkeys(order, 0), []
    while True:
        while len(live) < slots and (trial := next_trial(group, waiting)) is not None:
            live.append(trial)
        if not live:
            return epochs
        trial = rng.choice(live)
        epochs[trial] += 1
        group.record(trial, epochs[trial], worths[int(trial)])
        if epochs[trial] in (1, 3, 9, 10):
            live.remove(trial)
        if epochs[trial] == 10:
            group.leave(trial, finished=True)


@given(values, st.integers(2, 4), st.randoms(use_true_random=False), st.integers(1, 5))
def test_no_order_of_arrival_changes_who_goes_on(worths, factor, rng, slots):
    worths = [worth + i / 100 for i, worth in enumerate(worths)]  # no two are equal
    order = [str(i) for i in range(len(worths))]
    expected = epochs_trained(order, worths, factor, slots, rng)
    rng.shuffle(order)
    assert epochs_trained(order, worths, factor, slots, rng) == expected
    ranked = sorted(expected, key=lambda trial: -worths[int(trial)])
    second = max(1, len(order) // factor)
    assert [t for t in ranked if expected[t] > 1] == ranked[:second]
    third = max(1, second // factor)
    assert [t for t in ranked if expected[t] > 3] == ranked[:third]
    assert expected[ranked[0]] == 10


@pytest.mark.parametrize("seed", range(3))
def test_a_large_group_costs_the_same_a_trial(seed):
    """10,000 trials in less than a few seconds: no step looks at all of them."""
    group = cohort(size=10_000)
    rng = random.Random(seed)
    for i in range(10_000):
        group.begin(str(i), (1, 3))
        group.record(str(i), 1, rng.random())
        group.promotion(last=False)
    assert len(promote(group)) == 3_333
