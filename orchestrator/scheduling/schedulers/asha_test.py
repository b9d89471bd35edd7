import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.scheduling.schedulers.asha import Asha
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.scheduling.schedulers.trial_scheduler import Setup
from orchestrator.testing.scripted import arrivals


def asha(milestones, factor):
    return Asha(Setup(RungEpochs(tuple(milestones)), factor, 100))


def replay(milestones, factor, rows):
    """The rungs after these rows: trial, epoch, value."""
    rungs = asha(milestones, factor)
    for row in rows:
        rungs.record(*row)
    return rungs


def test_seven_trials_by_hand():
    rungs = asha((9,), 3)
    seen = [
        rungs.record(f"t{i}", 9, value)
        for i, value in enumerate([0.30, 0.20, 0.40, 0.35, 0.412, 0.50, 0.41], 1)
    ]
    assert [(d.rank, d.of, d.survivors, d.keep) for d in seen] == [
        (1, 1, 1, True),
        (2, 2, 1, False),
        (1, 3, 1, True),
        (2, 4, 2, True),
        (1, 5, 2, True),
        (1, 6, 2, True),
        (3, 7, 3, True),
    ]
    assert seen[6].reason == "rung 9: 0.41 ranks 3 of 7, the best 3 go on"
    assert seen[1].reason == "rung 9: 0.2 ranks 2 of 2, the best goes on"
    assert rungs.summary() == "9: 6 of 7"
    assert arrivals(rungs)[9][1] == ("t2", 0.20, False)


def test_nothing_is_decided_away_from_a_rung_and_the_first_row_wins():
    rungs = asha((3, 9), 3)
    assert rungs.record("a", 2, 0.1) is None
    assert rungs.record("a", 3, 0.5).keep
    assert rungs.record("a", 3, 0.0) is None
    assert rungs.record("a", 4, 0.0) is None
    assert arrivals(rungs) == {3: [("a", 0.5, True)], 9: []}


def test_a_jump_is_recorded_at_the_highest_passed_rung_alone():
    rungs = asha((1, 3, 9), 3)
    decision = rungs.record("a", 5, 0.5)
    assert (decision.epoch, decision.value) == (3, 0.5)
    assert rungs.record("a", 8, 0.6) is None
    assert rungs.record("a", 9, 0.7).epoch == 9
    assert arrivals(rungs)[1] == []


def test_of_27_equal_trials_one_goes_on():
    rungs = asha((1,), 3)
    kept = [rungs.record(str(i), 1, 0.25).keep for i in range(27)]
    assert kept == [True] + [False] * 26


def test_arrival_order_decides_as_the_stopping_form_must():
    ascending, descending = asha((1,), 3), asha((1,), 3)
    for i in range(27):
        ascending.record(str(i), 1, i / 27)
        descending.record(str(i), 1, -i / 27)
    assert ascending.summary() == "1: 27 of 27"
    assert descending.summary() == "1: 1 of 27"


def test_in_random_order_about_one_in_three_goes_on():
    rungs = asha((1,), 3)
    values = list(range(243))
    random.Random(0).shuffle(values)
    kept = sum(rungs.record(str(v), 1, v).keep for v in values)
    assert 70 <= kept <= 100


@pytest.mark.parametrize("worst", [None, math.nan, math.inf, -math.inf])
def test_without_a_finite_value_nobody_goes_on_not_even_the_first(worst):
    rungs = asha((1,), 3)
    first = rungs.record("a", 1, worst)
    assert (first.value, first.rank, first.keep) == (-math.inf, 1, False)
    assert "no finite value" in first.reason
    assert rungs.record("b", 1, -5.0).keep, "a poor finite value beats none"


def test_a_stopped_trial_stays_stopped_for_those_who_ask_later():
    rungs = asha((1, 3), 3)
    rungs.record("good", 1, 0.5)
    rungs.record("poor", 1, 0.4)
    assert [(d.epoch, d.keep) for d in rungs.decisions("good")] == [(1, True)]
    assert [(d.rank, d.keep) for d in rungs.decisions("poor")] == [(2, False)]
    assert rungs.decisions("unknown") == []


def test_rungs_differ_when_a_row_the_order_or_the_factor_does():
    rows = [("a", 1, 0.1), ("b", 1, 0.2)]
    judged = replay((1, 3), 3, rows).judged
    assert judged == replay((1, 3), 3, rows).judged
    assert judged != replay((1, 3), 3, rows[:1]).judged
    assert judged != replay((1, 3), 3, rows[::-1]).judged
    assert judged != replay((1,), 3, rows).judged
    more = [*rows, ("c", 1, 0.15)]
    assert replay((1,), 3, more).judged != replay((1,), 2, more).judged


reports = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.integers(1, 12),
        st.none() | st.just(math.nan) | st.floats(0, 1) | st.sampled_from([0.25, 0.5]),
    ),
    max_size=60,
)


@given(reports, st.integers(2, 4), st.integers(0, 60))
def test_a_replay_in_two_halves_with_rows_told_twice_is_the_same_state(rows, factor, cut):
    once = replay((1, 3, 9), factor, rows)
    again = replay((1, 3, 9), factor, rows[:cut] + rows[:cut] + rows[cut:])
    assert again.judged == once.judged
    assert arrivals(again) == arrivals(once)


@given(reports, st.integers(2, 4))
def test_the_best_always_goes_on_and_nobody_below_the_line(rows, factor):
    for seen in arrivals(replay((1, 3, 9), factor, rows)).values():
        best = max((value for _, value, _ in seen), default=-math.inf)
        if math.isfinite(best):
            assert next(kept for _, value, kept in seen if value == best)
        for n, (_, value, kept) in enumerate(seen, 1):
            better = sum(other > value for _, other, _ in seen[:n])
            assert not kept or better < math.ceil(n / factor)
            assert not kept or math.isfinite(value)
