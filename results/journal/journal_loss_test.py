"""A journal that goes while it is written, a lock that is deleted, links in their place."""

import errno
import os
import shutil

import pytest

from results.errors import Busy, DamagedResults, JournalLost
from results.journal.file_journal import Journal


@pytest.fixture
def file(tmp_path):
    return tmp_path / "first" / "journal.jsonl"


def names(file):
    return [event["event"] for event in Journal(file).read()]


def lose(file, how, match, message=""):
    """Write a and b; it goes; the next event and those after it raise. Gives the error."""
    journal = Journal(file).open()
    journal.append({"event": "a"})
    journal.append({"event": "b"})
    how()
    with pytest.raises(JournalLost, match=match) as caught:
        journal.append({"event": "c"})
    with pytest.raises(JournalLost, match=match):
        journal.append({"event": "d"})
    journal.close()
    return caught.value


def test_a_deleted_journal_is_noticed_at_the_next_event_and_written_again_with_it(file):
    loss = lose(file, file.unlink, r"journal\.jsonl was deleted while .* written again, with all")
    assert not loss.gone
    assert names(file) == ["a", "b", "c"]


def test_so_is_one_whose_folder_was_deleted(file):
    loss = lose(file, lambda: shutil.rmtree(file.parent), r"was deleted with its folder while the")
    assert not loss.gone
    assert names(file) == ["a", "b", "c"]


def test_a_journal_that_was_moved_is_left_where_it_is_and_nothing_is_made_in_its_place(file):
    elsewhere = file.parent.with_name("elsewhere")
    loss = lose(file, lambda: file.parent.rename(elsewhere), rf"is gone: it is {elsewhere}/.* now")
    assert loss.gone
    assert not file.parent.exists()
    assert names(elsewhere / file.name) == ["a", "b"]


@pytest.mark.parametrize(("size", "left"), [(0, []), (75, ["a"])])
def test_a_journal_that_was_cut_is_noticed_and_nothing_is_written_behind_the_cut(file, size, left):
    loss = lose(file, lambda: os.truncate(file, size), rf"it has {size} bytes and had \d+; put a")
    assert not loss.gone
    assert file.stat().st_size == size
    assert names(file) == left


def test_a_journal_that_was_replaced_is_written_beside_what_stands_there(file):
    def replaced():
        file.unlink()
        file.write_text("of somebody\n")

    lose(file, replaced, r"was replaced by another file .* stand in .*/journal-\d+\.jsonl")
    assert file.read_text() == "of somebody\n"
    (beside,) = file.parent.glob("journal-*.jsonl")
    assert names(beside) == ["a", "b", "c"]


def test_a_journal_whose_folder_became_a_file_is_lost_and_said_so(file):
    def replaced():
        shutil.rmtree(file.parent)
        file.parent.write_text("of somebody")

    loss = lose(file, replaced, r"deleted while .* \(something else stands .*\); put a copy of the")
    assert loss.gone
    assert file.parent.read_text() == "of somebody"


def test_a_journal_whose_results_became_a_file_is_lost_and_the_system_s_reason_said(tmp_path):
    file = tmp_path / "results" / "first" / "journal.jsonl"

    def replaced():
        shutil.rmtree(file.parent.parent)
        file.parent.parent.write_text("of somebody")

    loss = lose(file, replaced, r"cannot be written again \(Not a directory\); put a copy of the")
    assert loss.gone


def test_a_journal_whose_disk_went_is_not_looked_for(file, monkeypatch):
    real = os.fstat

    def stale(handle):
        if handle > 2:
            raise OSError(errno.ESTALE, "Stale file handle")
        return real(handle)

    loss = lose(
        file,
        lambda: monkeypatch.setattr(os, "fstat", stale),
        r"journal\.jsonl cannot be reached any more \(Stale file handle\); see to its disk",
    )
    monkeypatch.undo()
    assert loss.gone
    assert names(file) == ["a", "b"]


def test_where_the_system_does_not_tell_where_a_file_is_nobody_says_so(file, monkeypatch):
    def absent(*_: object) -> None:
        raise FileNotFoundError

    def moved():
        file.parent.rename(file.parent.with_name("elsewhere"))
        monkeypatch.setattr(os, "readlink", absent)

    assert lose(
        file, moved, r"is gone: it was moved, or its disk is no longer there; move the"
    ).gone


def test_a_lock_s_file_that_is_deleted_is_made_again_at_the_next_event(file, caplog):
    lock = file.with_name("journal.jsonl.lock")
    with Journal(file) as journal:
        journal.append({"event": "a"})
        lock.unlink()
        journal.append({"event": "b"})
        assert lock.exists()
        assert "was deleted by somebody; it was made again" in caplog.text
    assert names(file) == ["a", "b"]


def test_who_deletes_the_lock_s_file_lets_nobody_in_and_it_is_made_again(file, caplog):
    lock = file.with_name("journal.jsonl.lock")
    with Journal(file) as journal:
        journal.append({"event": "a"})
        lock.unlink()
        with pytest.raises(Busy, match="already being written by a process whose lock was deleted"):
            Journal(file).open()
        journal.append({"event": "b"})
        assert "was deleted by somebody; it was made again" in caplog.text
        with pytest.raises(Busy, match=rf"being written by process {os.getpid()} "):
            Journal(file).open()
        journal.append({"event": "c"})
    assert names(file) == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["journal.jsonl", "journal.jsonl.lock"])
def test_a_link_in_the_place_of_either_file_is_refused_and_not_followed(file, name, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    file.parent.mkdir()
    (file.parent / name).symlink_to(victim)
    with pytest.raises(DamagedResults, match=rf"{name} is a link; links in a results folder"):
        Journal(file).open()
    assert victim.read_text() == "precious"
