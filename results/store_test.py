import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.fs as pafs
import pytest

from results.schema import EPOCHS, TRIALS, table
from results.store import TEMPORARY, DamagedResults, Store

ROWS = table(EPOCHS, [{"trial": "a", "epoch": 1}, {"trial": "a", "epoch": 2}])


KINDS = ["folder", "file://", "mock://", "memory://", "s3://"]
"""A local folder, the same as a URI, two file systems that are not local, an object store."""


@pytest.fixture(params=KINDS)
def store(request, tmp_path):
    unique = tmp_path.as_posix().replace("/", "-").strip("-")
    if request.param == "s3://":
        return Store(request.getfixturevalue("bucket").place(f"{unique}/first"))
    places = {
        "folder": str(tmp_path / "first"),
        "file://": (tmp_path / "first").as_uri(),
        "mock://": "mock:///bucket/first",
        "memory://": f"memory://{unique}/first",
    }
    return Store(places[request.param])


def interrupted(store):
    with store.table_writer("epochs.parquet", EPOCHS) as write:
        write(pa.concat_tables([ROWS, ROWS]))
        raise KeyboardInterrupt


def leftovers(folder: Path) -> list[str]:
    return [p.name for p in folder.rglob("*") if p.name.endswith(TEMPORARY)]


def test_what_is_written_is_read(store):
    store.write_table("epochs.parquet", ROWS)
    store.write_bytes("images/a.png", b"\x89PNG")
    store.write_json("sweep.json", {"question": "größer?", "trials": 3})
    assert store.read_table("epochs.parquet", EPOCHS) == ROWS
    assert store.read_bytes("images/a.png") == b"\x89PNG"
    assert store.read_json("sweep.json") == {"question": "größer?", "trials": 3}


def test_writing_again_replaces(store):
    store.write_bytes("a", b"long ago")
    store.write_bytes("a", b"now")
    assert store.read_bytes("a") == b"now"


def test_exists_list_delete(store):
    for name in ("predictions/b.parquet", "predictions/a.parquet", "predictions/note.txt"):
        store.write_bytes(name, b"x")
    assert store.list("predictions", ".parquet") == [
        "predictions/a.parquet",
        "predictions/b.parquet",
    ]
    assert store.list("weights") == []
    assert store.exists("predictions/a.parquet")
    store.delete("predictions/a.parquet")
    store.delete("predictions/a.parquet")
    assert not store.exists("predictions/a.parquet")
    assert not store.exists("weights")


def test_list_of_the_root_names_files_alone(store):
    store.write_bytes("b/inner", b"")
    store.write_bytes("a", b"")
    assert store.list() == ["a"]


def test_full_names_are_understood(store):
    store.write_bytes(f"{store.root}/logs/a.txt", b"x")
    assert store.list(f"{store.root}/logs") == ["logs/a.txt"]


def test_absent_is_absent_in_every_question(store):
    assert not store.exists("a")
    assert store.size("a") is None
    assert store.fingerprint("a") == ""
    assert store.list() == store.folders() == []


def test_size_of_a_file_and_of_a_folder(store):
    store.write_bytes("logs/a", b"four")
    assert store.size("logs/a") == 4
    assert store.size("logs") is None
    assert store.exists("logs")
    assert store.fingerprint("logs") == ""


def test_fingerprint_tells_a_replaced_file_of_the_same_size(store):
    if store.place.startswith("mock://"):
        pytest.skip("the clock of mock:// stands still")
    store.write_bytes("a", b"one")
    first = store.fingerprint("a")
    assert first == store.fingerprint("a")
    store.write_bytes("a", b"two")
    assert store.fingerprint("a") != first


def test_folders_are_those_directly_inside(store):
    for name in ("b/c/d", "b/e", "a/f", "g"):
        store.write_bytes(name, b"x")
    assert store.folders() == ["a", "b"]
    assert store.folders("b") == ["c"]
    assert store.folders("a") == store.folders("h") == []


def test_folder_below_is_a_store_with_names_of_its_own(store):
    below = store.below("b").below("c")
    below.write_bytes("d", b"x")
    assert below.list() == ["d"]
    assert below.root == f"{store.root}/b/c"
    assert store.read_bytes("b/c/d") == b"x"
    assert store.below("").root == store.root
    with pytest.raises(ValueError, match="is not below"):
        below.read_bytes("../d")


def test_place_is_all_that_another_store_needs(store):
    if store.place.startswith("mock://"):
        pytest.skip("every mock:// is a file system of its own")
    store.below("b").write_bytes("d", b"x")
    assert Store(store.place).read_bytes("b/d") == b"x"
    assert Store(store.below("b").place).read_bytes("d") == b"x"


def test_deleting_a_folder_takes_all_of_it_and_nothing_else(store):
    for name in ("b/c/d", "b/e", "ba", "a/f"):
        store.write_bytes(name, b"x")
    store.delete_folder("b")
    store.delete_folder("b")
    assert not store.exists("b")
    assert not store.exists("b/c/d")
    assert store.list() == ["ba"]
    assert store.folders() == ["a"]
    with pytest.raises(ValueError, match="itself is not deleted"):
        store.delete_folder("")


def test_folder_stays_when_its_last_file_has_gone(store):
    store.write_bytes("b/c", b"x")
    store.delete("b/c")
    assert store.exists("b")
    assert store.list("b") == []


def test_failed_write_elsewhere_leaves_nothing_either():
    store = Store("mock:///bucket/first")
    store.write_bytes("a/b", b"in the way")
    with pytest.raises(OSError, match="directory"):
        store.write_bytes("a", b"new")
    place = store.location("a")
    left = place.files.get_file_info(pafs.FileSelector(place.base.rpartition("/")[0]))
    assert [info.base_name for info in left] == ["a"]
    assert store.read_bytes("a/b") == b"in the way"


def test_what_need_not_survive_a_power_cut_is_written_whole_too(store):
    store.write_bytes("a", b"old")
    store.write_bytes("a", b"new", durable=False)
    assert store.read_bytes("a") == b"new"
    assert store.list() == ["a"]


def test_table_in_pieces_appears_at_the_end(store):
    with store.table_writer("logs/epochs.parquet", EPOCHS) as write:
        write(ROWS)
        write(ROWS)
        assert not store.exists("logs/epochs.parquet")
    assert store.read_table("logs/epochs.parquet", EPOCHS).num_rows == 4
    assert store.list("logs") == ["logs/epochs.parquet"]


def test_table_that_is_given_up_leaves_the_old_one_and_nothing_else(store):
    store.write_table("epochs.parquet", ROWS)
    with pytest.raises(KeyboardInterrupt):
        interrupted(store)
    assert store.read_table("epochs.parquet", EPOCHS) == ROWS
    assert store.list() == ["epochs.parquet"]


@pytest.mark.long
def test_large_file_comes_back(store):
    content = bytes(range(256)) * 100_000  # 25.6 MB: S3 takes it in several parts
    store.write_bytes("a", content)
    assert store.read_bytes("a") == content


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "logs/../../a", "s3://other/a"])
def test_names_outside_the_root_are_refused(store, name):
    with pytest.raises(ValueError, match="is not below"):
        store.write_bytes(name, b"x")


def test_absent_file_says_which_folder_to_check(store):
    with pytest.raises(DamagedResults, match=r"first/trials\.parquet does not exist; check that"):
        store.read_table("trials.parquet")


@pytest.mark.parametrize("keep", [0, 3, 500, -1])
def test_truncated_table_is_named(store, keep):
    store.write_table("epochs.parquet", ROWS)
    content = store.read_bytes("epochs.parquet")
    store.write_bytes("epochs.parquet", content[:keep])
    with pytest.raises(DamagedResults, match=r"epochs\.parquet \(\d+ bytes\) is no whole Parquet"):
        store.read_table("epochs.parquet")


def test_table_of_another_kind_is_refused_by_column(store):
    store.write_table("trials.parquet", ROWS)
    with pytest.raises(DamagedResults, match="column number must be int64, found no such column"):
        store.read_table("trials.parquet", TRIALS)
    store.write_table("epochs.parquet", pa.table({"trial": [1]}))
    with pytest.raises(DamagedResults, match="column trial must be string, found int64"):
        store.read_table("epochs.parquet", EPOCHS)


@pytest.mark.parametrize("content", [b"", b'{"question": "wh', b"\xff\xfe"])
def test_half_a_json_text_is_named(store, content):
    store.write_bytes("sweep.json", content)
    with pytest.raises(DamagedResults, match=r"sweep\.json is no whole JSON text"):
        store.read_json("sweep.json")


def test_json_has_no_nan(store):
    with pytest.raises(ValueError, match="JSON"):
        store.write_json("sweep.json", {"loss": float("nan")})
    assert not store.exists("sweep.json")


def test_settings_in_a_uri_are_no_part_of_names():
    store = Store("s3://bucket/first?region=eu-central-1")
    assert store.root == "s3://bucket/first"


def test_local_is_the_folder_or_none(tmp_path, s3):
    assert Store(tmp_path).below("a").local == tmp_path / "a"
    assert Store(f"{tmp_path.as_uri()}/a%20b").local == tmp_path / "a b"
    assert Store(s3).local is None
    assert Store(s3).below("a").local is None


def test_place_of_a_relative_folder_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Store("first").place == str(tmp_path / "first")
    assert Store("first").root == "first"


def test_settings_go_with_the_place_alone(bucket):
    settings = bucket.place("a").partition("?")[2]
    store = Store(bucket.place("a")).below("b")
    assert store.root == "s3://results/a/b"
    assert store.place == f"s3://results/a/b?{settings}"


def test_unknown_uri_is_refused_with_an_example():
    with pytest.raises(ValueError, match=r"gopher://x is no place .* s3://bucket/folder"):
        Store("gopher://x")


def test_failed_write_keeps_the_old_file_and_leaves_nothing(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.write_bytes("a", b"old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.write_bytes("a", b"new")
    assert store.read_bytes("a") == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_what_need_not_survive_a_power_cut_is_not_forced_to_the_disk(tmp_path, monkeypatch):
    forced: list[int] = []
    monkeypatch.setattr(os, "fsync", forced.append)
    Store(tmp_path).write_bytes("a", b"x", durable=False)
    assert forced == []
    Store(tmp_path).write_bytes("a", b"x")
    assert len(forced) == 2  # the file, and the folder that has its name


def test_small_object_costs_one_request(bucket, s3):
    Store(s3).write_bytes("b/c", b"four")
    assert [(method, size) for method, _, size in bucket.requests] == [("PUT", 4)]


def test_file_being_written_is_not_listed(tmp_path):
    store = Store(tmp_path)
    store.write_bytes("a", b"x")
    (tmp_path / f".b.12{TEMPORARY}").write_bytes(b"half")
    assert store.list() == ["a"]


def test_files_are_readable_by_others_as_the_umask_says(tmp_path):
    before = os.umask(0o022)
    try:
        Store(tmp_path).write_bytes("a", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_relative_root_survives_a_change_of_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = Store("first")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    store.write_bytes("a", b"x")
    assert (tmp_path / "first" / "a").read_bytes() == b"x"


@pytest.mark.faults
def test_killed_writer_leaves_old_or_new_never_half(tmp_path):
    script = (
        "from results.store import Store\n"
        f"store = Store({str(tmp_path)!r})\n"
        "for i in range(10**9):\n"
        "    store.write_bytes('a', bytes([i % 251]) * 300_000)\n"
        "    i == 3 and print('going', flush=True)\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    writer.kill()
    writer.wait()
    writer.stdout.close()
    content = (tmp_path / "a").read_bytes()
    assert len(content) == 300_000
    assert len(set(content)) == 1
    assert Store(tmp_path).list() == ["a"]
    assert len(leftovers(tmp_path)) <= 1
