import pytest

from orchestrator.scheduling.schedulers.catalogue import SCHEDULERS
from orchestrator.scheduling.schedulers.rivals import Rival, with_rivals
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.scheduling.schedulers.trial_scheduler import Setup, Verdict

SETUP = Setup(RungEpochs((1, 3)), 3, 9, trials=3)
GOOD = [Rival(name, 9, tuple((t, v) for t in range(1, 10))) for name, v in (("x", 0.8), ("y", 0.9))]


def told(name, values, rivals=GOOD, setup=SETUP):
    """A scheduler that trials with these values at epoch 1 have come to."""
    rule = with_rivals(SCHEDULERS[name](setup), rivals)
    for trial in values:
        rule.begin(trial, 9)
    for trial, value in values.items():
        rule.record(trial, 1, value)
    return rule


def test_without_rivals_a_scheduler_is_itself():
    rule = SCHEDULERS["halving"](SETUP)
    assert with_rivals(rule, []) is rule


def test_rivals_take_no_place_of_a_group_and_are_ranked_in_it():
    """With two rivals five are compared, one of which goes on: y, which has ended, so nobody."""
    rule = told("halving", {"a": 0.5, "b": 0.4})
    assert rule.promotion(last=False) is None  # the third may come to be better
    rule.begin("c", 9)
    rule.record("c", 1, 0.95)
    going_on = rule.promotion(last=False)
    assert (going_on.trial, going_on.reason) == (
        "c",
        "rung 1: best 0.95 ranks 1 of 5, the best goes on",
    )
    assert rule.summary() == "1: 0 of 5   3: 0 of 2"


def test_rivals_are_in_every_group():
    """Trials 1 to 6 of halving at one rung of factor 2 come in groups of 3, a rival in each."""
    setup = Setup(RungEpochs((1,)), 2, 9, trials=8)
    rule = told("halving", dict.fromkeys("abcdefgh", 0.1), GOOD[:1], setup)
    ranks = [rule.decisions(trial)[0].reason.partition("ranks ")[2] for trial in "ae"]
    assert ranks == ["2 of 5, the best 2 go on"] * 2


@pytest.mark.parametrize("name", [n for n, new in SCHEDULERS.items() if new(SETUP).waits])
def test_one_of_its_own_finishes_however_good_the_rivals_are(name):
    """a is worse than both rivals, and b worse than a: a goes on, and no other."""
    rule = told(name, {"a": 0.5, "b": 0.4, "c": 0.3})
    passed = []
    for epoch in (1, 3):
        decision = rule.promotion(last=True)
        while decision is not None:
            passed.append((decision.trial, decision.epoch, decision.verdict))
            rule.promoted(decision.trial, decision.epoch)
            decision = rule.promotion(last=True)
        for later in range(epoch + 1, 4 if epoch == 1 else 10):
            rule.record("a", later, 0.5)
    rule.leave("a", finished=True)
    assert {trial for trial, _, _ in passed} == {"a"}
    assert {verdict for _, _, verdict in passed} == {Verdict.GOES_ON}
    assert rule.promotion(last=True) is None


def test_where_the_best_of_its_own_fails_the_next_takes_over():
    rule = told("first_epochs", {"a": 0.5, "b": 0.4, "c": 0.3})
    rule.promoted("a", rule.promotion(last=True).epoch)
    assert rule.promotion(last=True) is None  # a is on its way
    rule.leave("a", finished=False)
    assert rule.promotion(last=True).trial == "b"


def test_a_trial_is_no_rival_of_itself():
    """x comes again, here; of the four that are compared then the best is y, x is second."""
    rule = told("halving", {"x": 0.8, "b": 0.4, "c": 0.3})
    assert rule.decisions("x")[0].reason == "rung 1: best 0.8 ranks 2 of 4, the best goes on"


@pytest.mark.parametrize("name", ["asha", "median"])
def test_where_nobody_waits_rivals_count_at_arrival(name):
    """x and y have 0.8 and 0.9; of three the best goes on with ASHA; the median needs more."""
    rule = told(name, {"a": 0.5})
    verdict = rule.decisions("a")[0].verdict
    assert verdict is (Verdict.ENDS if name == "asha" else Verdict.GOES_ON)
