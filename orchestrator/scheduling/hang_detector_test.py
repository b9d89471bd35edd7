from orchestrator.scheduling.hang_detector import (
    ATTENTIVE_S,
    FIRST_SIGN_S,
    SHORTEST_S,
    TIMES_LONGEST,
    HangDetector,
)


class Hours:
    """A clock, and a watcher who looks as often as Tune's loop has him look."""

    def __init__(self, patience=None):
        self.now = 1000.0
        self.hang_detector = HangDetector(patience, lambda: self.now)

    def later(self, seconds):
        """Who was found overdue meanwhile, or is now."""
        overdue, until = {}, self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + ATTENTIVE_S)
            overdue |= self.hang_detector.overdue()
        return overdue


def test_before_its_first_row_a_trial_has_half_an_hour():
    hours = Hours()
    hours.hang_detector.begins("a")
    assert hours.later(FIRST_SIGN_S) == {}
    assert hours.later(1) == {"a": FIRST_SIGN_S + 1}


def test_a_trial_is_told_once():
    hours = Hours(10)
    hours.hang_detector.begins("a")
    assert hours.later(11) == {"a": 11}
    assert hours.later(100) == {}


def test_short_epochs_leave_five_minutes_and_long_ones_ten_times_the_longest():
    hours = Hours()
    for trial, epoch in (("fast", 2), ("slow", 100)):
        hours.hang_detector.begins(trial)
        hours.later(epoch)
        hours.hang_detector.sign(trial)
    assert hours.later(SHORTEST_S - 100) == {}
    assert hours.later(1) == {"fast": SHORTEST_S + 1}
    assert hours.later(TIMES_LONGEST * 100 - 201) == {}
    assert hours.later(1) == {"slow": 1001}


def test_a_patience_that_was_given_holds_for_all_rows():
    hours = Hours(60)
    hours.hang_detector.begins("a")
    assert hours.later(59) == {}
    hours.hang_detector.sign("a")
    assert hours.later(60) == {}
    assert hours.later(1) == {"a": 61}


def test_who_has_ended_is_not_waited_for_and_who_begins_again_is():
    hours = Hours(10)
    hours.hang_detector.begins("a")
    hours.hang_detector.ends("a")
    hours.hang_detector.ends("never begun")
    assert hours.later(100) == {}
    hours.hang_detector.begins("a")
    assert hours.later(11) == {"a": 11}


def test_a_row_that_comes_after_the_end_is_harmless():
    hours = Hours(10)
    hours.hang_detector.sign("a")
    assert hours.later(100) == {}


def test_time_in_which_nobody_looked_counts_for_nobody():
    hours = Hours(60)
    hours.hang_detector.begins("a")
    hours.later(30)
    hours.now += 3600  # the watcher itself was stopped
    assert hours.hang_detector.overdue() == {}  # of which 10 s count
    assert hours.later(20) == {}
    hours.hang_detector.begins("b")
    assert hours.later(1) == {"a": 61}
    hours.now += 3600
    assert hours.hang_detector.overdue() == {}
    assert hours.later(49) == {}
    assert hours.later(1) == {"b": 61}
