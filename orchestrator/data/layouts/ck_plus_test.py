"""CK+ as its authors hand it out, on drawn faces."""

import numpy as np
import pytest

from orchestrator.data import synthetic
from orchestrator.data.layouts.sources import read_faces
from orchestrator.data.testing import png_bytes, write_folder, write_zip
from orchestrator.errors import BadInput

FACES = synthetic.draw(480, seed=7)
NUMBERS = {1: "angry", 2: "contempt", 3: "disgust", 4: "fear", 5: "happy", 6: "sad", 7: "surprise"}


def sequences(persons=12, frames=5, top="", labelled=lambda person, number: True):
    """Each person shows each expression, in a sequence of so many frames of different faces."""
    images, labels, row = {}, {}, 0
    for person in range(persons):
        for number in NUMBERS:
            place = f"S{person + 10:03d}/{number:03d}"
            name = f"{place.replace('/', '_')}"
            for frame in range(1, frames + 1):
                face = np.roll(FACES.images[row % 480], row // 480, axis=0)
                images[f"{top}cohn-kanade-images/{place}/{name}_{frame:08d}.png"] = png_bytes(face)
                row += 1
            if labelled(person, number):
                labels[f"{top}Emotion/{place}/{name}_{frames:08d}_emotion.txt"] = (
                    f"   {number:.7e}\n".encode()
                )
    return images, labels


@pytest.mark.parametrize("top", ["", "CK+/"])
def test_the_last_three_frames_of_each_labelled_sequence_are_read(tmp_path, top):
    images, labels = sequences(top=top, labelled=lambda person, number: person != 3)
    raw, layout = read_faces(write_zip({**images, **labels}, tmp_path / "x.zip"))
    assert layout == "CK+"
    assert raw.classes == ("angry", "disgust", "fear", "happy", "sad", "surprise", "contempt")
    assert len(raw.labels) == 11 * 7 * 3
    for name, label in zip(raw.ids, raw.labels, strict=True):
        sequence, frame = name.rsplit("/", 1)
        assert raw.classes[label] == NUMBERS[int(sequence[-3:])]
        assert frame.endswith(("00000003.png", "00000004.png", "00000005.png"))
    assert "the last 3 frames of each that has a label were read, 231 in all" in raw.notes[0]
    assert "7 sequences have no label and were left out." in raw.notes


def test_no_person_is_in_two_splits_and_every_class_is_in_each(tmp_path):
    images, labels = sequences()
    raw, _ = read_faces(write_folder({**images, **labels}, tmp_path / "d"))
    persons = np.array([next(p for p in name.split("/") if p[0] == "S") for name in raw.ids])
    by_split = [set(persons[raw.splits == split]) for split in range(3)]
    assert sum(map(len, by_split)) == len(set(persons)) == 12
    # A tenth of 12 x 3 images a class is 3.6: a person brings 3, so two are put aside, twice.
    assert list(map(len, by_split)) == [8, 2, 2]
    assert (raw.counts() > 0).all()
    assert "Whole persons were put aside, 2 persons (42 images) to validation" in raw.notes[1]


def test_where_persons_are_few_that_is_said(tmp_path):
    images, labels = sequences(persons=4)
    raw, _ = read_faces(write_folder({**images, **labels}, tmp_path / "d"))
    assert not raw.splits.any()
    assert raw.notes[1].startswith("4 persons are too few to validate on others")


def test_frames_without_the_archive_of_labels_are_refused_with_its_name(tmp_path):
    images, _ = sequences(persons=2)
    with pytest.raises(BadInput, match=r"14 sequences .* unpack Emotion_labels.zip"):
        read_faces(write_folder(images, tmp_path / "d"))


@pytest.mark.parametrize("text", [b"", b"9", b"happy", b"nan", b"1.5", b"\xff", b"1e999"])
def test_a_label_that_is_none_is_passed_over_and_counted(tmp_path, text):
    images, labels = sequences(persons=3)
    labels[next(iter(labels))] = text
    raw, _ = read_faces(write_folder({**images, **labels}, tmp_path / "d"))
    assert len(raw.labels) == 20 * 3
    assert any(note.startswith("1 files of labels name no expression") for note in raw.notes)


def test_a_sequence_shorter_than_three_frames_gives_those_it_has(tmp_path):
    images, labels = sequences(persons=3, frames=2)
    raw, _ = read_faces(write_folder({**images, **labels}, tmp_path / "d"))
    assert len(raw.labels) == 3 * 7 * 2
