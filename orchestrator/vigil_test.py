import pytest

from orchestrator.vigil import FIRST_SIGN_S, SHORTEST_S, TIMES_LONGEST, Vigil


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_before_its_first_row_a_trial_has_half_an_hour(clock):
    vigil = Vigil(clock=clock)
    vigil.begins("a")
    clock.now += FIRST_SIGN_S
    assert vigil.overdue() == {}
    clock.now += 1
    assert vigil.overdue() == {"a": FIRST_SIGN_S + 1}


def test_a_trial_is_told_once(clock):
    vigil = Vigil(10, clock)
    vigil.begins("a")
    clock.now += 11
    assert vigil.overdue() == {"a": 11}
    assert vigil.overdue() == {}


def test_short_epochs_leave_five_minutes_and_long_ones_ten_times_the_longest(clock):
    vigil = Vigil(clock=clock)
    for trial, epoch in (("fast", 2), ("slow", 100)):
        vigil.begins(trial)
        clock.now += epoch
        vigil.sign(trial)
    slow_since = clock.now
    clock.now += SHORTEST_S - 50
    assert vigil.overdue() == {"fast": pytest.approx(SHORTEST_S + 50)}
    clock.now = slow_since + TIMES_LONGEST * 100 + 1
    assert vigil.overdue() == {"slow": 1001}


def test_a_patience_that_was_given_holds_for_all_rows(clock):
    vigil = Vigil(60, clock)
    vigil.begins("a")
    clock.now += 59
    vigil.sign("a")
    clock.now += 61
    assert vigil.overdue() == {"a": 61}


def test_who_has_ended_is_not_waited_for_and_who_begins_again_is(clock):
    vigil = Vigil(10, clock)
    vigil.begins("a")
    vigil.ends("a")
    vigil.ends("never begun")
    clock.now += 100
    assert vigil.overdue() == {}
    vigil.begins("a")
    clock.now += 11
    assert vigil.overdue() == {"a": 11}


def test_a_row_that_comes_after_the_end_is_harmless(clock):
    vigil = Vigil(10, clock)
    vigil.sign("a")
    clock.now += 100
    assert vigil.overdue() == {}
