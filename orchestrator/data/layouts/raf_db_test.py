import pytest

from orchestrator.data.layouts.raf_db import EXPRESSIONS, LINE, numbers_of

OWN = ["train_00001_aligned.jpg", "3/train_12271.jpg", "test/1/test_0001_aligned.jpg"]


def test_numbers_mean_expressions_where_all_files_have_its_own_names():
    assert numbers_of(["1", "7"], OWN) == EXPRESSIONS
    assert (EXPRESSIONS["1"], EXPRESSIONS["4"], EXPRESSIONS["7"]) == (
        *("surprise", "happy", "neutral"),
    )


@pytest.mark.parametrize(
    ("labels", "files"),
    [
        (["1", "8"], OWN),  # the compound set goes to 23
        (["0"], OWN),
        (["happy"], OWN),
        (["1"], [*OWN, "a.jpg"]),
        (["1"], ["train_0001.jpg"]),  # the compound set's have four digits in train
        (["1"], []),
    ],
)
def test_elsewhere_they_say_nothing(labels, files):
    assert numbers_of(labels, files) == {}


@pytest.mark.parametrize(
    ("line", "groups"),
    [
        ("train_00001.jpg 5", ("train_00001.jpg", "5")),
        ("test_0001_aligned.png\t11 ", ("test_0001_aligned.png", "11")),
        ("train_00001.jpg", None),
        ("valid_00001.jpg 5", None),
        ("train_00001.jpg 123", None),
    ],
)
def test_lines_of_its_list(line, groups):
    made = LINE.fullmatch(line)
    assert (made and made.groups()) == groups
