import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from orchestrator.data.cache import checksum, entries
from orchestrator.data.cache.open_faces import (
    AUDIT,
    entry_folder,
    open_digest,
    open_faces,
)
from orchestrator.data.testing import example, no_permission
from orchestrator.errors import BadInput

EXAMPLE = example((10, 2, 2))
ROOT = Path(__file__).parents[3]


DAMAGES = {
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "removed": lambda file: file.unlink(),
    "emptied": lambda file: file.write_bytes(b""),
    "a byte changed": lambda file: _turn_a_byte_over(file),
}


def _turn_a_byte_over(file):
    """Its size and its time stay."""
    before = file.stat()
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.fixture(autouse=True)
def as_in_a_new_process(monkeypatch):
    monkeypatch.setattr(entries, "_verified", set())


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
    entries._verified.clear()  # as in the next process
    with pytest.raises(BadInput, match=r"run python -m jobs.prepare on the data again"):
        open_digest(splits.digest, cache)
    np.testing.assert_array_equal(open_faces(table, cache=cache).training.images, pixels)
    assert (folder / name).read_bytes() == (folder.parent / "kept" / name).read_bytes()


@pytest.mark.faults
def test_any_bit_of_an_entry_s_record_that_is_turned_over_is_noticed(table, cache):
    digest = open_faces(table, cache=cache).digest
    file = entry_folder(digest, cache) / "meta.json"
    content = file.read_bytes()
    read = json.loads(content)
    changed = 0
    for place in range(0, len(content), 7):
        for bit in (0, 2, 6):
            damaged = bytearray(content)
            damaged[place] ^= 1 << bit
            file.write_bytes(damaged)
            try:
                entries.read_meta(digest, cache)
            except BadInput:
                changed += 1
                continue
            assert json.loads(damaged) == read  # a blank became another
    assert changed > len(content) / 7


IN_THE_WAY = {
    "a file": lambda place: place.write_bytes(b"x"),
    "a folder": lambda place: place.mkdir(),
    "a dangling link": lambda place: place.symlink_to("nowhere"),
    "a link to a file": lambda place: place.symlink_to(__file__),
}


@pytest.mark.faults
@pytest.mark.parametrize("kind", IN_THE_WAY)
@pytest.mark.parametrize("name", ["", "meta.json", "training.images.npy"])
def test_whatever_stands_in_an_entry_s_place_makes_way(table, cache, kind, name):
    splits = open_faces(table, cache=cache)
    pixels = splits.training.images.copy()
    place = entry_folder(splits.digest, cache) / name
    place.rename(cache / "aside")
    IN_THE_WAY[kind](place)
    entries._verified.clear()
    np.testing.assert_array_equal(open_faces(table, cache=cache).training.images, pixels)
    assert Path(__file__).stat().st_size > 100


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


def test_an_entry_of_an_older_version_has_no_checksums_and_is_opened(table, cache):
    digest = open_faces(table, cache=cache).digest
    file = entry_folder(digest, cache) / "meta.json"
    meta = json.loads(file.read_text())
    del meta["crc32c"]
    meta["format"] = 1
    file.write_text(json.dumps(meta))
    assert open_digest(digest, cache).digest == digest


def test_an_entry_without_checksums_whose_arrays_are_none_is_damaged(table, cache):
    digest = open_faces(table, cache=cache).digest
    file = entry_folder(digest, cache) / "meta.json"
    meta = json.loads(file.read_text())
    del meta["crc32c"]
    file.write_text(json.dumps({**meta, "format": 1}))
    array = file.with_name("training.images.npy")
    array.write_bytes(b"x" * array.stat().st_size)
    with pytest.raises(BadInput, match=rf"{digest} is damaged \(.*\); run python -m jobs.prepare"):
        open_digest(digest, cache)


@pytest.mark.parametrize("name", ["", "training.images.npy"])
def test_an_entry_that_may_not_be_read_is_not_called_damaged(table, cache, monkeypatch, name):
    digest = open_faces(table, cache=cache).digest
    monkeypatch.chdir(cache)
    cache.chmod(0o755)
    locked = entry_folder(digest, Path()) / name
    with (
        no_permission(locked),
        pytest.raises(BadInput, match=rf"^{locked} cannot be read: no permission; ask its owner"),
    ):
        open_digest(digest, Path())
    assert open_digest(digest, Path()).digest == digest


def test_a_disk_that_cannot_read_an_array_back_is_a_damaged_entry(table, cache, monkeypatch):
    digest = open_faces(table, cache=cache).digest

    def broken(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    entries._verified.clear()
    monkeypatch.setattr(checksum, "mmap", broken)
    with pytest.raises(BadInput, match=r"audit\.parquet is damaged: it is not what was written"):
        open_digest(digest, cache)


def test_checksums_are_computed_once_in_a_process(table, cache, monkeypatch):
    digest = open_faces(table, cache=cache).digest
    monkeypatch.setattr(entries, "checksum", lambda file: -1)
    assert open_digest(digest, cache).digest == digest
    entries._verified.clear()
    with pytest.raises(BadInput, match=r"audit\.parquet is damaged: it is not what was written"):
        open_digest(digest, cache)


def test_a_data_file_that_changed_with_size_and_time_kept_is_read_again(table, cache):
    before = open_faces(table, cache=cache)
    times = table.stat()
    content = table.read_bytes()
    first = content.index(b",", content.index(b"\n")) + 1  # the first pixel of the first row
    changed = content[:first] + (b"1" if content[first : first + 1] != b"1" else b"2")
    table.write_bytes(changed + content[first + 1 :])
    os.utime(table, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (table.stat().st_size, table.stat().st_mtime_ns) == (times.st_size, times.st_mtime_ns)
    assert open_faces(table, cache=cache).digest != before.digest
