"""RAF-DB, FER+ and CK+ as they are handed out, on drawn faces; their numbers, and nobody else's."""

import numpy as np
import pytest

from orchestrator.data import synthetic
from orchestrator.data.faces import EMOTIONS
from orchestrator.data.layouts.sources import read_faces
from orchestrator.data.raw import SPLITS, Raw
from orchestrator.data.testing import csv_bytes, png_bytes, write_folder, write_zip

FACES = synthetic.draw(63, seed=5)
RAF_DB = ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")


def drawn(expression: str, number: int) -> bytes:
    """The image file of one of nine faces of an expression, contempt being as the disgusted."""
    name = expression if expression in EMOTIONS else "disgust"
    rows = np.flatnonzero(FACES.labels == EMOTIONS.index(name))
    return png_bytes(FACES.images[rows[number]])


def raf_db(folder: str = "{split}/{number}", suffix: str = "_aligned.jpg") -> dict[str, bytes]:
    """Five training and two test images a class; training files have five digits, test's four."""
    members = {}
    for number, expression in enumerate(RAF_DB, 1):
        place = {s: folder.format(split=s, number=number) for s in ("train", "test")}
        for n in range(5):
            members[f"{place['train']}/train_{10 * number + n:05d}{suffix}"] = drawn(expression, n)
        for n in (5, 6):
            members[f"{place['test']}/test_{10 * number + n:04d}{suffix}"] = drawn(expression, n)
    return members


def labels_are_those_of_the_faces(raw: Raw) -> bool:
    """Whether each image has the label that it was drawn with; all faces differ."""
    truth = {FACES.images[n].tobytes(): EMOTIONS[k] for n, k in enumerate(FACES.labels.tolist())}
    return all(
        truth[image.tobytes()] == raw.classes[label]
        for image, label in zip(raw.images, raw.labels.tolist(), strict=True)
    )


@pytest.mark.parametrize("folder", ["{split}/{number}", "DATASET/{split}/{number}"])
@pytest.mark.parametrize("suffix", ["_aligned.jpg", ".jpg"])
def test_raf_dbs_numbered_folders_are_its_expressions(tmp_path, folder, suffix):
    members = raf_db(folder, suffix) | {"DATASET/train_labels.csv": b"image,label\n"}
    raw, layout = read_faces(write_zip(members, tmp_path / "x.zip"))
    assert layout == "image folders"
    assert raw.classes == EMOTIONS
    assert raw.counts().tolist() == [[5] * 7, [0] * 7, [2] * 7]
    assert labels_are_those_of_the_faces(raw)
    assert "7 names of classes were read as expressions, e.g. 1 as surprise." in raw.notes


def test_the_training_folder_of_raf_db_alone(tmp_path):
    members = {f"{k.split('/')[1]}/{k.split('/')[2]}": v for k, v in raf_db().items()}
    raw, layout = read_faces(write_folder(members, tmp_path / "train"))
    assert (layout, raw.classes) == ("class folders", EMOTIONS)
    assert labels_are_those_of_the_faces(raw)


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name.replace("train_", "image_"),  # other names
        lambda name: name.replace("train_0", "train_"),  # four digits, as of compound expressions
        lambda name: name.replace("/7/", "/8/"),  # another number
    ],
)
def test_elsewhere_numbers_from_1_to_7_stay_names(tmp_path, change):
    members = {change(name): data for name, data in raf_db().items()}
    raw, _ = read_faces(write_folder(members, tmp_path / "d"))
    assert raw.classes == tuple(sorted({name.split("/")[1] for name in members}))
    assert set(raw.classes) <= set("12345678")


def test_raf_dbs_table_beside_images_without_folders_of_classes(tmp_path):
    members, rows = {}, {"train": ["image,label"], "test": ["image,label"]}
    for name, data in raf_db().items():
        split, number, file = name.split("/")
        members[f"DATASET/{split}/{file}"] = data
        rows[split].append(f"{file},{number}")
    for split, lines in rows.items():
        members[f"{split}_labels.csv"] = "\n".join(lines).encode()
    raw, layout = read_faces(write_folder(members, tmp_path / "d"))
    assert (layout, raw.classes) == ("labelled images", EMOTIONS)
    assert raw.counts().tolist() == [[5] * 7, [0] * 7, [2] * 7]
    assert labels_are_those_of_the_faces(raw)


@pytest.mark.parametrize(
    ("names", "row"),
    [
        ("img_{n:05d}.png", "img_{n:05d}.png,{k}"),
        ("train_{n:04d}.png", "train_{n:04d}.png,{k}"),
        ("train_{n:04d}.png", "train_{n:04d}.png {k}"),  # a list as RAF-DB's
    ],
)
def test_a_table_of_numbers_that_is_nobodys_keeps_them(tmp_path, names, row):
    members = {f"images/{names.format(n=n)}": drawn("sad", n) for n in range(6)}
    rows = [row.format(n=n, k=1 + n % 2) for n in range(6)]
    header = ["image,label"] if "," in row else []
    members["l.txt"] = "\n".join(header + rows).encode()
    raw, _ = read_faces(write_folder(members, tmp_path / "d"))
    assert raw.classes == ("1", "2")


def test_fer_pluss_folders_with_a_table_of_votes_in_each(tmp_path):
    order = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear")
    folders = {"FER2013Train": range(5), "FER2013Valid": (5,), "FER2013Test": (6,)}
    members = {}
    for folder, numbers in folders.items():
        rows = []
        for k, expression in enumerate(order):
            votes = [8 if n == k else 0 for n in range(8)] + [2, 0]
            for n in numbers:
                file = f"fer{1000 * k + n:07d}.png"
                members[f"data/{folder}/{file}"] = drawn(expression, n)
                rows.append(f'{file},"(0, 0, 48, 48)",{",".join(map(str, votes))}')
        members[f"data/{folder}/label.csv"] = "\n".join(rows).encode()
    raw, layout = read_faces(write_folder(members, tmp_path / "d"))
    assert (layout, raw.classes) == ("labelled images", EMOTIONS)
    assert raw.counts().tolist() == [[5] * 7, [1] * 7, [1] * 7]
    assert labels_are_those_of_the_faces(raw)


def test_numbered_folders_with_fer_pluss_file_names_stay_numbers(tmp_path):
    """They may be FER2013's as well as FER+'s, which number expressions otherwise."""
    members = {
        f"train/{k}/fer{100 * k + n:07d}.png": drawn(EMOTIONS[k], n)
        for k in range(7)
        for n in range(4)
    }
    raw, _ = read_faces(write_folder(members, tmp_path / "d"))
    assert raw.classes == tuple("0123456")


def test_ck_48s_folders_are_known_by_name(tmp_path):
    folders = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")
    members = {
        f"CK+48/{k}/S{10 + n:03d}_00{n}_{n:08d}.png": drawn(canonical, n)
        for k, canonical in zip(
            folders,
            ("angry", "contempt", "disgust", "fear", "happy", "sad", "surprise"),
            strict=True,
        )
        for n in range(4)
    }
    raw, layout = read_faces(write_zip(members, tmp_path / "x.zip"))
    assert layout == "class folders"
    assert raw.classes == (*EMOTIONS[:-1], "contempt")
    assert raw.counts()[SPLITS.index("training")].tolist() == [4] * 7


def test_ck_pluss_table_has_fer2013s_order_and_contempt(tmp_path):
    rows = np.concatenate([np.flatnonzero(FACES.labels == k)[:7] for k in range(7)])
    images = np.concatenate([FACES.images[rows], 255 - FACES.images[:7]])
    table = Raw(
        images=images,
        labels=np.repeat(np.arange(8), 7).astype(np.uint8),
        ids=np.arange(56).astype(str),
        splits=np.tile([0, 0, 0, 0, 0, 1, 2], 8).astype(np.uint8),
        classes=(*EMOTIONS, "contempt"),
    )
    members = {"ckextended.csv": csv_bytes(table, ("emotion", "pixels", "Usage"))}
    raw, layout = read_faces(write_folder(members, tmp_path / "d"))
    assert layout == "fer2013.csv"
    assert raw.classes == table.classes
    assert not raw.fer2013
    np.testing.assert_array_equal(raw.labels, table.labels)
    assert raw.counts().tolist() == [[5] * 8, [1] * 8, [1] * 8]
