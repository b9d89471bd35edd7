"""Images labelled by a table: of the people who publish such sets, and of the user."""

import os

import pytest

from orchestrator.data.cache.open_faces import open_faces
from orchestrator.data.layouts.label_table import Label, read_labels
from orchestrator.data.layouts.sources import read_faces
from orchestrator.data.raw import SPLITS, Raw
from orchestrator.data.reading import Reading
from orchestrator.data.testing import noise_folder, refused, write_folder
from orchestrator.errors import BadInput


def classes_of(raw: Raw) -> dict[str, str]:
    return {
        name: raw.classes[label] for name, label in zip(raw.ids, raw.labels.tolist(), strict=True)
    }


def split_of(raw: Raw) -> dict[str, str]:
    return {name: SPLITS[split] for name, split in zip(raw.ids, raw.splits.tolist(), strict=True)}


def test_muxspaces_legend_beside_its_images(tmp_path):
    rows = [f"628,n{n}.png,{'anger' if n < 4 else 'HAPPINESS'}" for n in range(8)]
    legend = "\n".join(["user.id,image,emotion", *rows, "1,gone.png,sadness"])
    members = noise_folder({"images": 9}) | {"data/legend.csv": legend.encode()}
    raw, layout = read_faces(write_folder(members, tmp_path / "d"))
    assert layout == "labelled images"
    assert raw.classes == ("angry", "happy")
    assert raw.counts()[0].tolist() == [4, 4]
    assert raw.notes == (
        "Labels are those of data/legend.csv.",
        "1 images have no label and were left out, e.g. images/n8.png.",
        "1 rows name no image that is there, or more than one, and were ignored, e.g. gone.png.",
    )


def test_a_table_that_labels_few_of_the_images_is_not_taken_for_their_labels(tmp_path):
    members = noise_folder({"images": 9})
    members["data/legend.csv"] = b"user.id,image,emotion\n1,n0.png,anger\n"
    path = write_folder(members, tmp_path / "d")
    refused(path, tmp_path, "the folder images is called like parts of a data set")


def test_folders_of_classes_win_over_a_table(tmp_path):
    members = noise_folder({"happy": 3, "sad": 3})
    members["labels.csv"] = b"image,label\nhappy/n0.png,sad\nhappy/n1.png,sad\nhappy/n2.png,sad\n"
    raw, layout = read_faces(write_folder(members, tmp_path / "d"))
    assert layout == "class folders"
    assert raw.notes == ("1 files that are no images were left out, e.g. labels.csv.",)


def test_raf_dbs_list_its_numbers_and_its_splits(tmp_path):
    faces = list(noise_folder({"x": 8}).values())
    numbers = [1, 1, 1, 4, 4, 4, 1, 4]
    names = [f"{'train' if n < 6 else 'test'}_{n:05d}" for n in range(8)]
    members = {
        f"basic/Image/aligned/{name}_aligned.jpg.png".replace(".jpg.png", ".png"): face
        for name, face in zip(names, faces, strict=True)
    }
    rows = [f"{name}.png {number}" for name, number in zip(names, numbers, strict=True)]
    members["basic/EmoLabel/list_patition_label.txt"] = "\n".join(rows).encode()
    raw, _ = read_faces(write_folder(members, tmp_path / "d"))
    assert raw.classes == ("happy", "surprise")
    assert raw.counts().tolist() == [[3, 3], [0, 0], [1, 1]]


def test_fer_pluss_votes(tmp_path):
    header = (
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    )
    rows = [f"Training,n{n}.png,{'8,2' if n < 3 else '1,9'},0,0,0,0,0,0,0,0" for n in range(6)]
    rows += [
        "PublicTest,n6.png,0,0,0,0,0,0,0,9,1,0",
        "PublicTest,n7.png,5,5,0,0,0,0,0,0,0,0",  # a tie
        "PublicTest,n8.png,0,0,0,0,0,0,0,0,0,10",  # no face
    ]
    table = "\n".join([header, *rows]).encode()
    labels = read_labels(table).labels
    assert labels[0] == Label("n0.png", "neutral", "training")
    assert [label.label for label in labels[6:]] == ["contempt", None, None]


def test_fer_plus_in_folders_named_like_splits(tmp_path):
    header = (
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    )
    faces = list(noise_folder({"x": 10}).values())
    folders = ["FER2013Train"] * 8 + ["FER2013Valid", "FER2013Test"]
    usages = ["Training"] * 8 + ["PublicTest", "PrivateTest"]
    members = {f"images/{f}/fer{n}.png": faces[n] for n, f in enumerate(folders)}
    rows = [
        f"{u},fer{n}.png,{9 * (n % 2)},{9 - 9 * (n % 2)},0,0,0,0,0,0,1,0"
        for n, u in enumerate(usages)
    ]
    members["fer2013new.csv"] = "\n".join([header, *rows]).encode()
    raw, layout = read_faces(write_folder(members, tmp_path / "d"))
    assert layout == "labelled images"
    assert raw.classes == ("happy", "neutral")
    assert raw.counts().sum(axis=1).tolist() == [8, 1, 1]
    assert raw.notes == ("Labels are those of fer2013new.csv.",)


LABELS = [f"n{n}.png,{'happy' if n % 2 else 'sad'}" for n in range(10)]
ROWS = ["image,emotion", *LABELS]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('"n3.png,happy', "a quote that is not closed"),
        ('n3.png,"happy', "a quote that is not closed"),
        ("n3.png", "1 fields, 2 expected"),
        ("n3.png,happy,", "3 fields, 2 expected"),
        (",happy", "no file name"),
        (f"n3.png,{'x' * 200_000}", "field larger than field limit (131072)"),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_a_row_that_cannot_be_read_takes_no_other_with_it_and_is_counted(
    row, reason, named, tmp_path
):
    table = [*ROWS[:4], row, *ROWS[5:9], 'n8.png,"sad"', ROWS[10]]
    folder = write_folder(noise_folder({"images": 10}), tmp_path / "d")
    place = (tmp_path if named else tmp_path / "d") / "labels.csv"
    place.write_text("\n".join(table))
    raw, _ = read_faces(folder, Reading(labels=str(place)) if named else Reading())
    assert raw.classes == ("happy", "sad")
    assert raw.counts().sum(axis=0).tolist() == [4, 5]
    assert "1 images have no label and were left out, e.g. images/n3.png." in raw.notes
    note = f"1 rows of labels.csv could not be read and were ignored, e.g. line 5: {reason}."
    assert note in raw.notes


def test_a_table_of_which_no_row_can_be_read_says_so(tmp_path):
    folder = write_folder(noise_folder({"a": 6}), tmp_path / "d")
    table = tmp_path / "labels.csv"
    table.write_text("image,emotion\n" + "".join(f"n{n}.png,sad,\n" for n in range(6)))
    with pytest.raises(BadInput, match=r"labels none of the 6 .*; 6 rows .*line 2: 3 fields, 2 "):
        read_faces(folder, Reading(labels=str(table)))


def test_rows_of_the_lists_without_a_header_are_counted_too():
    raf = read_labels(b"train_00001.jpg 4\ntrain_00002.jpg\n\ntrain_00003.jpg 4")
    assert [label.label for label in raf.labels] == ["happy", "happy"]
    assert raf.unread == ("line 2: a file's name and a number expected",)
    votes = "fer0000001.png,9,0,0,0,0,0,0,0,1,0"
    plus = read_labels(f"{votes}\n{votes},0,0\n{votes[:-2]}\n".encode())
    assert [label.label for label in plus.labels] == ["neutral"]
    assert [reason.split(":")[0] for reason in plus.unread] == ["line 2", "line 3"]


def test_a_split_that_is_not_known_leaves_it_to_the_folder_and_says_so(tmp_path):
    members = noise_folder({"train": 10, "test": 2})
    words = ["training", "holdout", "", "nan"]
    rows = [
        f"{k}/n{n}.png,{'ab'[n % 2]},{words[n % 4]}" for k in ("train", "test") for n in range(10)
    ]
    members["labels.csv"] = "\n".join(["file,label,split", *rows[:12]]).encode()
    raw, _ = read_faces(write_folder(members, tmp_path / "d"))
    assert split_of(raw)["test/n1.png"] == "test"
    assert (
        "4 rows of labels.csv name a split that is not known (e.g. 'holdout'): the folder or the "
        "file's name decides there."
    ) in raw.notes


def test_affectnets_numbers_are_not_fer2013s(tmp_path):
    table = b"subDirectory_filePath,face_x,expression\n1/a.jpg,0,1\n689/b.jpg,0,6\n2/c.jpg,0,9\n"
    assert [label.label for label in read_labels(table).labels] == ["happy", "angry", None]


def test_a_table_that_the_user_names_wins_over_folders(tmp_path):
    folder = write_folder(noise_folder({"a": 4, "b": 4}), tmp_path / "d")
    table = tmp_path / "mine.csv"
    rows = [
        f"{k}/n{n}.png,{'happy' if n < 2 else '1'},{'val' if n == 3 else ''}"
        for k in "ab"
        for n in range(4)
    ]
    rows[7] = rows[3]  # b/n3.png has no label; a/n3.png the same twice
    table.write_text("\n".join(["path,label,split", *rows]))
    with pytest.raises(BadInput, match="class 1 has 2 different training images"):
        read_faces(folder, Reading(labels=str(table)))
    table.write_text("\n".join(["path,label", *(row.rsplit(",", 1)[0] for row in rows)]))
    raw, _ = read_faces(folder, Reading(labels=str(table)))
    assert classes_of(raw) == {
        "a/n0.png": "happy", "a/n1.png": "happy", "a/n2.png": "1", "a/n3.png": "1",
        "b/n0.png": "happy", "b/n1.png": "happy", "b/n2.png": "1",
    }  # fmt: skip
    assert set(split_of(raw).values()) == {"training"}


def test_a_named_table_that_changed_with_size_and_time_kept_is_read_again(tmp_path):
    folder = write_folder(noise_folder({"a": 8}), tmp_path / "d")
    table = tmp_path / "mine.csv"

    def opened(labels):
        rows = [f"n{n}.png,{labels[n % 2]}" for n in range(8)]
        table.write_text("\n".join(["path,label", *rows]))
        os.utime(table, (10**9, 10**9))
        reading = Reading(labels=str(table))
        return open_faces(folder, cache=tmp_path / "cache", reading=reading).classes

    assert opened(("sad", "fear")) == ("fear", "sad")
    assert opened(("joy", "fear")) == ("fear", "happy")


def test_images_with_contradicting_labels_are_left_out_and_counted(tmp_path):
    rows = [f"n{n}.png,{'sad' if n < 3 else 'happy'}" for n in range(6)]
    rows += ["n6.png,sad", "n6.png,happy"]
    members = noise_folder({"images": 7})
    members["l.csv"] = "\n".join(["image,emotion", *rows]).encode()
    raw, _ = read_faces(write_folder(members, tmp_path / "d"))
    assert len(raw.ids) == 6
    assert raw.notes[1] == (
        "1 images have several labels or none of an expression and were left out, e.g. "
        "images/n6.png."
    )


def test_a_named_table_that_labels_nothing_or_is_not_there(tmp_path):
    folder = write_folder(noise_folder({"a": 4, "b": 4}), tmp_path / "d")
    table = tmp_path / "mine.csv"
    table.write_text("image,label\nother.png,sad\n")
    with pytest.raises(BadInput, match=r"mine.csv labels none of the 8 images of .*/d; expected"):
        read_faces(folder, Reading(labels=str(table)))
    with pytest.raises(BadInput, match=r"no.csv does not exist; give --labels an existing table"):
        read_faces(folder, Reading(labels=str(tmp_path / "no.csv")))
