"""Copies that fail: nothing is left, and the sentence says whose trouble it is."""

import os
import resource
from collections.abc import Iterator

import pytest

from orchestrator.data.cache.open_faces import entry_folder, open_faces
from orchestrator.data.remote.access import Unreachable
from orchestrator.data.testing import example, fer2013_csv, image_folders
from orchestrator.errors import BadInput

pytestmark = pytest.mark.long

CSV = fer2013_csv(example((10, 2, 2)))["fer2013.csv"]
FEW = image_folders(example((3, 1, 1)))


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file of this process can grow beyond 100,000 bytes: the first write stops there."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_the_disk_takes_a_part_of_is_no_copy(bucket, cache, small_files):
    assert len(CSV) > 100_000
    uri = bucket.put("fer2013.csv", CSV)
    with pytest.raises(BadInput, match=r"cache .* cannot be written \(File too large; 1 MiB are"):
        open_faces(uri, cache=cache)
    assert list((cache / "downloads").iterdir()) == []


def test_one_file_that_cannot_be_written_ends_the_copy_of_its_folder(bucket, cache, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    uri = bucket.put_all("d", FEW)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadInput, match=r"cannot be written \(No space left on device; "):
        open_faces(uri, cache=cache)
    assert list((cache / "downloads").iterdir()) == []


def test_a_name_that_the_cache_s_file_system_does_not_take(bucket, cache):
    uri = bucket.put(f"{'x' * 300}.csv", CSV)
    with pytest.raises(BadInput, match=r"cache .* cannot be written \(File name too long; "):
        open_faces(uri, cache=cache)
    assert list((cache / "downloads").iterdir()) == []


def test_an_unreachable_uri_whose_entry_is_damaged_is_unreachable(
    mortal_bucket, cache, monkeypatch
):
    monkeypatch.setenv("ORCHESTRATOR_STORE_PATIENCE", "0")
    own, stop = mortal_bucket
    uri = own.put("fer2013.csv", CSV)
    digest = open_faces(uri, cache=cache).digest
    stop()
    assert open_faces(uri, cache=cache).digest == digest
    (entry_folder(digest, cache) / "meta.json").unlink()
    with pytest.raises(Unreachable, match=r"^s3://own/fer2013.csv cannot be reached \(.*connect"):
        open_faces(uri, cache=cache)
