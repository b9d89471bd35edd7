"""The page of a sweep in which nothing has finished."""

import pytest

from analysis.report.conftest import TRIALS, write
from analysis.report.page import render
from analysis.report.page_test import Tree


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("paused", "No trial has been trained to its end yet, so there are no answers to look at"),
        ("pruned", "No trial has been trained to its end, so there are no answers to look at"),
    ],
)
def test_a_sweep_in_which_nothing_has_finished_names_no_command_that_would_make_nothing(
    empty, status, sentence
):
    rows = [TRIALS[0] | {"trial": f"t{i}", "number": i, "status": status} for i in range(2)]
    write(empty, "trials", rows)
    tree = Tree(render(empty))
    assert [a["id"] for a in tree.of("section")] == [
        *("leaderboard", "settings", "errors"),
        *("verdicts", "obtained", "caveats", "glossary"),
    ]
    assert sentence in tree.text()
    waits = "A paused trial waits at a rung, its state stored"
    assert (waits in tree.text()) == ("--resume" in tree.text()) == (status == "paused")


def test_trials_that_time_ended_have_no_answers_either_and_the_sweep_goes_on(empty):
    row = TRIALS[0] | {"status": "stopped_early", "ended_by": "time"}
    write(empty, "trials", [row])
    text = Tree(render(empty)).text()
    assert "No trial has been trained to its end, so there are no answers to look at" in text
    assert "no maps; the sweep goes on with --resume." in text
    assert "No pictures of this sort" not in text
    write(empty, "trials", [row | {"ended_by": "patience"}])
    assert "No pictures of this sort" in Tree(render(empty)).text()


def test_trials_of_which_none_was_measured(empty):
    write(empty, "trials", [{"trial": "a", "status": "running"}])
    text = Tree(render(empty)).text()
    assert "Of 1 trials" not in text
    assert "1 of 1 trials had not ended when this page was made." in text
