import dataclasses

import numpy as np
import pytest

from orchestrator.training.history import EpochRow

ROW = EpochRow(
    epoch=3,
    learning_rate=0.0625,
    train_loss=1.25,
    train_accuracy=0.5,
    validation_loss=1.5,
    validation_accuracy=0.4375,
    validation_binary_accuracy=0.875,
    validation_macro_f1=0.375,
    validation_top2=0.625,
    validation_ece=0.0625,
    seconds=2.5,
    images_per_second=512.0,
)


def test_row_survives_the_way_through_a_table():
    assert EpochRow.from_flat(ROW.to_flat()) == ROW


def test_numbers_of_numpy_become_numbers_of_python():
    flat = {name: np.float32(value) for name, value in ROW.to_flat().items()}
    back = EpochRow.from_flat(flat)
    assert back == ROW
    assert type(back.epoch) is int
    assert all(type(v) is float for k, v in back.to_flat().items() if k != "epoch")


def test_keys_of_others_are_passed_over():
    assert EpochRow.from_flat({**ROW.to_flat(), "trial": "abc", "time_total_s": 3}) == ROW


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(EpochRow)])
def test_missing_field_is_named(name):
    flat = ROW.to_flat()
    del flat[name]
    with pytest.raises(KeyError, match=name):
        EpochRow.from_flat(flat)
