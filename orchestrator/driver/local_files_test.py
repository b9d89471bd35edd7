import pytest

from orchestrator.driver.local_files import LocalFiles
from results.journal.event_journal import Busy
from results.paths import Paths
from results.store import Store

LOG = f"{Paths().logs}/driver.log"


@pytest.fixture
def far():
    """A store that is not on this machine's file system."""
    return Store("memory://bucket/sweep", patience=0)


@pytest.fixture(autouse=True)
def emptied(far):
    for folder in far.folders():
        far.delete_folder(folder)
    far.delete(Paths().study)


def test_a_local_sweep_is_written_where_it_is(tmp_path):
    with LocalFiles(Store(tmp_path)) as place:
        assert place.log == tmp_path / LOG
        place.study.write_text("study")
        place.push()
    assert (tmp_path / Paths().study).read_text() == "study"


def test_what_grew_here_is_copied_there_and_fetched_by_the_next(far):
    with LocalFiles(far) as place:
        place.log.write_text("one\n")
        place.study.write_text("asked\n")
    assert not place.folder.exists()
    assert far.read_bytes(LOG) == b"one\n"
    with LocalFiles(far) as second:
        assert (second.log.read_text(), second.study.read_text()) == ("one\n", "asked\n")


def test_who_was_taken_for_dead_leaves_the_copies_to_its_successor(far):
    with LocalFiles(far) as place:
        place.study.write_text("old")
        far.write_bytes(Paths().study, b"new")
        place.__exit__(Busy, Busy("written by another process"), None)
    assert far.read_bytes(Paths().study) == b"new"
    assert not place.folder.exists()


def test_a_store_that_is_gone_at_the_end_neither_hides_the_end_nor_leaves_a_folder(capsys):
    gone = "s3://bucket/a?endpoint_override=127.0.0.1:9&scheme=http&region=eu-central-1"
    place = LocalFiles(Store(gone, patience=0))
    with pytest.raises(OSError, match="NETWORK_CONNECTION"), place:
        pass  # it is missed at once
    assert not place.folder.exists()
    place.folder.mkdir()
    place.log.parent.mkdir()
    place.log.write_text("last words")
    place.__exit__(None, None, None)
    assert not place.folder.exists()
    assert "NETWORK_CONNECTION" in capsys.readouterr().err


def test_after_a_copying_that_failed_the_next_comes_when_it_is_due():
    gone = "s3://bucket/a?endpoint_override=127.0.0.1:9&scheme=http&region=eu-central-1"
    place = LocalFiles(Store(gone, patience=0))
    place.log.parent.mkdir()
    place.log.write_text("words")
    with pytest.raises(OSError, match="NETWORK_CONNECTION"):
        place.keep_up()
    place.keep_up()  # not due, so it does not fail
    place.__exit__(None, None, None)
