import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from orchestrator.data.faces import EMOTIONS
from orchestrator.data.layouts.sources import SOURCES, open_container, read_faces, recognise
from orchestrator.data.raw import SPLITS, Raw
from orchestrator.data.reading import USUAL, Reading
from orchestrator.data.testing import (
    LAYOUTS,
    example,
    image_folders,
    jpeg_bytes,
    png_bytes,
    write_folder,
    write_tar,
    write_zip,
)

EXAMPLE = example((3, 1, 1))
PACKINGS = {"folder": write_folder, "data.zip": write_zip, "data.tar.gz": write_tar}


def read(path: Path, reading: Reading = USUAL) -> tuple[str, Raw]:
    with open_container(path) as container:
        layout = recognise(container)
        return layout, SOURCES[layout].read(container, reading)


def contents(raw: Raw, with_split: bool = True) -> list[tuple]:
    splits = raw.splits if with_split else np.zeros_like(raw.splits)
    names = [raw.classes[label] for label in raw.labels]
    return sorted(zip(map(bytes, raw.images), names, splits.tolist(), strict=True))


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("layout", SOURCES)
def test_every_layout_is_recognised_by_content_and_gives_the_same_faces(tmp_path, layout, packing):
    path = PACKINGS[packing](LAYOUTS[layout](EXAMPLE), tmp_path / packing)
    path = path.rename(tmp_path / "misleading.csv")  # the name must not matter
    recognised, raw = read(path)
    assert recognised == layout
    splits_told = layout not in ("competition", "CK+", "class folders")
    assert contents(raw, splits_told) == contents(EXAMPLE, splits_told)
    assert raw.classes == EMOTIONS
    assert len(set(raw.ids)) == len(raw.ids) == 35


@pytest.mark.parametrize("layout", ["fer2013.csv", "icml_face_data.csv", "competition"])
def test_a_table_may_be_given_as_the_file_itself(tmp_path, layout):
    members = LAYOUTS[layout](EXAMPLE)
    name = next(iter(members))
    recognised, raw = read(write_folder({name: members[name]}, tmp_path) / name)
    assert recognised == layout
    np.testing.assert_array_equal(raw.images, EXAMPLE.images)
    assert raw.ids.tolist() == [str(row) for row in range(1, 36)]


def test_a_folder_and_archives_of_it_give_identical_ids_below_any_wrapping_folder(tmp_path):
    members = image_folders(EXAMPLE)
    wrapped = {f"fer2013/images/{name}": data for name, data in members.items()}
    _, plain = read(write_folder(members, tmp_path / "a"))
    _, zipped = read(write_zip(wrapped, tmp_path / "b"))
    _, tarred = read(write_tar({f"./{name}": d for name, d in members.items()}, tmp_path / "c"))
    assert plain.ids.tolist() == zipped.ids.tolist() == tarred.ids.tolist() == sorted(members)
    np.testing.assert_array_equal(plain.images, zipped.images)
    np.testing.assert_array_equal(plain.images, tarred.images)


def test_labels_follow_the_canonical_order_and_not_the_alphabet(tmp_path):
    _, raw = read(write_folder(image_folders(EXAMPLE), tmp_path))
    for label, name in zip(raw.labels, raw.ids, strict=True):
        assert name.split("/")[1] == EMOTIONS[label]
    assert EMOTIONS.index("neutral") == 6


def test_the_file_name_gives_the_split_and_the_folder_only_where_it_does_not(tmp_path):
    image = png_bytes(EXAMPLE.images[0])
    members = {
        "train/happy/Training_1.png": image,
        "train/happy/PublicTest_2.png": image,
        "test/happy/PrivateTest_3.png": image,
        "test/sad/PublicTest_4.png": image,
        "test/sad/5.png": image,
        "validation/sad/6.png": image,
    }
    _, raw = read(write_folder(members, tmp_path))
    splits = dict(zip(raw.ids, (SPLITS[s] for s in raw.splits), strict=True))
    assert splits == {
        "train/happy/Training_1.png": "training",
        "train/happy/PublicTest_2.png": "validation",
        "test/happy/PrivateTest_3.png": "test",
        "test/sad/PublicTest_4.png": "validation",
        "test/sad/5.png": "test",
        "validation/sad/6.png": "validation",
    }
    assert raw.classes == EMOTIONS


def test_equal_base_names_in_two_classes_stay_two_images(tmp_path):
    image = png_bytes(EXAMPLE.images[0])
    members = {"train/angry/Training_7.png": image, "train/surprise/Training_7.png": image}
    _, raw = read(write_zip(members, tmp_path / "x.zip"))
    assert raw.ids.tolist() == ["train/angry/Training_7.png", "train/surprise/Training_7.png"]
    assert raw.labels.tolist() == [0, 5]


def test_another_data_set_is_converted_and_its_classes_matched_by_synonym(tmp_path):
    colour = io.BytesIO()
    Image.new("RGB", (200, 120), (255, 0, 0)).save(colour, "PNG")
    members = {
        "CK/Happiness/a.png": colour.getvalue(),
        "CK/ANGER/b.png": png_bytes(EXAMPLE.images[1]),
        "CK/contempt/c.png": png_bytes(EXAMPLE.images[2]),
        "CK/Boredom/d.png": png_bytes(EXAMPLE.images[3]),
        "CK/readme.txt": b"hello",
    }
    layout, raw = read(write_folder(members, tmp_path))
    assert layout == "class folders"
    assert raw.classes == ("angry", "happy", "boredom", "contempt")
    assert dict(zip(raw.ids, raw.labels.tolist(), strict=True)) == {
        "ANGER/b.png": 0,
        "Boredom/d.png": 2,
        "Happiness/a.png": 1,
        "contempt/c.png": 3,
    }
    # ITU-R 601-2 luma of pure red: 0.299 × 255 = 76.2
    assert np.unique(raw.images[raw.ids.tolist().index("Happiness/a.png")]).tolist() == [76]
    assert raw.notes[0].startswith("1 of 4 images had another size or colours")
    assert raw.notes[1] == "1 files that are no images were left out, e.g. CK/readme.txt."


def test_the_competitions_unlabelled_images_are_said_to_be_left_out(tmp_path):
    _, raw = read(write_zip(LAYOUTS["competition"](EXAMPLE), tmp_path / "x.zip"))
    assert raw.notes == ("test.csv was left out: its 35 images have no labels.",)
    assert set(raw.splits.tolist()) == {0}


def test_the_table_that_tells_the_splits_is_preferred_and_the_others_are_named(tmp_path):
    members = LAYOUTS["competition"](EXAMPLE) | LAYOUTS["icml_face_data.csv"](EXAMPLE)
    layout, raw = read(write_zip(members, tmp_path / "x.zip"))
    assert layout == "icml_face_data.csv"
    assert raw.notes == (
        "icml_face_data.csv was read; other tables were left out: test.csv, train.csv.",
    )


def test_images_are_known_by_content_where_their_ending_says_nothing(tmp_path):
    image = jpeg_bytes(EXAMPLE.images[0])
    members = {
        "sad/a.jfif": image,
        "sad/b": image,
        "sad/c.dat": png_bytes(EXAMPLE.images[1]),
        "happy/d.png": image,
        "happy/Thumbs.db": b"no image",
        "labels.csv": b"image,label",
    }
    _, raw = read(write_folder(members, tmp_path / "d"))
    assert raw.ids.tolist() == ["happy/d.png", "sad/a.jfif", "sad/b", "sad/c.dat"]
    assert raw.notes == ("2 files that are no images were left out, e.g. happy/Thumbs.db.",)


def test_a_table_beside_image_folders_is_read_and_the_images_are_said_to_be_left_out(tmp_path):
    members = LAYOUTS["fer2013.csv"](EXAMPLE) | image_folders(EXAMPLE)
    raw, layout = read_faces(write_folder(members, tmp_path / "d"))
    assert layout == "fer2013.csv"
    assert raw.notes == (
        "A table and images are there: the table was read, 35 images were left out, e.g. "
        "test/angry/PrivateTest_29.png.",
    )


def test_a_merged_test_folder_without_telling_names_is_said_to_be_no_private_test(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("orchestrator.data.layouts.image_folders.MERGED_TEST", 2)
    image = png_bytes(EXAMPLE.images[0])
    members = {"train/sad/a.png": image, "test/sad/b.png": image, "test/happy/c.png": image}
    _, raw = read(write_folder(members, tmp_path))
    assert "no PrivateTest result" in raw.notes[-1]


def test_hidden_and_side_files_are_no_part_of_the_data(tmp_path):
    members = image_folders(EXAMPLE)
    side = {"__MACOSX/train/angry/._1.png": b"x", "train/.DS_Store": b"x", ".git/a.png": b"x"}
    _, raw = read(write_zip(members | side, tmp_path / "x.zip"))
    assert len(raw.ids) == 35
    assert raw.notes == ()


def test_blank_lines_windows_line_ends_a_byte_order_mark_and_double_blanks_are_no_fault(tmp_path):
    table = LAYOUTS["fer2013.csv"](EXAMPLE)["fer2013.csv"]
    table = table.replace(b"\n", b"\r\n").replace(b" ", b"  ", 3)
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbf" + table + b"\r\n\r\n")
    np.testing.assert_array_equal(read(path)[1].images, EXAMPLE.images)
