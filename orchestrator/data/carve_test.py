import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.data.carve import carve
from orchestrator.data.faces import EMOTIONS
from orchestrator.data.raw import Raw
from orchestrator.data.testing import (
    EXAMPLE,
    example,
    image_folders,
    refused,
    write_folder,
)
from orchestrator.errors import BadInput


def by_class(raw: Raw, splits: np.ndarray) -> list[list[int]]:
    return dataclasses.replace(raw, splits=splits).counts().tolist()


def shuffled(raw: Raw, seed: int) -> Raw:
    order = np.random.default_rng(seed).permutation(len(raw.ids))
    fields = {name: getattr(raw, name)[order] for name in ("images", "labels", "ids", "splits")}
    return dataclasses.replace(raw, **fields)


def flat(pattern: list[int], labels: list[int], splits: list[int] | None = None) -> Raw:
    """Images of one gray value each, which tells equal ones by a number."""
    images = np.broadcast_to(np.array(pattern, np.uint8)[:, None, None], (len(pattern), 48, 48))
    return Raw(
        images=images,
        labels=np.array(labels, np.uint8),
        ids=np.arange(len(pattern)).astype(str),
        splits=np.array(splits or [0] * len(pattern), np.uint8),
        classes=EMOTIONS,
    )


def test_nothing_is_carved_where_nothing_is_missing():
    raw = example()
    carved = carve(raw)
    assert carved.notes == ()
    np.testing.assert_array_equal(carved.splits, raw.splits)


def test_a_missing_test_split_takes_a_tenth_of_every_class_and_says_so():
    raw = example((20, 3, 0))
    carved = carve(raw)
    assert by_class(raw, carved.splits) == [[18] * 7, [3] * 7, [2] * 7]
    assert carved.notes == (
        "The data set has no test split: 14 of its 140 training images were carved off "
        "(10% of each class, exact copies kept together), 126 stay in training.",
    )


def test_two_missing_splits_take_a_tenth_each():
    raw = example((30, 0, 0))
    carved = carve(raw)
    assert by_class(raw, carved.splits) == [[24] * 7, [3] * 7, [3] * 7]
    assert carved.notes[0].startswith(
        "The data set has no validation and no test split: 21 and 21 of its 210 training images"
    )


def test_fer2013s_name_of_the_missing_split_is_given():
    carved = carve(dataclasses.replace(example((20, 3, 0)), fer2013=True))
    assert "no test (PrivateTest) split" in carved.notes[0]


def test_the_same_images_are_carved_alike_in_any_order():
    raw, again = example((20, 0, 0)), shuffled(example((20, 0, 0)), seed=5)
    first = dict(zip(raw.ids, carve(raw).splits, strict=True))
    assert first == dict(zip(again.ids, carve(again).splits, strict=True))


@pytest.mark.long
@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2)), min_size=60, max_size=150),
    st.booleans(),
)
def test_exact_copies_never_part_and_no_class_gives_more_than_a_tenth(pairs, with_validation):
    pattern, labels = [p for p, _ in pairs], [k for _, k in pairs]
    # Three more distinct images of class 0, so that something can always be carved.
    pattern, labels = [*pattern, 61, 62, 63], [*labels, 0, 0, 0]
    splits = [0] * len(pattern)
    if with_validation:
        splits[:5] = [1] * 5
    raw = flat(pattern, labels, splits)
    used = carve(raw).splits
    for value in set(pattern):
        members = np.array(pattern) == value
        came_from_training = members & (raw.splits == 0)
        assert len(set(used[came_from_training])) <= 1
        if with_validation and np.any(members & (raw.splits == 1)):
            assert set(used[came_from_training]) <= {0}
    moved = np.count_nonzero((raw.splits == 0) & (used == 2))
    assert 1 <= moved <= max(3, sum(round(0.1 * labels.count(k)) + 1 for k in range(3)))


def test_a_group_of_copies_larger_than_the_share_stays_in_training():
    raw = flat([1] * 20 + list(range(2, 22)), [0] * 40, [0] * 39 + [1])
    used = carve(raw).splits
    assert set(used[:20].tolist()) == {0}
    assert np.count_nonzero(used == 2) == 4  # a tenth of 39, to the nearest


def test_a_small_class_gives_one_image_to_every_split():
    raw = flat([1, 2, 3], [4, 4, 4])
    assert sorted(carve(raw).splits.tolist()) == [0, 1, 2]


@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_carved_is_no_run_of_the_first_images(seed):
    used = carve(example((100, 0, 0), seed=seed)).splits
    taken = np.flatnonzero(used == 2)
    assert 0.3 < np.mean(taken) / len(used) < 0.7


def test_no_training_images(tmp_path):
    members = {n: d for n, d in image_folders(EXAMPLE).items() if n.startswith("test/")}
    path = write_folder(members, tmp_path / "d")
    refused(path, tmp_path, "none of the 14 images is a training image")


def test_too_few_images_to_carve_from():
    with pytest.raises(BadInput, match=r"no validation images are there .* too few to carve"):
        carve(flat([1, 2], [0, 1]))
