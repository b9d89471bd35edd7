import dataclasses

import numpy as np
import pytest

from orchestrator.data.cache.open_faces import open_faces
from orchestrator.data.classes import check_classes, check_number
from orchestrator.data.faces import EMOTIONS
from orchestrator.data.raw import Raw
from orchestrator.data.testing import (
    EXAMPLE,
    fer2013_csv,
    image_folders,
    noise_folder,
    refused,
    write_folder,
)
from orchestrator.errors import BadInput


def flat(patterns: list[int], labels: list[int], classes: tuple[str, ...], splits=None) -> Raw:
    """Images of one gray value each."""
    images = np.broadcast_to(np.array(patterns, np.uint8)[:, None, None], (len(patterns), 48, 48))
    return Raw(
        images=images,
        labels=np.array(labels, np.uint8),
        ids=np.arange(len(labels)).astype(str),
        splits=np.array(splits or [0] * len(labels), np.uint8),
        classes=classes,
    )


def test_two_classes_of_three_different_images_are_enough():
    raw = flat([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1], ("a", "b"))
    assert check_classes(raw, "x") is raw


def test_copies_count_once():
    raw = flat([1, 2, 2, 2, 4, 5, 6], [0, 0, 0, 0, 1, 1, 1], ("a", "b"))
    with pytest.raises(BadInput, match="x: class a has 2 different training images, at least 3"):
        check_classes(raw, "x")


def test_images_outside_of_training_do_not_count():
    raw = flat([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1], ("a", "b"), [0, 0, 0, 2, 2, 2])
    with pytest.raises(BadInput, match="class b has 0 different training images"):
        check_classes(raw, "x")


def test_one_class(tmp_path):
    path = write_folder(noise_folder({"happy": 9}), tmp_path / "d")
    refused(path, tmp_path, "all 9 images are of one class (happy), 2 to 255 classes were expected")


def test_257_folders(tmp_path):
    path = write_folder(noise_folder({f"kind {n}": 1 for n in range(257)}), tmp_path / "d")
    refused(path, tmp_path, "holds 257 folders that would each be a class (kind 0, kind 1, ")


def test_255_classes_are_not_too_many_and_256_are():
    check_number(tuple(map(str, range(255))), "x")
    with pytest.raises(BadInput, match="256 folders"):
        check_number(tuple(map(str, range(256))), "x")


def test_classes_are_what_the_data_set_has(tmp_path):
    members = noise_folder({f"{s}/{k}": 4 for s in ("train", "test") for k in ("yes", "no")})
    assert open_faces(write_folder(members, tmp_path / "d"), cache=tmp_path).classes == (
        "no",
        "yes",
    )


def test_fer2013s_own_layouts_list_all_seven_and_say_which_have_no_image(tmp_path):
    two = EXAMPLE.labels < 2
    fields = {name: getattr(EXAMPLE, name)[two] for name in ("images", "labels", "ids", "splits")}
    raw = dataclasses.replace(EXAMPLE, **fields)
    for number, members in enumerate((image_folders(raw), fer2013_csv(raw))):
        path = write_folder(members, tmp_path / str(number))
        splits = open_faces(path, cache=tmp_path / "cache")
        assert splits.classes == EMOTIONS
        assert (
            "5 of the 7 classes have no image (fear, happy, sad, surprise, neutral); nets "
            "are built to tell them apart all the same."
        ) in splits.notes
