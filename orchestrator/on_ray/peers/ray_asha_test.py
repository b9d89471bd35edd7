import math

import pytest
from ray.tune.schedulers import AsyncHyperBandScheduler

from orchestrator.on_ray.peers.ray_asha import RayAsha
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.scheduling.schedulers.trial_scheduler import Setup, Verdict

SETUP = Setup(RungEpochs((1, 3, 9)), reduction_factor=3, epochs=27, trials=9)


def reports(asha, trial, *values):
    """What is decided at each of the first epochs."""
    asha.begin(trial, 27)
    return [asha.record(trial, epoch, value) for epoch, value in enumerate(values, 1)]


def verdicts(decisions):
    return [decision and decision.verdict for decision in decisions]


def test_the_first_to_arrive_goes_on_at_every_rung():
    asha = RayAsha(SETUP)
    decisions = reports(asha, "a", 0.1, 0.2, 0.3)
    assert verdicts(decisions) == [Verdict.GOES_ON, None, Verdict.GOES_ON]
    assert [(d.epoch, d.value) for d in asha.decisions("a")] == [(1, 0.1), (3, 0.3)]


def test_the_cut_is_the_percentile_of_those_before():
    # Of 0.1, 0.2, 0.3 and 0.4 the 66.7th percentile is 0.3, which still goes on.
    for value, expected in ((0.3, Verdict.GOES_ON), (0.299, Verdict.ENDS)):
        asha = RayAsha(SETUP)
        for trial, before in zip("abcd", (0.1, 0.2, 0.3, 0.4), strict=True):
            reports(asha, trial, before)
        assert verdicts(reports(asha, "e", value)) == [expected]


def test_equal_trials_all_go_on_where_ours_would_keep_a_third():
    asha = RayAsha(SETUP)
    assert {reports(asha, str(i), 0.25)[0].verdict for i in range(9)} == {Verdict.GOES_ON}


def test_it_decides_as_ray_does_for_a_hundred_trials():
    ray = AsyncHyperBandScheduler(
        metric="value", mode="max", max_t=27, grace_period=1, reduction_factor=3
    )
    asha = RayAsha(SETUP)
    for number in range(100):
        name, value = str(number), math.sin(number)
        trial = type("Stand", (), {"trial_id": name})
        ray.on_trial_add(None, trial)
        asha.begin(name, 27)
        for epoch in range(1, 10):
            report = {"training_iteration": epoch, "value": value + epoch * math.cos(number)}
            stops = ray.on_trial_result(None, trial, report) == "STOP"
            asha.record(name, epoch, report["value"])
            assert stops == any(d.verdict is Verdict.ENDS for d in asha.decisions(name))
            if stops:
                break


def test_a_report_told_twice_is_one_and_the_last_epoch_asks_nobody():
    asha = RayAsha(SETUP)
    reports(asha, "a", 0.5)
    assert asha.record("a", 1, 0.9) is None
    assert asha.record("a", 27, 0.9) is None
    assert [d.value for d in asha.decisions("a")] == [0.5]
    assert asha.summary() == "1: 1 of 1   3: 0 of 0   9: 0 of 0"


def test_nobody_waits():
    asha = RayAsha(SETUP)
    reports(asha, "a", 0.5)
    asha.promoted("a", 1)
    asha.leave("a", finished=True)
    assert asha.promotion(last=True) is None


@pytest.mark.parametrize("epochs", [1, 27])
def test_rungs_are_those_of_the_setup(epochs):
    assert RayAsha(SETUP).rungs(epochs) == (1, 3, 9)
