import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.decode.curve import COLUMNS, Epochs, shipped_epochs
from analysis.decode.reading import accuracy_bounds, read
from orchestrator import metrics
from orchestrator.errors import BadInput

NOTHING = Epochs(pd.DataFrame(columns=COLUMNS), "no trials", None)


@pytest.fixture(scope="module")
def ours():
    return shipped_epochs()


def test_the_seed_projects_first_figure_is_binary_accuracy_of_a_net_with_half_of_them_right(ours):
    reading = read(1.2933, 0.8852, 7, ours)
    assert (reading.is_accuracy, reading.is_binary) == (False, True)
    assert reading.meaning.mean == pytest.approx(0.515, abs=0.01)
    assert 0.49 < reading.meaning.low < reading.meaning.high < 0.54
    answer = reading.lines()[0]
    assert answer.startswith("0.8852 is binary accuracy: 7-class accuracy 0.51 (")


def test_and_the_second_of_one_with_more(ours):
    reading = read(1.1461, 0.8912, 7, ours)
    assert (reading.is_accuracy, reading.is_binary) == (False, True)
    assert 0.53 < reading.meaning.mean < 0.59


def test_an_accuracy_is_called_one(ours):
    reading = read(1.5, 0.42, 7, ours)
    assert (reading.is_accuracy, reading.is_binary) == (True, False)
    assert reading.lines()[0].startswith("0.42 is 7-class accuracy")
    assert "binary accuracy it cannot be, for any net" in reading.lines()[2]


def test_what_no_net_of_ours_has_is_neither(ours):
    answer, compared, *_ = read(1.3, 0.7, 7, ours).lines()
    assert answer.startswith("0.7 is neither 7-class nor binary accuracy of nets like ours")
    assert compared.count("(off that curve)") == 2


def test_what_no_net_can_have_is_said_to_be_so():
    """Four of five wrong cost 0.8 ln 2 = 0.55; and w would have to be 3.6 times all images."""
    reading = read(0.3, 0.2, 7, NOTHING)
    assert (
        reading.lines()[0] == "0.2 is neither 7-class nor binary accuracy of any net at this loss"
    )


def test_without_epochs_of_ours_the_bounds_are_what_is_left():
    """c - w = 7 x 0.9 - 6 = 0.3, and a loss of 0.5 leaves 1 - 0.5 / 0.693 = 0.279 to c."""
    answer, compared, bounded, _ = read(0.5, 0.9, 7, NOTHING).lines()
    assert answer.endswith("if it is binary accuracy, 7-class accuracy between 0.300 and 1.000")
    assert compared.startswith("  our trials  0 epochs of no trials")
    assert "c - w = 0.300, so 7-class accuracy lies between 0.300 and 1.000" in bounded


@pytest.mark.parametrize(
    ("binary", "loss", "classes", "bounds"),
    [
        (1.0, 0.1, 7, (1.0, 1.0)),
        (6 / 7, 9.0, 7, (0.0, 1.0)),
        (5 / 7, 9.0, 7, (0.0, 0.0)),  # every image has a wrong class above 0.5
        (0.6, 9.0, 7, None),
        (0.75, 9.0, 2, (0.5, 1.0)),
        (6 / 7, 0.5 * math.log(2), 7, (0.5, 0.5)),  # half of c at least, so half of w as well
        (6 / 7, 0.1, 7, None),  # nearly all of c, and as many of w
    ],
)
def test_bounds_by_hand(binary, loss, classes, bounds):
    computed = accuracy_bounds(binary, loss, classes)
    assert computed == (pytest.approx(bounds) if bounds else None)


@given(st.integers(2, 9), st.integers(1, 30), st.floats(0.1, 8), st.integers(0, 2**32 - 1))
def test_no_net_lies_outside_of_them(classes, n, sharpness, seed):
    rng = np.random.default_rng(seed)
    shares = np.exp(sharpness * rng.normal(size=(n, classes)))
    shares /= shares.sum(1, keepdims=True)
    labels = rng.integers(0, classes, n)
    loss = metrics.nll(np.log(shares), labels)
    accuracy = metrics.accuracy(shares, labels)
    low, high = accuracy_bounds(metrics.binary_accuracy(shares, labels), loss, classes)
    assert low - 1e-9 <= accuracy <= high + 1e-9
    assert read(loss, accuracy, classes, NOTHING).is_accuracy is not False


def test_trials_of_other_classes_are_no_comparison(ours):
    with pytest.raises(BadInput, match="--classes 8: our trials on FER2013 tell 7 classes apart"):
        read(1.0, 0.5, 8, ours)
