import math

from orchestrator.scheduling.schedulers.median import Median
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.scheduling.schedulers.trial_scheduler import Setup


def trained(rule, trial, *values):
    """A trial's epochs from the first on, and its last decision."""
    rule.begin(trial, 9)
    for epoch, value in enumerate(values, 1):
        rule.record(trial, epoch, value)
    return rule.decisions(trial)[-1]


def test_a_best_below_the_median_of_the_others_averages_ends():
    rule = Median(Setup(RungEpochs((2,)), epochs=9))
    first = trained(rule, "a", 0.125, 0.375)  # average 0.25
    assert (first.keep, first.reason) == (True, "rung 2: 0 rivals, of which there must be 3")
    trained(rule, "b", 0.5, 0.5)
    assert trained(rule, "c", 0.0, 0.0).keep  # 0.0, two rivals
    below = trained(rule, "d", 0.125, 0.125)
    assert not below.keep
    assert below.reason == "rung 2: best 0.125, the median of 3 averages is 0.25"
    # now 0, 0.125, 0.25, 0.5: the median is 0.1875, and who has just that goes on
    assert trained(rule, "e", 0.1875, 0.1).keep
    assert rule.summary() == "2: 4 of 5"


def test_what_is_not_finite_ends_and_counts_in_no_average():
    rule = Median(Setup(RungEpochs((1,)), epochs=9))
    for trial, value in (("a", None), ("b", math.nan), ("c", math.inf)):
        assert not trained(rule, trial, value).keep
    assert trained(rule, "d", 0.1).reason == "rung 1: 0 rivals, of which there must be 3"


def test_a_rung_that_was_passed_unseen_is_judged_at_the_next_row():
    rule = Median(Setup(RungEpochs((2, 4)), epochs=9))
    rule.begin("a", 9)
    rule.record("a", 1, 0.1)
    assert rule.decisions("a") == []
    rule.record("a", 3, 0.2)
    rule.record("a", 5, 0.3)
    assert [d.epoch for d in rule.decisions("a")] == [2, 4]
