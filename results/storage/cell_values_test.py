import pyarrow as pa
import pytest

from results.storage.cell_values import odd_value

GOOD = {
    "trial": ["a", "b", "c"],
    "epoch": [1, 2, None],
    "validation_accuracy": [0.0, float("nan"), None],
    "validation_loss": [float("inf"), -1.0, 0.0],
    "seconds": [1.5, float("nan"), 0.0],
    "error": ["two\nlines", None, ""],
}


def test_nothing_is_wrong_with_what_sweeps_write():
    assert odd_value(pa.table(GOOD), ["trial"]) == ""
    assert odd_value(pa.table(GOOD).slice(0, 0), ["trial"]) == ""


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"trial": ["a", "b", "a"]}, "two rows of one trial"),
        ({"trial": ["a", None, "b"]}, "a row without trial"),
        (
            {"validation_accuracy": [None, 1.5, 0.5]},
            "row 2 has validation_accuracy 1.5, a number from 0 to 1 was expected",
        ),
        (
            {"validation_accuracy": [0.5, 1.0, float("inf")]},
            "row 3 has validation_accuracy inf, a number from 0 to 1 was expected",
        ),
        (
            {"seconds": [1.0, float("inf"), 1.0]},
            "row 2 has seconds inf, a finite number, 0 or more, was expected",
        ),
        ({"epoch": [1, -1, 2]}, "row 2 has epoch -1, a whole number, 0 or more was expected"),
        (
            {"trial": ["a", "\x1b[2J", "b"]},
            "row 2 has trial '\\x1b[2J', text without control characters was expected",
        ),
    ],
)
def test_a_value_that_can_be_none_is_named_with_its_row(change, sentence):
    assert odd_value(pa.table(GOOD | change), ["trial"]) == sentence


def test_rows_may_be_told_apart_by_two_columns():
    rows = pa.table({"trial": ["a", "a", "b"], "epoch": [1, 2, 1]})
    assert odd_value(rows, ["trial", "epoch"]) == ""
    assert odd_value(pa.concat_tables([rows, rows]), ["trial", "epoch"]) == (
        "two rows of one trial and epoch"
    )
