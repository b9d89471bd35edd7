"""Each sentence of a caption only where it is true of what is drawn."""

import numpy as np
import pandas as pd
import pytest

from analysis.figures.figure_catalogue import FIGURES
from analysis.figures.sample_sweeps import (
    CASES,
    answered,
    epoch,
    explained,
    frames,
    record,
    scored,
    sweep,
    trial,
)
from analysis.figures.sweep_tables import SweepTables

SINGLE = [{"rule": "best single", "accuracy": 0.5, "members": 1, "chosen": True}]
ANSWERED = answered()
TAKEN_ALONE = SweepTables(**ANSWERED | scored() | {"choice": SINGLE})
TOGETHER = SweepTables(**ANSWERED | scored())

ENDED = SweepTables(**sweep(8, "completed"))
STOPPED = SweepTables(**sweep(8, "pruned"))


def rungs(*accuracies, scheduler=None):
    """Trials that reach the first rung in this order; the ones above 0.5 go on."""
    rows = [
        trial(str(i), "completed" if a > 0.5 else "pruned", a, number=i)
        | {"epochs_trained": 2 if a > 0.5 else 1}
        for i, a in enumerate(accuracies)
    ]
    made = [epoch(str(i), 1, a) for i, a in enumerate(accuracies)]
    named = {"identity": {"reduction_factor": 3, "scheduler": scheduler}} if scheduler else {}
    return SweepTables(**frames(trials=rows, epochs=made), record=record() | named)


def running(status="running"):
    row = trial("a", status, 0.6) | {"epochs_trained": 1}
    return SweepTables(**frames(trials=[row], epochs=[epoch("a", 1, 0.6)]), record=record())


def unequal():
    """The ensemble judged by insertion, its member by stability."""
    base = {"image_id": "0", "split": "validation", "label": 0, "prediction": 0}
    rows = [
        base | {"member": "ensemble", "method": "gradcam", "insertion": 0.5},
        base | {"member": "m", "method": "gradcam", "stability": 0.1},
    ]
    return SweepTables(**frames(faithfulness=rows))


def no_image_of_the_last_class():
    rows = ANSWERED["answers"]
    return SweepTables(answers=rows[rows["label"] < 6], record=record())


CAPTIONS = {
    "parallel: all finished": ("parallel_coordinates", ENDED, (), ("dashed", "solid")),
    "parallel: none finished": (
        "parallel_coordinates",
        STOPPED,
        ("0 finished (solid); 8 did",),
        (),
    ),
    "rungs: who came early was lucky": (
        "rungs",
        rungs(0.55, 0.9, 0.8, 0.7),
        ("some below the line went on",),
        ("had not ended",),
    ),
    "rungs: no one below the line went on": (
        "rungs",
        rungs(0.9, 0.1, 0.2),
        ("never called back.",),
        ("some below",),
    ),
    "rungs: one still runs": ("rungs", running(), ("1 trial had not ended",), ()),
    "rungs: all wait for one another": (
        "rungs",
        rungs(0.55, 0.9, 0.8, 0.7, scheduler="halving"),
        ("until those that it is compared with have come. Who",),
        ("came before it", "called back", "early ones"),
    ),
    "rungs: no ranking": (
        "rungs",
        rungs(0.9, 0.1, 0.2, scheduler="median"),
        ("asked for. Who ended",),
        ("A trial",),
    ),
    "rungs: one is paused": ("rungs", running("paused"), ("1 trial had not ended",), ()),
    "accuracy: no intervals": (
        "accuracy_by_architecture",
        CASES["no interval"],
        ("looks better than it is",),
        ("Wilson",),
    ),
    "accuracy: intervals": ("accuracy_by_architecture", ENDED, ("Wilson's, 95 %",), ()),
    "confusion: every class": ("confusion", TOGETHER, ("Each row adds up", "the ensemble is"), ()),
    "confusion: a class without images": (
        "confusion",
        no_image_of_the_last_class(),
        ("Each row of a class with images adds up",),
        (),
    ),
    "confusion: no ensemble": ("confusion", TAKEN_ALONE, ("the best single is",), ("ensemble",)),
    "recall: together": ("recall", TOGETHER, ("that the ensemble answers", "(best single"), ()),
    "recall: no ensemble": ("recall", TAKEN_ALONE, ("that the best single",), ("ensemble",)),
    "reliability: together": ("reliability", TOGETHER, ("the ensemble's answers",), ()),
    "reliability: no ensemble": (
        "reliability",
        TAKEN_ALONE,
        ("the best single model's answers",),
        ("ensemble",),
    ),
    "gain: together": ("ensemble_against_members", TOGETHER, ("the paired test compares",), ()),
    "faithfulness: of members alone": (
        "faithfulness",
        SweepTables(**explained()),
        ("the maps of 2 members",),
        ("ensemble",),
    ),
    "faithfulness: what the ensemble was not asked": (
        "faithfulness",
        unequal(),
        ("the ensemble was not asked: change under noise.",),
        ("last two", "asked: insertion"),
    ),
}
"""Figure and situation -> tables, what its caption says, what not."""


@pytest.mark.parametrize("situation", CAPTIONS)
def test_a_caption_says_what_holds_here_and_nothing_else(situation):
    name, tables, printed, absent = CAPTIONS[situation]
    frame = FIGURES[name].data(tables)
    caption = FIGURES[name].caption(frame)
    assert [words for words in printed if words not in caption] == []
    assert [words for words in absent if words in caption] == []


def test_without_an_ensemble_none_is_held_against_its_members():
    assert FIGURES["ensemble_against_members"].data(TAKEN_ALONE).empty


def members(role):
    return frames(members=[{"trial": "0000000000", "role": role, "rank": 1}])["members"]


def test_a_member_that_is_the_best_single_model_stands_once():
    tables = SweepTables(**sweep(2) | scored() | {"members": members("member and best single")})
    frame = FIGURES["ensemble_against_members"].data(tables)
    assert frame["who"].tolist() == ["gone", "best single", "ensemble"]
    assert frame["name"].iloc[1].startswith("best single, a member: cnn5")
    other = SweepTables(**sweep(2) | scored() | {"members": members("member")})
    assert "0000000000" in set(FIGURES["ensemble_against_members"].data(other)["who"])


def test_clean_images_stand_beside_all_where_they_are_fewer():
    made = scored()["scores"]
    frame = FIGURES["ensemble_against_members"].data(SweepTables(scores=made))
    assert set(frame["images"]) == {"all"}
    fewer = made.assign(n=np.where(made["images"] == "clean", 90, 100))
    frame = FIGURES["ensemble_against_members"].data(SweepTables(scores=fewer))
    assert set(frame["images"]) == {"all", "clean"}
    assert "n = 90" in FIGURES["ensemble_against_members"].caption(frame)


def test_without_a_paired_test_none_is_spoken_of():
    made: pd.DataFrame = scored()["scores"]
    alone = SweepTables(scores=made[made["metric"] == "accuracy"])
    frame = FIGURES["ensemble_against_members"].data(alone)
    assert "paired" not in FIGURES["ensemble_against_members"].caption(frame)
