import pytest

from analysis.report.sections.stopping import NOBODY, SENTENCES, stopping
from orchestrator.scheduling.schedulers.catalogue import SCHEDULERS

ONCE = {"rungs": [1], "reduction_factor": 9, "finalists": 3}
"""What `first_epochs` has on record with rungs 1 and 3 and a factor of 3."""

TWICE = {"rungs": [1, 3], "reduction_factor": 3, "finalists": 2}

PRINTED = {
    "first_epochs": (ONCE, ("once, after epoch 1;", "the best one in 9 of them, 3 at least,"), ()),
    "halving": (TWICE, ("after epochs 1 and 3:", "the best one in 3, 2 at least;"), ("once,",)),
    "hyperband": (TWICE, ("in groups after epochs 1 and 3", "one in 3 of a group"), ("at least",)),
    "promotion": (TWICE, ("waits there", "the best one in 3 of those"), ("at least", "while more")),
    "delayed_promotion": (TWICE, ("waits there", "but not while more than that"), ("at least",)),
    "asha": (TWICE, ("goes on at once", "the best one in 3 of"), ("waits", "at least")),
    "median": (TWICE, ("below the median",), ("one in", "at least", "waits")),
    "extrapolation": (TWICE, ("continued after epochs 1 and 3",), ("one in", "at least")),
}
"""Scheduler -> what is on record, what its sentence says, what it does not say."""


def test_every_scheduler_has_its_sentence_and_its_test():
    assert set(SENTENCES) == set(SCHEDULERS) == set(PRINTED)


@pytest.mark.parametrize("name", PRINTED)
def test_only_what_is_in_force_stands_in_the_sentence(name):
    sweep, printed, absent = PRINTED[name]
    sentence = stopping(sweep, {"scheduler": name, "finalists": 0, "grace_epochs": 1})
    assert [words for words in printed if words not in sentence] == []
    assert [words for words in absent if words in sentence] == []
    assert sentence.endswith(f"({name})")


def test_where_nobody_is_stopped_nothing_else_is_said():
    assert stopping(TWICE, {"early_stopping": False, "scheduler": ""}) == NOBODY
    assert stopping({"rungs": []}, {"scheduler": "halving"}) == NOBODY


def test_rungs_by_fraction_are_those_of_the_longest_trials():
    by_fraction = stopping(TWICE, {"scheduler": "halving", "rungs_by": "fraction"})
    by_epochs = stopping(TWICE, {"scheduler": "halving", "rungs_by": "epochs"})
    assert "1 and 3 (of the longest trials; shorter ones as far into their length)" in by_fraction
    assert "longest" not in by_epochs


def test_older_and_odd_records():
    older = stopping({"rungs": [1, 3]}, {"reduction_factor": 3})
    assert "goes on at once" in older  # before there was a choice all had asha
    assert stopping({}, {}) == ""
    assert stopping({"rungs": "many"}, {}) == ""
    assert stopping(TWICE, {"scheduler": "<new>"}) == (
        "Trials are compared after epochs 1 and 3, by <new>."
    )
    assert "the best, 2 at least" in stopping(
        TWICE | {"reduction_factor": "three"}, {"scheduler": "halving"}
    )
