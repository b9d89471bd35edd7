import io
import math
from dataclasses import replace

import pytest
from rich.console import Console

from orchestrator.monitor.progress import (
    BestTrial,
    Progress,
    RunningTrial,
    Snapshot,
    eta,
    line,
    render,
)

YOUNG = RunningTrial(7, "cnn5 [sgd] 0.01", 0, 10, rung=1)
OLD = RunningTrial(3, "resnet adam 0.001", 6, 10, 9, 0.512, 0.534, 2.0)
SNAPSHOT = Snapshot(
    sweep="architectures",
    planned=16,
    running=(OLD, YOUNG),
    finished=3,
    pruned=2,
    failed=1,
    best=BestTrial("vgg adam 0.003", 0.6543, 0.6386, 0.6697, 3589),
    rungs="1: 4 of 9   3: 1 of 4",
    eta_seconds=185.0,
    elapsed=109.0,
)


def drawn(snapshot, width=100, **options):
    stream = io.StringIO()
    Console(file=stream, width=width).print(render(snapshot, **options))
    return [text.rstrip() for text in stream.getvalue().splitlines()]


def test_the_table_says_who_runs_how_well_and_how_long():
    head, *table, best, rungs = drawn(SNAPSHOT, width=120)
    assert head == (
        "architectures: 6 of 16 trials ended, 2 pruned, 1 failed, 2 running, 1 min 49 s, "
        "about 3 min 5 s left"
    )
    assert [" ".join(row.split()) for row in table] == [
        "trial configuration epoch next rung accuracy best s/epoch",
        "3 resnet adam 0.001 6/10 9 0.5120 0.5340 2.0",
        "7 cnn5 [sgd] 0.01 0/10 1",
    ]
    assert best == "best   0.6543 (0.6386 to 0.6697, n = 3,589)  vgg adam 0.003"
    assert rungs == "rungs  1: 4 of 9   3: 1 of 4 went on"


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_on_a_narrow_terminal_the_name_gives_way_and_no_number_does(width):
    long = replace(OLD, name="CCPCCPCCPFF adam 0.00123 clahe width 2 augmentation_strength 0.5")
    rows = drawn(replace(SNAPSHOT, running=(long,)), width)
    row = next(text for text in rows if text.strip().startswith("3 "))
    assert " ".join(row.split()).endswith("6/10 9 0.5120 0.5340 2.0")
    assert all(len(text) <= width for text in rows)


def test_of_many_trials_the_best_are_shown_and_the_others_counted():
    many = tuple(replace(OLD, number=i, best=i / 100) for i in range(40))
    rows = drawn(replace(SNAPSHOT, running=many), rows=3)
    assert [text.split()[0] for text in rows if "resnet" in text] == ["37", "38", "39"]
    assert "and 37 more" in rows


def test_an_empty_sweep_and_a_diverged_trial_can_be_drawn():
    assert drawn(Snapshot("s", None)) == ["s: 0 trials ended, 0 running, 0 s"]
    sick = replace(OLD, accuracy=math.nan, best=None)
    assert "diverged" in "".join(drawn(replace(SNAPSHOT, running=(sick,))))


def test_one_line_for_a_log():
    assert line(SNAPSHOT) == (
        "architectures: 6 of 16 trials ended, 2 pruned, 1 failed, 2 running, 1 min 49 s, "
        "about 3 min 5 s left, best 0.6543 vgg adam 0.003"
    )


def test_away_from_a_terminal_there_is_silence_for_a_minute_then_a_line_a_minute():
    now, stream = [0.0], io.StringIO()
    with Progress(stream, clock=lambda: now[0]) as progress:
        for _ in range(59):
            now[0] += 1
            progress.update(SNAPSHOT)
        assert stream.getvalue() == ""
        for _ in range(121):
            now[0] += 1
            progress.update(SNAPSHOT)
    assert stream.getvalue() == f"{line(SNAPSHOT)}\n" * 3


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_the_table_appears_and_is_taken_away(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with Progress(stream) as progress:
        progress.update(SNAPSHOT)
    assert "resnet adam 0.001" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[1A\x1b[2K"), "the cursor is back where it was"


def test_a_terminal_without_cursor_is_treated_like_a_log(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    with Progress(stream) as progress:
        progress.update(SNAPSHOT)
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("running", "not_begun", "per_trial", "concurrency", "expected"),
    [
        ((), 0, None, 4, 0.0),
        ((OLD,), 0, None, 4, 8.0),  # 4 epochs of 2 s
        ((OLD, YOUNG), 0, None, 4, 20.0),  # the young one at the old one's speed
        ((YOUNG,), 0, None, 4, None),
        ((OLD,), 3, None, 4, None),
        ((OLD,), 1, 10.0, 1, 18.0),  # it waits for the slot
        ((OLD,), 1, 10.0, 2, 10.0),  # a slot is free
        ((OLD,), 3, 10.0, 2, 20.0),  # 8 -> 18, 0 -> 10 -> 20
        ((), 5, 10.0, 2, 30.0),
    ],
)
def test_the_time_left_fills_the_slots_one_after_the_other(
    running, not_begun, per_trial, concurrency, expected
):
    assert eta(running, not_begun, per_trial, concurrency) == expected
