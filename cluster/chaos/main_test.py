"""The table that `python -m cluster.chaos` prints, and its options."""

import importlib

import pytest

from cluster.chaos.__main__ import main, row
from cluster.chaos.faults import FAULTS, Fault
from cluster.chaos.outcome import Outcome

FAULT = Fault("a blow", "processes.trial_killed", True, 1)


def test_a_row_shows_what_was_outcome():
    outcome = Outcome(1.26, 1, (), 2, "a | b")
    assert row(FAULT, outcome, 9.7) == "| a blow | 2 | 1.3 s | 1 | equal | 10 | a / b |"
    other = Outcome(None, 0, ("rows", "trials"))
    assert row(FAULT, other, 1) == "| a blow | 1 | at once | 0 | rows; trials | 1 |  |"


def test_the_list_names_faults_and_an_unknown_name_is_refused(capsys):
    assert main(["--list", "--short"]) == 0
    short = capsys.readouterr().out.splitlines()
    assert main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > len(short) > 0
    assert main(["earthquake"]) == 2
    assert "no fault earthquake" in capsys.readouterr().err


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_injected_by_a_function_that_there_is(name):
    module, _, function = FAULTS[name].by.partition(".")
    assert callable(getattr(importlib.import_module(f"cluster.chaos.{module}"), function))
