import pytest

from orchestrator.data.layouts.not_classes import are_classes, refuse_what_is_no_class, split_in
from orchestrator.errors import BadInput


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "training"),
        ("FER2013Train", "training"),
        ("FERPlusValid", "validation"),
        ("test_set", "test"),
        ("Training Images", "training"),
        ("trained", None),
        ("happy", None),
        ("contest", None),
    ],
)
def test_folders_called_like_splits(name, split):
    assert split_in(name) == split


@pytest.mark.parametrize(
    ("folders", "sentence"),
    [
        (
            ["FER2013Train", "FER2013Test"],
            "2 folders (FER2013Test, FER2013Train) are",
        ),
        (["Images", "happy"], "the folder Images is called like parts of a data set"),
        (
            ["S005", "S010", "S011", "S999"],
            "4 folders (S005, S010, S011, ...) are called like",
        ),
        (["AF01", "BM01"], "like persons"),
        (
            [f"{n:03d}" for n in range(33)],
            "33 folders (000, 001, 002, ...) are called",
        ),
    ],
)
def test_what_is_no_class_is_refused_with_what_was_seen(folders, sentence):
    with pytest.raises(BadInput) as caught:
        refuse_what_is_no_class(folders, "the place")
    assert str(caught.value).startswith("the place: ")
    assert sentence in str(caught.value)
    assert not are_classes(folders)


@pytest.mark.parametrize(
    "folders",
    [
        [f"{n}" for n in range(32)],  # compound expressions are up to 23
        ["class1", "class2"],
        ["emotion01", "emotion02"],
        ["c01", "k02"],
        ["S005", "happy"],  # one of them is an expression
        ["cross", "glad"],
    ],
)
def test_numbers_and_names_that_may_be_classes_are_left_alone(folders):
    assert are_classes(folders)


def test_one_folder_is_no_several_classes():
    assert not are_classes(["happy"])
    refuse_what_is_no_class(["happy"], "it is not refused here")
