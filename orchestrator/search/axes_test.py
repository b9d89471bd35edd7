import numpy as np
import pytest

from orchestrator.search.axes import Categorical, Constant, Integer, Real, lies_within


def test_logarithmic_axes_give_each_decade_its_share():
    axis, rng = Real(1e-4, 1e-2, log=True), np.random.default_rng(0)
    drawn = np.array([axis.sample(rng) for _ in range(2000)])
    assert np.mean(drawn < 1e-3) == pytest.approx(0.5, abs=0.05)


def test_the_ends_of_a_stepped_axis_are_as_likely_as_the_middle():
    axis, rng = Integer(1, 4), np.random.default_rng(0)
    drawn = np.array([axis.sample(rng) for _ in range(4000)])
    for value in (1, 2, 3, 4):
        assert np.mean(drawn == value) == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize(
    ("axis", "values", "high", "text"),
    [
        (Constant("sgd"), ("sgd",), "sgd", "sgd"),
        (Categorical((3, 9, 5)), (3, 9, 5), 9, "3 | 9 | 5"),
        (Real(1e-4, 0.03, log=True), None, 0.03, "0.0001 .. 0.03, logarithmic"),
        (Real(0.1, 0.3, step=0.1), (0.1, 0.2, 0.3), 0.3, "0.1 .. 0.3, in steps of 0.1"),
        (Integer(1, 3), range(1, 4), 3, "1 .. 3, whole numbers"),
        (
            Integer(32, 128, step=32),
            range(32, 129, 32),
            128,
            "32 .. 128, in steps of 32, whole numbers",
        ),
    ],
)
def test_an_axis_knows_its_values_its_highest_and_its_words(axis, values, high, text):
    assert axis.values == values
    assert axis.high == high
    assert str(axis) == text


def test_a_value_snaps_to_the_nearest_that_the_axis_holds():
    assert Real(0.5, 4.0, step=0.5).snap(1.7) == 1.5
    assert Integer(16, 64, step=16).snap(41.0) == 48
    assert Integer(16, 64).snap(100) == 64
    assert Constant("a").snap("b") == Categorical(("a", "b")).snap("b") == "b"


RATES = Real(1e-3, 1e-1, log=True)
TENTHS = Real(0.1, 0.5, step=0.1)


@pytest.mark.parametrize(
    ("inner", "outer", "within"),
    [
        (Real(0.01, 0.03), RATES, True),
        (RATES, RATES, True),
        (Real(0.01, 0.2), RATES, False),
        (Real(1e-4, 0.01), RATES, False),
        (Constant(0.02), RATES, True),
        (Constant(0.2), RATES, False),
        (Categorical((0.01, 0.2)), RATES, False),
        (Constant(0.3), TENTHS, True),
        (Constant(0.35), TENTHS, False),
        (Real(0.2, 0.4, step=0.1), TENTHS, True),
        (Real(0.2, 0.4), TENTHS, False),  # a range has more values than its steps
        (Real(0.2, 0.4, step=0.1), Real(0.2, 0.4), True),
        (Integer(4, 8), Integer(2, 8), True),
        (Integer(4, 8), Integer(2, 8, step=2), False),
        (Integer(4, 8, step=2), Integer(2, 8, step=2), True),
        (Categorical(("sgd", "adam")), Categorical(("adam", "adamw", "sgd")), True),
        (Constant("sgd"), Constant("adam"), False),
        (RATES, Categorical((0.001, 0.1)), False),
    ],
)
def test_an_axis_lies_within_another_where_that_has_all_of_its_values(inner, outer, within):
    assert lies_within(inner, outer) is within
