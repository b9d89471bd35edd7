import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestrator.data.cache import open_faces as cache_module
from orchestrator.data.cache.open_faces import (
    AUDIT,
    entry_folder,
    open_digest,
    open_faces,
    read_meta,
    was_read,
)
from orchestrator.data.faces import EMOTIONS
from orchestrator.data.raw import SPLITS
from orchestrator.data.synthetic import draw
from orchestrator.data.testing import (
    example,
    fer2013_csv,
    image_folders,
    write_folder,
    write_zip,
)
from orchestrator.errors import BadInput

EXAMPLE = example((10, 2, 2))
ROOT = Path(__file__).parents[3]


def unreadable_source(monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("the source was read again")

    monkeypatch.setattr(cache_module, "read_faces", fail)
    monkeypatch.setattr(cache_module.synthetic, "draw", fail)


def test_the_splits_hold_what_the_table_holds(table, cache):
    splits = open_faces(table, cache=cache)
    for number, name in enumerate(SPLITS):
        faces, rows = getattr(splits, name), EXAMPLE.splits == number
        np.testing.assert_array_equal(faces.images, EXAMPLE.images[rows])
        np.testing.assert_array_equal(faces.labels, EXAMPLE.labels[rows])
        assert faces.ids.tolist() == EXAMPLE.ids[rows].tolist()
        assert faces.images.dtype == faces.labels.dtype == np.uint8
        assert faces.regions is None
    assert splits.classes == EMOTIONS


def test_arrays_are_mapped_and_read_only(table, cache):
    images = open_faces(table, cache=cache).training.images
    assert not images.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        images[0] = 0


def test_an_unchanged_path_is_not_read_again_and_opens_within_a_tenth_of_a_second(
    table, cache, monkeypatch
):
    first = open_faces(table, cache=cache)
    unreadable_source(monkeypatch)
    begun = time.process_time()
    second = open_faces(table, cache=cache)
    assert time.process_time() - begun < 0.1
    assert second.digest == first.digest
    assert second.notes == first.notes


def test_a_changed_file_is_read_again(table, cache):
    before = open_faces(table, cache=cache).digest
    changed = example((10, 2, 2), seed=1)
    table.write_bytes(fer2013_csv(changed)["fer2013.csv"])
    os.utime(table, ns=(1, 1))
    after = open_faces(table, cache=cache)
    assert after.digest != before
    np.testing.assert_array_equal(after.training.images[0], changed.images[0])


def test_a_file_added_to_a_folder_is_noticed(tmp_path, cache):
    members = image_folders(EXAMPLE)
    late = members.popitem()
    folder = write_folder(members, tmp_path / "d")
    assert len(open_faces(folder, cache=cache).test) == 13
    write_folder(dict([late]), folder)
    assert len(open_faces(folder, cache=cache).test) == 14


def test_a_folder_and_a_zip_of_it_share_one_entry(tmp_path, cache):
    members = image_folders(EXAMPLE)
    folder = open_faces(write_folder(members, tmp_path / "d"), cache=cache)
    zipped = open_faces(write_zip(members, tmp_path / "d.zip"), cache=cache)
    assert folder.digest == zipped.digest
    assert sorted(p.name for p in cache.iterdir()) == sorted([folder.digest, "index"])


def test_the_digest_tells_pixels_labels_ids_and_splits_apart(tmp_path, cache):
    members = fer2013_csv(EXAMPLE)["fer2013.csv"].decode().splitlines()
    head, pixels, tail = members[1].split(",")
    variants = [
        members,
        [members[0], f"{head},{'9' + pixels[pixels.index(' ') :]},{tail}", *members[2:]],
        [members[0], f"6,{pixels},{tail}", *members[2:]],
        [members[0], f"{head},{pixels},PublicTest", *members[2:]],
        [members[0], "", *members[1:]],  # the blank line moves every row's number
    ]
    digests = set()
    for number, lines in enumerate(variants):
        path = tmp_path / f"{number}.csv"
        path.write_text("\n".join(lines) + "\n")
        digests.add(open_faces(path, cache=cache).digest)
    assert len(digests) == 5
    assert all(len(digest) == 64 for digest in digests)


def test_a_data_set_opens_by_its_digest_alone(table, cache):
    splits = open_faces(table, cache=cache)
    table.unlink()
    again = open_digest(splits.digest, cache)
    np.testing.assert_array_equal(again.test.images, splits.test.images)
    assert again.seen_test_ids == splits.seen_test_ids
    with pytest.raises(BadInput, match=r"holds no complete data set; run python -m jobs.prepare"):
        open_digest("0" * 64, cache)


def test_test_images_that_stand_in_training_are_kept_with_the_splits(tmp_path, cache):
    lines = fer2013_csv(EXAMPLE)["fer2013.csv"].decode().splitlines()
    pixels = lines[3].split(",")[1]
    lines[-1] = f"6,{pixels},PrivateTest"
    lines[-20] = f"6,{pixels},PublicTest"
    path = tmp_path / "x.csv"
    path.write_text("\n".join(lines))
    splits = open_faces(path, cache=cache)
    assert splits.seen_test_ids == {"98"}
    assert open_digest(splits.digest, cache).seen_test_ids == {"98"}
    assert read_meta(splits.digest, cache)["seen_validation_ids"] == ["79"]
    table = pd.read_parquet(entry_folder(splits.digest, cache) / AUDIT)
    assert sorted(table.loc[table.finding == "copy_in_training", "id"]) == ["79", "98"]
    assert sorted(set(table.loc[table.seen_in_training, "id"])) == ["79", "98"]


def test_without_a_path_the_faces_are_drawn_with_their_regions(cache, monkeypatch):
    splits = open_faces(None, embedded=210, seed=3, cache=cache)
    drawn = draw(210, 3)
    sizes = [len(splits.training), len(splits.validation), len(splits.test)]
    assert sizes == [168, 21, 21]
    for name in SPLITS:
        faces = getattr(splits, name)
        rows = [int(text.rsplit("-", 1)[1]) for text in faces.ids]
        np.testing.assert_array_equal(faces.images, drawn.images[rows])
        np.testing.assert_array_equal(faces.regions, drawn.regions[rows])
        np.testing.assert_array_equal(faces.labels, drawn.labels[rows])
    assert splits.notes[0] == "210 embedded faces, drawn with seed 3: no photographs."
    unreadable_source(monkeypatch)
    assert open_faces(None, embedded=210, seed=3, cache=cache).digest == splits.digest


def test_number_seed_and_version_of_embedded_faces_all_change_the_digest(cache, monkeypatch):
    def digest(n: int, seed: int) -> str:
        return open_faces(None, embedded=n, seed=seed, cache=cache).digest

    digests = [digest(70, 0), digest(77, 0), digest(70, 1)]
    monkeypatch.setattr(cache_module.synthetic, "VERSION", 99)
    digests.append(digest(70, 0))
    assert len(set(digests)) == 4


@pytest.mark.parametrize("path", ["a\0b", "file://another-machine/x.csv"])
def test_what_can_be_no_path_here_was_never_read(cache, path):
    assert not was_read(path, cache)
