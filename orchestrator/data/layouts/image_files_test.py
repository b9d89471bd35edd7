"""Folders of images as people have them: what becomes a class, what a split, what neither."""

import pytest

from orchestrator.data.cache.open_faces import open_faces
from orchestrator.data.faces import EMOTIONS, Splits
from orchestrator.data.reading import BY_FOLDER, USUAL, Reading
from orchestrator.data.testing import noise_folder, refused, write_folder, write_zip


def opened(members: dict[str, bytes], tmp_path, reading: Reading = USUAL) -> Splits:
    path = write_zip(members, tmp_path / "x.zip")
    return open_faces(path, cache=tmp_path / "cache", reading=reading)


def test_raf_dbs_seven_numbered_folders_are_seven_classes(tmp_path):
    folders = {f"DATASET/{s}/{k}": 4 for s in ("train", "test") for k in range(1, 8)}
    splits = opened(noise_folder(folders), tmp_path)
    assert splits.classes == ("1", "2", "3", "4", "5", "6", "7")
    assert len(splits.test) == 28


def test_a_number_in_front_of_an_expression_is_no_part_of_its_name(tmp_path):
    folders = {f"{s}/{n}_{k}": 4 for s in ("train", "test") for n, k in enumerate(EMOTIONS)}
    assert opened(noise_folder(folders), tmp_path).classes == EMOTIONS


def test_one_typo_is_a_class_of_its_own_and_asked_about(tmp_path):
    splits = opened(noise_folder({"train/happy": 4, "train/suprise": 4}), tmp_path)
    assert splits.classes == ("happy", "suprise")
    assert "suprise is a class of its own: did you mean surprise? Then rename it." in splits.notes


def test_two_spellings_of_one_accent_are_one_class(tmp_path):
    composed, decomposed = "\u00fcberrascht", "u\u0308berrascht"
    splits = opened(noise_folder({composed: 4, decomposed: 4, "freudig": 4}), tmp_path)
    assert splits.classes == ("freudig", composed)
    assert (
        "1 classes are spelled in more than one way and were read as one each, e.g. "
        f"{decomposed} and {composed}."
    ) in splits.notes


@pytest.mark.parametrize(
    "folders",
    [
        ["images/FER2013Train", "images/FER2013Valid", "images/FER2013Test"],
        ["train", "test"],
        ["train_set", "val_set"],
    ],
)
def test_splits_without_classes_are_not_taken_for_classes(tmp_path, folders):
    path = write_folder(noise_folder(dict.fromkeys(folders, 4)), tmp_path / "d")
    refused(path, tmp_path, "called like splits and hold images, but no folders of classes")


def test_parts_of_a_data_set_are_not_taken_for_classes(tmp_path):
    path = write_folder(noise_folder({"images": 4, "annotations": 4}), tmp_path / "d")
    refused(path, tmp_path, "2 folders (annotations, images) are called like parts of a data set")


@pytest.mark.parametrize(
    "names",
    [
        ["KDEF/AF01", "KDEF/AF02", "KDEF/BM01"],
        ["S005", "S010", "S999"],
        ["subject 1", "subject 2"],
        [str(number) for number in range(40)],
    ],
)
def test_persons_are_not_taken_for_classes(tmp_path, names):
    path = write_folder(noise_folder(dict.fromkeys(names, 3)), tmp_path / "d")
    refused(path, tmp_path, "called like persons and not like classes", "one folder of images a")


@pytest.mark.parametrize("names", [["class1", "class2"], ["c01", "c02"], ["AU12", "AU04"]])
def test_numbered_classes_are_no_persons(tmp_path, names):
    splits = opened(noise_folder(dict.fromkeys(names, 4)), tmp_path)
    assert splits.classes == tuple(sorted(name.lower() for name in names))


def test_a_split_called_otherwise_is_to_be_renamed(tmp_path):
    folders = {f"FER2013{s}/{k}": 4 for s in ("Train", "Test") for k in ("happy", "sad")}
    path = write_folder(noise_folder(folders), tmp_path / "d")
    refused(path, tmp_path, "FER2013Test is called like a split", "called train, valid or test")


def resplit() -> dict[str, bytes]:
    """FER2013's file names in folders split anew: of 30 names, 9 agree with their folder."""
    noise = noise_folder(dict.fromkeys(("happy", "sad"), 15))
    members = {}
    for number, (name, data) in enumerate(noise.items()):
        label = name.split("/")[0]
        folder = ("test", "val", "train", "train", "train")[number % 5]
        prefix = "Training" if number < 15 or number % 5 < 2 else "PublicTest"
        members[f"{folder}/{label}/{prefix}_{number}.png"] = data
    return members


def test_where_name_and_folder_disagree_on_the_split_the_note_counts_and_says_which_won(tmp_path):
    by_name = opened(resplit(), tmp_path)
    # Names: 15 + 6 of Training, 9 of PublicTest; none of PrivateTest, so a test split is carved.
    assert (len(by_name.training) + len(by_name.test), len(by_name.validation)) == (21, 9)
    assert (
        "Of 21 images the file's name and its folder give different splits: the name decides, "
        "test/happy/Training_0.png is used as training; --split-by folder turns it round."
    ) in by_name.notes


def test_the_flag_lets_the_folder_decide_and_the_digest_tells(tmp_path):
    by_name = opened(resplit(), tmp_path)
    by_folder = opened(resplit(), tmp_path, Reading(split_by=BY_FOLDER))
    assert [len(by_folder.training), len(by_folder.validation), len(by_folder.test)] == [18, 6, 6]
    assert by_folder.digest != by_name.digest
    assert (
        "Of 21 images the file's name and its folder give different splits: the folder decides, "
        "test/happy/Training_0.png is used as test; --split-by name turns it round."
    ) in by_folder.notes
    assert opened(resplit(), tmp_path).digest == by_name.digest  # each is remembered by itself


def test_public_test_images_in_a_merged_test_folder_are_no_contradiction(tmp_path):
    noise = noise_folder({"happy": 6, "sad": 6})
    prefixes = ("Training", "Training", "Training", "Training", "PublicTest", "PrivateTest")
    members = {}
    for number, (name, data) in enumerate(noise.items()):
        prefix = prefixes[number % 6]
        folder = "train" if prefix == "Training" else "test"
        members[f"{folder}/{name.split('/')[0]}/{prefix}_{number}.png"] = data
    assert not [note for note in opened(members, tmp_path).notes if "different splits" in note]


def test_fer2013s_numbers_are_known_by_its_file_names(tmp_path):
    noise = noise_folder({f"train/{number}": 4 for number in range(7)})
    members = {name.replace("/n", "/Training_"): data for name, data in noise.items()}
    assert opened(members, tmp_path).classes == EMOTIONS
