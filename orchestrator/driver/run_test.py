import pytest

from orchestrator.driver.run import order_note


@pytest.mark.parametrize(
    ("search", "scheduler", "slots", "lag", "words"),
    [
        ("tpe", "first_epochs", 4, 7, ""),
        ("tpe", "asha", 1, None, ""),
        ("grid", "asha", 4, None, ""),
        ("tpe", "asha", 4, None, "asha compares trials as they arrive; not so with --scheduler"),
        ("tpe", "halving", None, None, "may change; not so with --concurrency N"),
    ],
)
def test_where_the_same_command_may_ask_for_other_trials_that_is_said(
    search, scheduler, slots, lag, words
):
    note = order_note(search, scheduler, slots, lag)
    assert bool(note) == bool(words)
    assert words in note
