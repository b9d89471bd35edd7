import os

import pytest

from results.storage.atomic_file import TEMPORARY, replacement, temporary_name, write_atomically


def test_no_two_temporary_names_are_the_same():
    first, second = temporary_name("a.json"), temporary_name("a.json")
    assert first != second
    assert first.startswith(".a.json.")
    assert first.endswith(TEMPORARY)


def test_a_file_is_written_and_replaced(tmp_path):
    file = tmp_path / "a"
    for content in (b"old", b"", b"new"):
        write_atomically(file, content)
        assert file.read_bytes() == content
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize(("durable", "expected"), [(True, 2), (False, 0)])
def test_a_durable_file_is_forced_to_the_disk_with_its_name(
    tmp_path, monkeypatch, durable, expected
):
    calls = []
    monkeypatch.setattr(os, "fsync", calls.append)
    write_atomically(tmp_path / "a", b"x", durable)
    assert len(calls) == expected  # the file, and its folder


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "absent" / "a", b"x")


def fill_half(file, problem):
    with replacement(file) as temporary:
        temporary.write_bytes(b"half")
        assert file.read_bytes() == b"old"
        raise problem


@pytest.mark.parametrize("problem", [OSError, KeyboardInterrupt])
def test_what_fails_half_way_leaves_the_old_file_alone(tmp_path, problem):
    file = tmp_path / "a"
    file.write_bytes(b"old")
    with pytest.raises(problem):
        fill_half(file, problem)
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_to_the_file_itself_leaves_nothing_behind(tmp_path):
    """Renaming onto a link to the same file does nothing, so the temporary name would stay."""
    (tmp_path / "a").write_bytes(b"x")
    with replacement(tmp_path / "a") as temporary:
        os.link(tmp_path / "a", temporary)
    assert os.listdir(tmp_path) == ["a"]
