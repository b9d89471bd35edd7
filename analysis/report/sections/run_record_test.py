import dataclasses
import typing

import pandas as pd
import pytest

from analysis.report.sections.run_record import SEARCHES, SPEEDS, run_record_section, trial_time
from analysis.report.sweep_contents import read
from orchestrator.config import Sweep


def facts_of(contents, part):
    """Term -> text, of a part's open facts and of the folded ones."""
    first, *folds = run_record_section(contents).parts[part].blocks
    return dict(first.pairs) | dict(pair for fold in folds for pair in fold.blocks[0].pairs)


def test_what_was_timed_is_what_is_shown():
    from analysis.explain.evaluation.cost import ExplanationCost

    names = [field.name for field in dataclasses.fields(ExplanationCost)]
    assert ["prediction", *SPEEDS] == [name for name in names if not name.endswith("_ratio")]
    assert [f"{name}_ratio" for name in SPEEDS] == [n for n in names if n.endswith("_ratio")]


def test_an_older_or_odd_record_of_speed_is_no_line(full):
    for speed in ({}, {"predict": 5}, {"prediction": None}):
        contents = read(full)
        contents.post["speed"] = speed
        assert "speed" not in facts_of(contents, 2)


def test_each_stage_s_time_is_a_part_of_the_whole_and_short_ones_are_summed_up(full):
    contents = read(full)
    contents.post["stages"] = {"explaining": 75.0, "timing": 0.4, "drawing": 12.0, "saving": 0.5}
    facts = facts_of(contents, 2)
    assert facts["of which"] == "explaining 1 min 15 s, drawing 12 s, 2 others 1 s"
    contents.post["stages"] = {}
    assert "of which" not in facts_of(contents, 2)


def test_what_computed_stands_there_with_the_reason_and_not_where_there_was_no_choice(full):
    contents = read(full)
    contents.sweep.update({"backend": "jax", "backend_reason": "TensorFlow is not installed"})
    facts = facts_of(contents, 0)
    assert facts["backend"] == "jax (TensorFlow is not installed)"
    assert facts_of(contents, 2)["backend of the workers"] == "jax"
    del contents.sweep["backend"]
    assert "backend" not in facts_of(contents, 0)


TIMES = {
    "no trial": ([], ""),
    "none began": ([("running", None, None)], ""),
    "one": (
        [("completed", 20.0, 4.0)],
        "20 s in epochs, 4 s before their first ones, 1 trial together",
    ),
    "older": ([("pruned", 20.0, None)] * 2, "40 s in epochs, 2 trials together"),
    "half older, one reused": (
        [("completed", 20.0, 4.0), ("completed", 20.0, None), ("reused", 600.0, 60.0)],
        "40 s in epochs, 4 s before their first ones (known of 1), 2 trials together",
    ),
}
"""Statuses, seconds and start_seconds of trials -> what is said of their time."""


@pytest.mark.parametrize("situation", TIMES)
def test_the_time_before_the_first_epoch_stands_beside_that_of_the_epochs(situation):
    rows, words = TIMES[situation]
    trials = pd.DataFrame(rows, columns=["status", "seconds", "start_seconds"])
    assert trial_time(trials) == words


def test_where_nothing_was_recorded_that_is_said(empty):
    absent = [part.blocks[0].words for part in run_record_section(read(empty)).parts]
    assert absent[0] == "sweep.json is missing: nothing is known of it."
    assert absent[2].startswith("Post-processing has left no record")


def test_each_extension_stands_there_with_its_day(full):
    contents = read(full)
    assert "extended" not in facts_of(contents, 0)
    more = {"what": "trials", "before": 4, "now": 8}
    longer = {"what": "epochs", "before": "2", "now": "60"}
    contents.sweep["extended"] = [
        {"at": "2026-11-28T01:56:31+00:00", "changes": [more]},
        {"at": "2026-11-29T01:56:31+00:00", "changes": [more | {"before": 8, "now": 12}, longer]},
    ]
    assert facts_of(contents, 0)["extended"] == (
        "2026-11-28: trials from 4 to 8; 2026-11-29: trials from 8 to 12, epochs from 2 to 60"
    )
    for odd in ("yes", [5], [{"changes": "all"}]):
        contents.sweep["extended"] = odd
        run_record_section(contents)


def test_what_was_taken_from_earlier_sweeps_stands_there(full):
    contents = read(full)

    def fact():
        return facts_of(contents, 0).get("warm start")

    assert fact() is None
    contents.sweep["warm_start"] = {"sweeps": ["a", "b"], "trials": 12, "first": 3}
    assert fact() == "trials of a, b: 12 rivals at rungs, 3 configurations tried first"
    contents.sweep["warm_start"] = {"sweeps": [], "trials": 0, "first": 0}
    assert fact() == "asked for; there were no earlier trials of the same data"
    for odd in ("yes", [5], {"sweeps": 5}):
        contents.sweep["warm_start"] = odd
        run_record_section(contents)


def sweep_facts(contents):
    return facts_of(contents, 0)


def test_a_sweep_s_record_is_told_in_words_and_raw_names_stay_out(full):
    contents = read(full)
    contents.sweep.update({"started": "2026-11-28T05:02:41+00:00", "rungs": [1]})
    contents.sweep.update({"reduction_factor": 9, "finalists": 3})
    contents.sweep["identity"] = {
        "space": {"learning_rate": "0.003 .. 0.3, logarithmic", "width": "0.5"}
        | {"architecture": "cnn5 | CPCPFF"},
        "search": "tpe",
        "grace_epochs": 1,
        "reduction_factor": 3,
        "early_stopping": True,
        "scheduler": "first_epochs",
        "rungs_by": "epochs",
        "finalists": 0,
        "seed": 0,
        "data": "d1935",
    }
    facts = sweep_facts(contents)
    assert facts["tried"] == "learning rate 0.003 to 0.3, logarithmic; architecture cnn5, CPCPFF"
    assert facts["the same in all"] == "width 0.5"
    assert facts["search"].startswith("TPE (Optuna)")
    assert facts["started"] == "2026-11-28 05:02 UTC"
    assert "the best one in 9 of them, 3 at least," in facts["stopping"]
    raw = {"finalists", "rungs by", "rungs (epochs)", "grace epochs", "reduction factor"}
    assert not {*facts} & {*raw, "early stopping", "scheduler", "space", "seed", "data"}


def test_every_search_has_its_words():
    assert set(SEARCHES) == set(typing.get_args(typing.get_type_hints(Sweep)["search"]))


def test_what_was_not_done_with_mirrored_images_is_no_line(full):
    contents = read(full)

    def facts():
        return facts_of(contents, 2)

    assert facts()["mirrored images"] == "averaged in"
    assert facts()["methods"] == "Grad-CAM"
    assert facts()["judged on"] == "the test split"
    contents.post["flip"] = False
    assert "mirrored images" not in facts()
