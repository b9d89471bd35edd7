import json
import os

from orchestrator.data.cache import index
from orchestrator.data.cache.open_faces import (
    open_faces,
)


def test_what_a_source_held_is_recalled_by_its_stamp_or_by_any(tmp_path):
    entry = index.IndexEntry("d" * 64, ("a note",))
    assert index.recall("/data/a.csv", None, tmp_path) is None
    index.remember("/data/a.csv", "stamp", entry, tmp_path)
    assert index.recall("/data/a.csv", "stamp", tmp_path) == entry
    assert index.recall("/data/a.csv", None, tmp_path) == entry
    assert index.recall("/data/a.csv", "another stamp", tmp_path) is None
    assert index.recall("/data/b.csv", "stamp", tmp_path) is None


def test_an_index_that_cannot_be_written_is_no_obstacle(tmp_path):
    (tmp_path / "index").write_text("in the way")
    index.remember("/data/a.csv", "stamp", index.IndexEntry("d", ()), tmp_path)
    assert index.recall("/data/a.csv", "stamp", tmp_path) is None


def test_the_stamp_of_a_file_is_its_size_and_times(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"123")
    os.utime(file, ns=(7, 7))
    status = file.stat()
    assert index.stamp(file) == f"{index.READING} 3 7 {status.st_ctime_ns} {status.st_ino}"


def test_a_damaged_index_costs_time_and_nothing_else(table, cache):
    digest = open_faces(table, cache=cache).digest
    (record,) = (cache / "index").iterdir()
    for text in ("", "[]", '{"source": 3}', json.dumps({"digest": "../x"})):
        record.write_text(text)
        assert open_faces(table, cache=cache).digest == digest
