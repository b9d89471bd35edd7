import numpy as np
import pytest
from scipy import stats

from analysis.robustness.light import QUANTITIES, standardised, strata
from analysis.robustness.measure import Labelled, Subject, corrupted_rows, plain_rows
from results.schema import table
from results.tables.robustness import ROBUSTNESS


def test_what_light_is_told_by():
    image = np.full((1, 4, 4), 100.0)
    image[:, :, 2:] = 140
    values = {name: float(measure(image)[0]) for name, measure in QUANTITIES.items()}
    assert values == {"brightness": 120, "contrast": 20, "side light": 40}


def test_strata_hold_their_share_of_the_images_and_say_their_bounds():
    cut = strata(np.arange(100, dtype=float))
    assert np.bincount(cut.of).tolist() == [10, 23, 34, 23, 10]
    assert cut.names == ("below 10", "10 to 33", "33 to 66", "66 to 89", "89 and more")


def test_images_that_are_all_alike_are_two_strata_one_of_them_empty():
    cut = strata(np.full(5, 7.0))
    assert cut.names == ("below 7", "7 and more")
    assert np.bincount(cut.of).tolist() == [0, 5]


def test_standardised_accuracy_by_hand():
    """Half of all 80 images are of either class; in the stratum 30 of 40 are of the first."""
    labels = np.repeat([0, 1, 0, 1], [30, 10, 10, 30])
    inside = np.arange(80) < 40
    right = np.repeat([True, False, False, True], [30, 10, 10, 30])
    made = standardised(right, labels, inside)
    assert made.value == pytest.approx(0.5 * 1 + 0.5 * 0)  # 0.75 unstandardised
    # of class 0: (30 + 1) of (30 + 2); of class 1: (0 + 1) of (10 + 2)
    variance = 0.25 * (31 / 32) * (1 / 32) / 30 + 0.25 * (1 / 12) * (11 / 12) / 10
    half = stats.norm.ppf(0.975) * variance**0.5
    assert (made.low, made.high) == (pytest.approx(0.5 - half), pytest.approx(0.5 + half))
    assert made.covered == 1


def test_a_class_that_the_stratum_lacks_does_not_count_and_that_is_said():
    labels, right = np.array([0, 0, 1, 1]), np.array([1, 0, 1, 1], bool)
    made = standardised(right, labels, np.array([1, 1, 0, 0], bool))
    assert (made.value, made.covered) == (0.5, 0.5)
    none = standardised(right, labels, np.zeros(4, bool))
    assert np.isnan(none.value)
    assert none.covered == 0


IMAGES = np.random.default_rng(0).integers(0, 256, (40, 8, 8)).astype(np.uint8)
OF = Labelled("test", IMAGES, np.arange(40) % 2, ("sad", "glad"))
WHO = Subject("aaa", "clahe")


def test_rows_of_images_as_they_are():
    right = np.arange(40) < 30
    rows = list(plain_rows(WHO, right, OF))
    every = rows[0]
    assert (every["by"], every["n"], every["accuracy"]) == ("all", 40, 0.75)
    assert [row["accuracy"] for row in rows[1:3]] == [0.75, 0.75]
    for quantity in QUANTITIES:
        own = [row for row in rows if row["by"] == quantity]
        assert sum(row["n"] for row in own) == 40
    assert table(ROBUSTNESS, rows).num_rows == len(rows)


def test_what_a_corruption_costs_is_paired():
    plain, after = np.arange(40) < 30, np.arange(40) < 20
    rows = list(corrupted_rows(WHO, plain, {("blur", 2): after}, OF))
    every, sad, glad = rows
    assert (every["corruption"], every["level"], every["amount"]) == ("blur", 2, 1.0)
    assert every["lost"] == pytest.approx(0.25)
    expected = stats.t.interval(0.95, 39, 0.25, stats.sem(plain.astype(float) - after))
    assert (every["lost_low"], every["lost_high"]) == pytest.approx(expected)
    assert sad["accuracy"] == glad["accuracy"] == 0.5
    assert table(ROBUSTNESS, rows).num_rows == 3


def test_a_class_without_images_is_null():
    of = Labelled("test", IMAGES[:1], np.array([0]), ("sad", "glad"))
    (row,) = (r for r in plain_rows(WHO, np.array([True]), of) if r["group"] == "glad")
    assert row["n"] == 0
    assert "accuracy" not in row
