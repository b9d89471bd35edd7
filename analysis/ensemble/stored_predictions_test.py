import re

import numpy as np
import pytest

from analysis.ensemble.stored_predictions import read
from orchestrator.errors import BadInput
from results import schema
from results.paths import Paths
from results.store import Store

IDS = ("x", "y", "z")
SHARES = ((0.75, 0.25), (0.5, 0.5), (0.125, 0.875))


def write(store, trial, shares=SHARES, ids=IDS, labels=(0, 1, 1), place=None):
    rows = [
        {
            "image_id": name,
            "split": "validation",
            "label": label,
            "label_name": "ab"[label],
            "probability": share,
            "epoch": 1,
            "also_in_training": name == "y",
        }
        for name, share, label in zip(ids, shares, labels, strict=True)
    ]
    store.write_table((place or Paths().prediction)(trial), schema.table(schema.PREDICTIONS, rows))


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    write(store, "good")
    write(store, "fine", SHARES[::-1])
    return store


def test_what_was_written_is_read(store):
    predictions, left_out = read(store, ["good", "fine", "good"])
    assert left_out == {}
    assert predictions.trials == ("good", "fine")
    assert predictions.probabilities.dtype == np.float32
    assert predictions.probabilities[0] == pytest.approx(np.array(SHARES))
    assert predictions.probabilities[1] == pytest.approx(np.array(SHARES[::-1]))
    assert predictions.labels.tolist() == [0, 1, 1]
    assert predictions.ids.tolist() == ["x", "y", "z"]
    assert predictions.clean.tolist() == [True, False, True]


def test_rows_in_another_order_are_put_in_place(store):
    write(store, "mixed", (SHARES[2], SHARES[0], SHARES[1]), ("z", "x", "y"), (1, 0, 1))
    predictions, left_out = read(store, ["good", "mixed"])
    assert left_out == {}
    assert predictions.probabilities[1] == pytest.approx(predictions.probabilities[0])


def test_sums_are_made_one(store):
    write(store, "rough", ((0.7505, 0.2505), *SHARES[1:]))
    predictions, _ = read(store, ["rough"])
    assert predictions.probabilities.sum(axis=2) == pytest.approx(1)


@pytest.mark.parametrize(
    ("message", "change"),
    [
        ("not finite", {"shares": ((np.nan, np.nan), *SHARES[1:])}),
        ("no probabilities", {"shares": ((3.0, -2.0), *SHARES[1:])}),
        ("no probabilities", {"shares": ((0.9, 0.9), *SHARES[1:])}),
        ("different numbers of classes", {"shares": ((1.0,), *SHARES[1:])}),
        ("3 classes, most trials .such as good. have 2", {"shares": ((0.5, 0.25, 0.25),) * 3}),
        ("without an id, a label or probabilities", {"shares": (None, *SHARES[1:])}),
        ("names an image twice", {"ids": ("x", "x", "z")}),
        ("other images or labels", {"ids": ("x", "y", "w")}),
        ("other images or labels", {"labels": (1, 1, 1)}),
        ("label 2, but 2 classes", {"labels": (0, 1, 1), "shares": SHARES, "ids": IDS}),
        ("2 images, most trials", {"ids": ("x", "y"), "shares": SHARES[:2], "labels": (0, 1)}),
        ("holds no image", {"ids": (), "shares": (), "labels": ()}),
    ],
)
def test_what_does_not_fit_is_left_out_with_a_reason(store, message, change):
    if "label 2" in message:
        table = store.read_table(Paths().prediction("good"))
        column = schema.table(schema.PREDICTIONS, [{"label": n} for n in (0, 1, 2)])["label"]
        index = table.schema.get_field_index("label")
        store.write_table(Paths().prediction("bad"), table.set_column(index, "label", column))
    else:
        write(store, "bad", **change)
    predictions, left_out = read(store, ["bad", "good", "fine"])
    assert predictions.trials == ("good", "fine")
    (reason,) = left_out.values()
    assert re.search(message, reason), reason


def test_a_damaged_and_an_absent_file_are_left_out(store):
    store.write_bytes(Paths().prediction("bad"), b"PAR1 and then nothing")
    predictions, left_out = read(store, ["bad", "good", "gone"])
    assert predictions.trials == ("good",)
    assert "no whole Parquet file" in left_out["bad"]
    assert "does not exist" in left_out["gone"]


def test_none_left_is_said(store):
    with pytest.raises(BadInput, match=r"no trial has usable stored probabilities .gone: .*exist"):
        read(store, ["gone"])
    with pytest.raises(BadInput, match="none was named"):
        read(store, [])


def test_another_split_s_files_are_read_from_their_place(store):
    write(store, "good", SHARES[::-1], place=lambda trial: Paths().split_prediction(trial, "test"))
    predictions, _ = read(store, ["good"], lambda trial: Paths().split_prediction(trial, "test"))
    assert predictions.probabilities[0] == pytest.approx(np.array(SHARES[::-1]))


def test_trials_and_images_are_taken_in_the_order_asked_for(store):
    predictions, _ = read(store, ["good", "fine"])
    taken = predictions.take(["fine"])
    assert taken.trials == ("fine",)
    assert taken.probabilities.shape == (1, 3, 2)
    part = predictions.part([1, 0], [2, 0])
    assert part.trials == ("fine", "good")
    assert part.ids.tolist() == ["z", "x"]
    assert part.labels.tolist() == [1, 0]
    with pytest.raises(KeyError, match="nobody"):
        predictions.take(["nobody"])
