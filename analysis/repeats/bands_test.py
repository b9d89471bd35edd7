import math

import pytest

from analysis.repeats.bands import bands
from results.schema import EPOCHS, GROUPS, table

T_1 = 12.706205  # t's 97.5 % quantile at 1 degree of freedom


def frames(groups, curves):
    rows = [
        {"trial": trial, "epoch": epoch, "validation_accuracy": value}
        for trial, values in curves.items()
        for epoch, value in enumerate(values, 1)
    ]
    return table(GROUPS, groups).to_pandas(), table(EPOCHS, rows).to_pandas()


def test_a_mean_and_its_interval_at_each_epoch_that_every_seed_reached():
    groups = [{"place": 1, "configuration": "lr 0.1", "trials": "a b"}]
    curves = {"a": [0.2, 0.4, 0.5], "b": [0.3, 0.6], "c": [0.9]}
    (band,) = bands(*frames(groups, curves), "validation_accuracy")
    assert (band.place, band.name, band.trials) == (1, "lr 0.1", ("a", "b"))
    assert [point.epoch for point in band.points] == [1, 2]
    last = band.points[-1]
    half = T_1 * math.sqrt(0.02) / math.sqrt(2)  # 0.4 and 0.6: variance 0.02
    assert last.value == pytest.approx(0.5)
    assert last.low == pytest.approx(0.5 - half)
    assert last.high == pytest.approx(0.5 + half)


def test_one_seed_makes_no_band_and_the_best_is_first():
    groups = [
        {"place": 2, "configuration": "second", "trials": "a b"},
        {"place": 3, "configuration": "alone", "trials": "c"},
        {"place": 1, "configuration": "first", "trials": "d e"},
    ]
    curves = {name: [0.5] for name in "abcde"}
    made = bands(*frames(groups, curves), "validation_accuracy")
    assert [band.name for band in made] == ["first", "second"]
    assert bands(*frames(groups, {}), "validation_accuracy") == []
