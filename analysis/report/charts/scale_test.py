import math

import pytest

from analysis.report.charts import scale


def test_a_linear_axis_leaves_a_little_room_and_writes_round_numbers():
    axis = scale.linear([0.0, 1.0])
    assert (axis.low, axis.high) == (-0.04, 1.04)
    assert [text for _, text in axis.ticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert axis.place(0.5) == pytest.approx(0.5)


def test_numbers_over_more_than_a_decade_or_so_are_laid_out_by_ratio():
    axis = scale.numbers([0.001, 0.1])
    assert axis.is_log
    assert axis.place(0.01) == pytest.approx(0.5)
    assert [text for _, text in axis.ticks] == [
        "0.001",
        "0.002",
        "0.005",
        "0.01",
        "0.02",
        "0.05",
        "0.1",
    ]
    assert not scale.numbers([0.0, 100.0]).is_log
    assert not scale.numbers([10.0, 100.0]).is_log


def test_many_decades_have_a_number_each_and_large_ones_a_unit():
    axis = scale.numbers([900, 2e6])
    assert [text for _, text in axis.ticks] == ["1 k", "10 k", "100 k", "1 M"]


@pytest.mark.parametrize("values", [[], [0.5], [0.5, 0.5], [0.0], [math.nan, 3.0]])
def test_few_and_equal_numbers_have_an_axis(values):
    axis = scale.numbers(values)
    assert axis.high > axis.low
    assert axis.ticks
    assert all(0 <= axis.place(v) <= 1 for v in values if math.isfinite(v))


def test_words_stand_side_by_side():
    axis = scale.names(["a", "b"])
    assert [axis.place(value) for value, _ in axis.ticks] == [0.25, 0.75]
    assert scale.names([]).high > scale.names([]).low


def test_epochs_are_written_as_integers():
    assert [text for _, text in scale.integers([1, 2, 3]).ticks] == ["1", "2", "3"]
    # between two seeds a tick every 0.2 is tried, and five of those are not quite 1
    assert scale.integers([0, 1]).ticks == ((0.0, "0"), (1.0, "1"))
