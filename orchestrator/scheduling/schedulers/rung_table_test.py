import math

from orchestrator.scheduling.schedulers.rung_table import Rung, summary
from orchestrator.scheduling.schedulers.trial_scheduler import Verdict


def rung(**values):
    made = Rung(3)
    for trial, value in values.items():
        made.arrive(trial, 3, value)
    return made


def test_the_best_waits_first_and_equals_rank_in_order_of_arrival():
    three = rung(a=0.2, b=0.5, c=0.5)
    assert [three.rank(t) for t in "abc"] == [3, 1, 2]
    assert three.best_waiting == "b"
    three.promote("b")
    assert three.best_waiting == "c"
    assert [three.rank(t) for t in "abc"] == [3, 1, 2], "who went on is still compared with"
    assert summary([three]) == "3: 1 of 3"


def test_of_a_trial_the_first_report_counts():
    one = rung(a=0.2)
    one.arrive("a", 5, 0.9)
    assert one.arrived == {"a": (3, 0.2)}


def test_without_a_finite_value_nobody_waits():
    two = rung(a=-math.inf, b=0.1)
    assert two.best_waiting == "b"
    assert (two.verdict("a"), two.verdict("b")) == (Verdict.ENDS, Verdict.WAITS)
    decision = two.decision("a", Verdict.ENDS, 2, 1)
    assert decision.reason == "rung 3: no finite value, which never goes on"


def test_who_waits_among_the_best_is_counted():
    four = rung(a=0.1, b=0.2, c=0.3, d=0.4)
    four.promote("d")
    assert [four.waiting_among(n) for n in range(6)] == [0, 0, 1, 2, 3, 3]
    four.withdraw("c")
    assert four.waiting_among(3) == 1


def test_who_is_removed_had_never_arrived():
    three = rung(a=0.1, b=0.2, c=0.3)
    three.promote("c")
    three.remove("c")
    three.remove("unknown")
    assert (len(three.arrived), three.promoted, three.rank("b")) == (2, set(), 1)
    three.arrive("d", 3, 0.2)
    assert three.rank("d") == 2, "equal to b, and later"
