import pytest

from orchestrator.process.duration import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (185, "3 min 5 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (7800, "2 h 10 min"),
        (7829, "2 h 10 min"),
        (7831, "2 h 11 min"),
    ],
)
def test_durations_are_for_people(seconds, text):
    assert duration(seconds) == text
