import optuna
import pytest
from optuna.distributions import FloatDistribution

from orchestrator.search.history import History

SPACE = {"rate": FloatDistribution(0.0, 1.0)}


def lesson(value):
    return optuna.trial.create_trial(
        value=value,
        params={"rate": value},
        distributions=SPACE,
        intermediate_values={1: value / 2},
    )


def states(history):
    return [(t.state.name, t.value) for t in history._study.trials]


def test_with_a_lag_of_two_the_third_draw_waits_for_the_first_lesson_whoever_ends_first():
    history = History(SPACE, lag=2)
    for ticket in (10, 11):
        assert history.ready
        history.add(ticket, {"rate": 0.5})
    assert not history.ready  # of the suggestions before the last one, one is open
    history.learn(11, lesson(0.9))  # the second ends first: it may not be known yet
    assert not history.ready
    assert states(history) == [("RUNNING", None), ("RUNNING", None)]
    history.learn(10, lesson(0.4))
    assert history.ready
    assert states(history) == [("COMPLETE", 0.4), ("RUNNING", None)]
    history.learn(10, lesson(0.7))  # the first word holds
    assert states(history)[0] == ("COMPLETE", 0.4)
    history.add(12, {"rate": 0.5})
    assert history.ready  # the second has its lesson already, and may be known now
    assert states(history)[1] == ("COMPLETE", 0.9)


def test_without_a_lag_nobody_waits_and_a_lesson_is_known_at_once():
    history = History(SPACE, lag=None)
    history.add(1, {"rate": 0.5})
    assert history.ready
    history.learn(1, lesson(0.3))
    assert states(history) == [("COMPLETE", 0.3)]
    assert history._study.trials[0].intermediate_values == {1: 0.15}


def test_a_suggestion_without_all_values_teaches_nothing_and_is_not_waited_for():
    history = History(SPACE, lag=1)
    history.add(1, {})
    assert history.ready
    assert states(history) == [("FAIL", None)]
    history.learn(1, lesson(0.3))
    assert states(history) == [("FAIL", None)]


def test_what_was_drawn_is_counted_once():
    history = History(SPACE, lag=None)
    drawn = history.draw(optuna.samplers.RandomSampler(seed=0))
    assert 0 <= drawn["rate"] <= 1
    history.add(1, drawn)
    assert len(history) == len(history._study.trials) == 1


@pytest.mark.parametrize("ticket", [7, -1])
def test_an_unknown_suggestion_s_lesson_is_nobody_s(ticket):
    history = History(SPACE, lag=1)
    history.learn(ticket, lesson(0.3))
    assert len(history) == 0
