import numpy as np
import pandas as pd
import pytest

from analysis.comparison.side_by_side import (
    ImageAnswers,
    differences,
    disagreements,
    matched,
    pairing,
    single_answers,
)
from analysis.comparison.testing import MadeUpFolder, wrong_at
from analysis.made_up_sweeps import MadeUpSweep
from analysis.sweep_folder import SweepFolder
from orchestrator.data.cache.open_faces import open_faces
from orchestrator.errors import BadInput
from results.paths import Paths


def answers(predictions, labels, confidences=None, ids=None):
    n = len(predictions)
    return ImageAnswers(
        name="a net",
        ids=np.array(ids or [str(i) for i in range(n)]),
        labels=np.array(labels),
        predictions=np.array(predictions),
        confidences=np.array(confidences or [0.5] * n),
    )


def test_two_nets_on_the_same_images_by_hand():
    labels = [0] * 8
    first = answers([0, 0, 0, 0, 1, 1, 1, 1], labels)
    second = answers([0, 0, 0, 1, 0, 0, 0, 1], labels)
    pair = pairing("best single model", "validation", first, second)
    assert (pair.n, pair.only_first, pair.only_second) == (8, 1, 3)
    assert pair.gain == 0.25
    assert pair.low < 0.25 < pair.high
    assert pair.p == pytest.approx(2 * (1 + 4) / 16)  # of four, at most one for the first


def test_images_are_paired_by_their_names_and_only_shared_ones():
    first = answers([0, 1, 0], [0, 0, 0], ids=["a", "b", "c"])
    second = answers([1, 0], [0, 0], ids=["c", "b"])
    pair = pairing("ensemble", "test", first, second)
    assert list(pair.first.ids) == list(pair.second.ids) == ["b", "c"]
    assert (pair.only_first, pair.only_second) == (1, 1)
    assert pairing("ensemble", "test", first, answers([0], [0], ids=["z"])) is None


def test_one_image_with_two_labels_is_refused():
    with pytest.raises(BadInput, match="image 1 has one label in the first sweep"):
        pairing("ensemble", "test", answers([0, 0], [0, 0]), answers([0, 0], [0, 1]))


def test_the_surest_mistakes_come_first():
    labels = [0] * 4
    first = answers([0, 0, 0, 1], labels, confidences=[0.5, 0.5, 0.5, 0.9])
    second = answers([1, 1, 0, 0], labels, confidences=[0.6, 0.8, 0.9, 0.5])
    pair = pairing("ensemble", "test", first, second)
    assert disagreements(pair, 5) == ([1, 0], [3])
    assert disagreements(pair, 1) == ([1], [3])


def test_only_what_both_trained_themselves_is_matched():
    first, second = MadeUpSweep(), MadeUpSweep()
    first.add([0.5])
    second.add([0.6])
    first.add([0.7])
    second.add([0.7], status="reused")
    first.add([0.7], status="pruned")
    second.add([0.7])
    first.add([0.8])
    rows = matched(first.trials, second.trials)
    assert rows.to_dict("records") == [{"trial": f"{0:010x}", "first": 0.5, "second": 0.6}]


class Folder:
    def __init__(self, record, **settings):
        self.record = record
        sweep = MadeUpSweep()
        for values in settings.pop("trials", [{}]):
            sweep.add([0.5], **settings, **values)
        self.trials: pd.DataFrame = sweep.trials


RECORD = {
    "question": "Why?",
    "commit": "abc",
    "packages": {"ray": "2.60.0", "keras": "3.15.1"},
    "data": {"images": {"training": 10}},
    "rungs": [1, 3],
}


def test_nothing_differs_between_a_sweep_and_itself():
    assert differences(Folder(RECORD), Folder(RECORD)) == []


def test_what_differs_is_named_by_kind():
    rates = [{"learning_rate": rate} for rate in (0.1, 0.01, 0.001, 0.2, 0.3)]
    first = Folder(RECORD, trials=rates)
    second = Folder(
        RECORD | {"commit": "def", "packages": {"ray": "2.61.0", "keras": "3.15.1"}, "rungs": []},
        preprocessing="clahe",
    )
    rows = [(d.group, d.name, d.first, d.second) for d in differences(first, second)]
    assert rows == [
        ("settings", "preprocessing", "plain", "clahe"),
        ("settings", "learning rate", "5 values, 0.001 to 0.3", "0.01"),
        ("budget", "rungs", "1, 3", ""),
        ("code", "commit", "abc", "def"),
        ("code", "packages", "ray 2.60.0", "ray 2.61.0"),
    ]


def test_a_best_trial_whose_predictions_cannot_be_read_has_no_answers(tmp_path):
    splits = open_faces(None, embedded=140, cache=tmp_path / "cache")
    made = MadeUpFolder(tmp_path / "s", splits).add("0a", wrong_at(splits, [0]))
    folder = SweepFolder(made.written())
    labels = single_answers(folder).labels
    assert list(labels) == list(splits.validation.labels)
    folder.store.write_bytes(Paths().prediction("0a"), b"no table")
    assert single_answers(folder) is None
