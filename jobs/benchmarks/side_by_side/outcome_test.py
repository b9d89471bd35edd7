"""What runs come to, with numbers that can be checked by hand."""

import dataclasses

import pytest

from jobs.benchmarks.side_by_side.comparison import Comparison, Goal, Measured, by_cores
from jobs.benchmarks.side_by_side.outcome import goal, line, outcome
from jobs.benchmarks.side_by_side.processes import OURS, THEIRS, Run

FASTER = Comparison(
    what="adding", ours="m.a", against="counting", theirs="m.b", goal=Goal(ratio=0.5), tolerance=0.1
)


def run(side, cost, number=0, others=0.0, **more):
    return Run(side, number, Measured(cost, cost / 2, **more), others, 1.0)


def pairs(*costs):
    return [r for i, (a, b) in enumerate(costs) for r in (run(OURS, a, i), run(THEIRS, b, i))]


def test_medians_of_costs_and_of_each_round_s_ratio():
    result = outcome(FASTER, pairs((1.0, 2.0), (2.0, 20.0), (9.0, 10.0)))
    assert (result.ours, result.theirs, result.rounds) == (2.0, 10.0, 3)
    assert result.ratio == result.by_cpu == 0.5  # of 0.5, 0.1, 0.9, and not 2 / 10
    assert result.spread == pytest.approx((0.9 - 0.1) / 0.5)
    assert result.met is True
    assert result.notes == ()


@pytest.mark.parametrize(
    ("wanted", "met"),
    [
        (Goal(), None),
        (Goal(ratio=0.5), True),
        (Goal(ratio=0.49), False),
        (Goal(cost=1.0), True),
        (Goal(ratio=0.5, cost=0.9), False),
        (Goal(ratio=0.4, cost=1.0), False),
    ],
)
def test_a_goal_is_met_where_all_of_it_is(wanted, met):
    result = outcome(dataclasses.replace(FASTER, goal=wanted), pairs((1.0, 2.0)))
    assert result.met is met


def test_a_side_without_a_peer_has_a_cost_and_no_ratio():
    alone = Comparison(what="adding", ours="m.a", unit="MB", goal=Goal(cost=3))
    result = outcome(alone, [run(OURS, cost, i) for i, cost in enumerate((1.0, 2.0, 4.0))])
    assert (result.ours, result.theirs, result.ratio, result.by_cpu) == (2.0, None, None, None)
    assert (result.rounds, result.spread, result.met) == (3, 1.5, True)
    assert "2 MB" in line("adding", alone, result)


@pytest.mark.parametrize(
    ("ours", "theirs", "note"),
    [
        ((10.0, 0.9), (10.0, 0.0), ""),  # a tenth of 10, the largest, is allowed
        ((10.0, 1.1), (10.0, 0.0), "not the same answer: 1.1 apart, of numbers up to 10"),
        ((10.0, float("nan")), (10.0, 0.0), "not the same answer: NaN apart"),
        ((10.0,), (10.0, 0.0), "ours has 1 numbers, theirs 2"),
    ],
)
def test_who_comes_to_another_answer_has_not_met_the_goal(ours, theirs, note):
    runs = [run(OURS, 1.0, answer=ours), run(THEIRS, 9.0, answer=theirs)]
    result = outcome(FASTER, runs)
    assert result.met is not bool(note)
    assert "; ".join(result.notes).startswith(note)


@pytest.mark.parametrize(("quality", "met"), [(0.7, True), (0.55, True), (0.45, False)])
def test_what_is_much_worse_is_not_compared_by_its_cost(quality, met):
    runs = [run(OURS, 1.0, quality=quality), run(THEIRS, 9.0, quality=0.6)]
    assert outcome(FASTER, runs).met is met


def test_a_fault_is_told_and_no_cost_makes_up_for_it():
    runs = [run(OURS, 1.0, fault="2 functions were traced anew"), run(THEIRS, 9.0)]
    result = outcome(FASTER, runs)
    assert (result.met, result.notes) == (False, ("2 functions were traced anew",))


def test_others_at_work_are_told():
    runs = [run(OURS, 1.0, others=0.1), run(THEIRS, 9.0, others=1.4)]
    assert outcome(FASTER, runs).notes == ("under load: others kept up to 1.4 cores busy",)


def test_goals_in_words():
    assert goal(dataclasses.replace(FASTER, goal=Goal(ratio=1 / 20, cost=0.3))) == (
        "<= 0.05, <= 0.3 s"
    )
    assert [by_cores(n, four=0.3, two=0.6).ratio for n in (1, 2, 3, 4, 8)] == [
        *(None, 0.6, 0.6, 0.3, 0.3)
    ]
