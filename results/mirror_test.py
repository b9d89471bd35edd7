import os
from pathlib import Path

import pytest

from results.mirror import Mirror
from results.storage.atomic_file import TEMPORARY
from results.store import Store


@pytest.fixture
def store(s3):
    return Store(s3)


@pytest.fixture
def here(tmp_path):
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def put(folder: Path, **files: str) -> None:
    for name, content in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)


def contents(folder: Path) -> dict[str, str]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_text() for file in files}


def put_names(bucket) -> list[str]:
    """Last components of what was uploaded since the last time; markers of folders aside."""
    names = [path for method, path, size in bucket.requests if method == "PUT" and path[-1] != "/"]
    bucket.clear()
    return [name.rpartition("/")[2] for name in names]


def test_nested_folders_there_and_back(store, here, tmp_path):
    put(here, a="1", one__b="2", one__two__c="3")
    Mirror(here, store, "tensorboard").push()
    assert store.read_bytes("tensorboard/one/two/c") == b"3"
    assert store.list() == []
    Mirror(tmp_path / "there", store, "tensorboard").fetch()
    assert contents(tmp_path / "there") == {"a": "1", "one/b": "2", "one/two/c": "3"}


def test_what_has_not_changed_does_not_go_again(bucket, store, here):
    put(here, a="1", b="2")
    mirror = Mirror(here, store, "logs")
    mirror.push()
    assert put_names(bucket) == ["a", "b"]
    mirror.push()
    assert put_names(bucket) == []
    put(here, b="2, and more")
    mirror.push()
    assert put_names(bucket) == ["b"]
    assert store.read_bytes("logs/b") == b"2, and more"


def test_same_size_at_another_time_goes_again(bucket, store, here):
    put(here, a="1")
    mirror = Mirror(here, store, "logs")
    mirror.push()
    bucket.clear()
    put(here, a="2")
    os.utime(here / "a", ns=(1, 1))
    mirror.push()
    assert put_names(bucket) == ["a"]


def test_what_was_fetched_does_not_go_back_unchanged(bucket, store, here, tmp_path):
    put(here, a="1", one__b="2")
    Mirror(here, store, "logs").push()
    mirror = Mirror(tmp_path / "there", store, "logs")
    mirror.fetch()
    bucket.clear()
    put(tmp_path / "there", new="3")
    mirror.push()
    assert put_names(bucket) == ["new"]


def test_what_has_gone_here_goes_there(store, here):
    put(here, a="1", one__b="2")
    mirror = Mirror(here, store, "logs")
    mirror.push()
    (here / "one" / "b").unlink()
    mirror.push()
    assert store.list("logs") == ["logs/a"]
    assert store.list("logs/one") == []
    mirror.push()


def test_what_another_put_there_is_not_deleted(store, here):
    store.write_bytes("logs/others", b"x")
    put(here, a="1")
    Mirror(here, store, "logs").push()
    assert store.list("logs") == ["logs/a", "logs/others"]


def test_fetch_leaves_other_files_and_replaces_its_own(store, here):
    store.write_bytes("logs/a", b"new")
    put(here, a="old", b="mine")
    Mirror(here, store, "logs").fetch()
    assert contents(here) == {"a": "new", "b": "mine"}


def test_nothing_there_is_an_empty_folder_here(store, tmp_path):
    mirror = Mirror(tmp_path / "a" / "b", store, "logs")
    mirror.fetch()
    assert contents(tmp_path / "a" / "b") == {}
    mirror.push()
    assert not store.exists("logs")


def test_folder_that_is_not_there_has_nothing_to_push(store, tmp_path):
    Mirror(tmp_path / "absent", store, "logs").push()
    assert not store.exists("logs")


def test_links_and_files_being_written_stay_here(store, here):
    put(here, a="1")
    (here / f".b{TEMPORARY}").write_text("half")
    (here / "link").symlink_to(here / "a")
    Mirror(here, store, "logs").push()
    assert store.list("logs") == ["logs/a"]


class Dropped(Store):
    """A store whose connection breaks at one file."""

    def read_bytes(self, name: str) -> bytes:
        if name == "b":
            raise ConnectionResetError
        return super().read_bytes(name)


def test_interrupted_download_leaves_old_or_new_never_half(store, here):
    store.write_bytes("logs/a", b"new")
    store.write_bytes("logs/b", b"new")
    put(here, a="old", b="old")
    with pytest.raises(ConnectionResetError):
        Mirror(here, Dropped(store.place), "logs").fetch()
    assert contents(here) == {"a": "new", "b": "old"}


def test_upload_that_failed_goes_the_next_time(bucket, store, here):
    put(here, a="1")
    mirror = Mirror(here, store.with_patience(0), "logs")
    bucket.status = 500
    with pytest.raises(OSError, match="500"):
        mirror.push()
    bucket.status = 0
    mirror.push()
    assert store.read_bytes("logs/a") == b"1"


def test_local_store_is_mirrored_too(here, tmp_path):
    put(here, one__a="1")
    Mirror(here, Store(tmp_path / "there"), "logs").push()
    assert contents(tmp_path / "there") == {"logs/one/a": "1"}


def test_what_goes_while_files_are_listed_or_copied_is_left_out(here, tmp_path, monkeypatch):
    put(here, a="1", b="2", c="3", d="4")
    real = Path.lstat

    def lstat(file: Path) -> os.stat_result:
        if file.name == "b":
            (here / "b").unlink()
        return real(file)

    class Slow(Store):
        def write_bytes(self, name: str, content: bytes, durable: bool = True) -> None:
            super().write_bytes(name, content, durable)
            (here / "c").unlink(missing_ok=True)

        def below(self, name: str) -> Store:
            return Slow(super().below(name).place)

    monkeypatch.setattr(Path, "lstat", lstat)
    Mirror(here, Slow(tmp_path / "there"), "logs").push()
    assert Store(tmp_path / "there").list("logs") == ["logs/a", "logs/d"]
