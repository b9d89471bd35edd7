import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from orchestrator.data.cache import open_faces as cache_module
from orchestrator.data.cache.open_faces import (
    AUDIT,
    default_cache,
    entry_folder,
    open_digest,
    open_faces,
    read_meta,
)
from orchestrator.data.containers.plain_files import stamp_of_files
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


@pytest.fixture
def table(tmp_path) -> Path:
    return write_folder(fer2013_csv(EXAMPLE), tmp_path / "data") / "fer2013.csv"


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache"


def unreadable_source(monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("the source was read again")

    monkeypatch.setattr(cache_module, "open_container", fail)
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
    begun = time.perf_counter()
    second = open_faces(table, cache=cache)
    assert time.perf_counter() - begun < 0.1
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


DAMAGES = {
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "removed": lambda file: file.unlink(),
    "emptied": lambda file: file.write_bytes(b""),
}


@pytest.mark.faults
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    "name", ["training.images.npy", "test.labels.npy", "validation.ids.npy", "meta.json", AUDIT]
)
def test_a_damaged_entry_is_never_read_and_made_again(table, cache, name, damage):
    splits = open_faces(table, cache=cache)
    pixels = splits.training.images.copy()
    folder = entry_folder(splits.digest, cache)
    shutil.copytree(folder, folder.parent / "kept")
    DAMAGES[damage](folder / name)
    with pytest.raises(BadInput, match=r"run python -m jobs.prepare on the data again"):
        open_digest(splits.digest, cache)
    np.testing.assert_array_equal(open_faces(table, cache=cache).training.images, pixels)
    assert (folder / name).read_bytes() == (folder.parent / "kept" / name).read_bytes()


@pytest.mark.faults
def test_a_process_killed_while_writing_leaves_nothing_that_is_read(table, cache):
    program = (
        "import os, sys; from pathlib import Path; import orchestrator.data.cache.entries as e\n"
        "e._write_meta = lambda *a: os.kill(os.getpid(), 9)\n"
        "from orchestrator.data.cache.open_faces import open_faces\n"
        "open_faces(Path(sys.argv[1]), cache=Path(sys.argv[2]))"
    )
    done = subprocess.run([sys.executable, "-c", program, table, cache], cwd=ROOT, check=False)
    assert done.returncode == -9
    left = list(cache.glob(".unfinished-*"))
    others = {path.name for path in cache.iterdir()} - {path.name for path in left}
    assert len(left) == 1
    assert [name.endswith(".lock") for name in others] == [True]
    assert (left[0] / "training.images.npy").exists()
    splits = open_faces(table, cache=cache)
    np.testing.assert_array_equal(splits.training.images, EXAMPLE.images[:70])
    assert left[0].exists()  # it might still be somebody's work
    os.utime(left[0], (0, 0))
    open_faces(None, embedded=70, cache=cache)
    assert not left[0].exists()


def test_a_damaged_index_costs_time_and_nothing_else(table, cache):
    digest = open_faces(table, cache=cache).digest
    (record,) = (cache / "index").iterdir()
    for text in ("", "[]", '{"source": 3}', json.dumps({"digest": "../x"})):
        record.write_text(text)
        assert open_faces(table, cache=cache).digest == digest


def test_writers_at_the_same_time_end_in_one_intact_entry(table, cache):
    digests, errors = [], []

    def work() -> None:
        try:
            digests.append(open_faces(table, cache=cache).digest)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(set(digests)) == 1
    assert len(digests) == 6
    assert sorted(path.name for path in cache.iterdir()) == sorted([digests[0], "index"])


def test_what_others_keep_beside_an_entry_stays(table, cache):
    splits = open_faces(table, cache=cache)
    kept = entry_folder(splits.digest, cache) / "variants" / "plain.npy"
    kept.parent.mkdir()
    kept.write_bytes(b"x")
    open_faces(table, cache=cache)
    shutil.rmtree(cache / "index")
    open_faces(table, cache=cache)
    assert kept.read_bytes() == b"x"


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


def test_the_default_cache_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_cache() == tmp_path / "own"
    monkeypatch.delenv("ORCHESTRATOR_CACHE")
    assert default_cache() == tmp_path / "xdg" / "fer-orchestrator"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache() == tmp_path / ".cache" / "fer-orchestrator"


def test_the_stamp_of_a_folder_sees_every_kind_of_change(tmp_path):
    def stamp():
        return stamp_of_files(tmp_path)

    (tmp_path / "happy").mkdir()
    file = tmp_path / "happy" / "a.png"
    file.write_bytes(b"1")
    os.utime(file, ns=(1, 1))
    stamps = [stamp()]
    assert stamp() == stamps[0]
    file.write_bytes(b"22")  # size
    os.utime(file, ns=(1, 1))
    stamps.append(stamp())
    os.utime(file, ns=(2, 2))  # time
    stamps.append(stamp())
    file.rename(file.with_name("b.png"))  # name
    stamps.append(stamp())
    (tmp_path / "happy").rename(tmp_path / "sad")  # folder
    stamps.append(stamp())
    (tmp_path / "fear").mkdir()
    stamps.append(stamp())
    assert len(set(stamps)) == 6
