"""Data behind a URI: copied once, noticed when changed, never asked without need."""

import io
import os
import sys
import time
import uuid
from pathlib import Path

import numpy as np
import pyarrow.fs as pafs
import pytest

from orchestrator.data.cache import downloads
from orchestrator.data.cache.open_faces import entry_folder, open_faces
from orchestrator.data.remote.access import Unreachable
from orchestrator.data.remote.remote_data import RemoteData
from orchestrator.data.testing import (
    LAYOUTS,
    example,
    fer2013_csv,
    image_folders,
    write_folder,
    write_zip,
)
from orchestrator.errors import BadInput
from orchestrator.process import progress_bar

pytestmark = pytest.mark.long

EXAMPLE = example((10, 2, 2))
FEW = example((3, 1, 1))
"""For layouts in which each image is an object."""
CSV = fer2013_csv(EXAMPLE)["fer2013.csv"]
OTHER = fer2013_csv(example((10, 2, 2), seed=1))["fer2013.csv"]


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache"


def copies(cache: Path) -> list[str]:
    """Files among the downloads, without the folders of digests."""
    paths = (cache / "downloads").glob("**/*")
    return sorted(
        "/".join(f.relative_to(cache / "downloads").parts[1:]) for f in paths if f.is_file()
    )


# --- what is read ----------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_the_same_data_set_as_on_this_machine(layout, bucket, cache, tmp_path):
    members = LAYOUTS[layout](FEW)
    here = write_folder(members, tmp_path / "d")
    wanted = open_faces(here, cache=tmp_path / "other")
    there = open_faces(bucket.put_all("sets/d", members), cache=cache)
    assert there.digest == wanted.digest
    assert there.notes == wanted.notes
    np.testing.assert_array_equal(there.test.images, wanted.test.images)
    assert copies(cache) == sorted(f"d/{name}" for name in members)


def test_a_zip_is_copied_once_and_asked_for_twice_at_most_when_unchanged(bucket, cache, tmp_path):
    zipped = write_zip(image_folders(EXAMPLE), tmp_path / "d.zip").read_bytes()
    uri = bucket.put("sets/fer.zip", zipped)
    first = open_faces(uri, cache=cache)
    assert bucket.requests_of("GET", "sets/fer.zip") == 1
    bucket.requests.clear()
    began = time.process_time()
    second = open_faces(uri, cache=cache)
    assert time.process_time() - began < 0.2
    assert second.digest == first.digest
    assert second.notes == first.notes
    assert bucket.requests_of("GET") == 0
    assert len(bucket.requests) <= 2
    assert copies(cache) == ["fer.zip"]
    assert (cache / "downloads").stat().st_mode & 0o777 == 0o755


def test_a_folder_leaves_hidden_files_where_they_are(bucket, cache):
    uri = bucket.put_all("d", {"fer2013.csv": CSV, ".git/x": b"x", "__MACOSX/y": b"y"})
    assert len(open_faces(uri, cache=cache).training) == 70
    assert copies(cache) == ["d/fer2013.csv"]


def test_a_changed_object_is_copied_again_and_the_old_copy_goes(bucket, cache):
    uri = bucket.put("fer2013.csv", CSV)
    before = open_faces(uri, cache=cache)
    other = CSV.replace(b"\n0,", b"\n3,", 1)  # of the same size, within the same second
    assert bucket.put("fer2013.csv", other) == uri
    after = open_faces(uri, cache=cache)
    assert after.digest != before.digest
    assert copies(cache) == ["fer2013.csv"]
    assert next((cache / "downloads").glob("*/fer2013.csv")).read_bytes() == other


def test_an_object_added_to_a_folder_is_noticed(bucket, cache):
    members = image_folders(FEW)
    late = members.popitem()
    uri = bucket.put_all("d", members)
    assert len(open_faces(uri, cache=cache).test) == 6
    bucket.put_all("d", dict([late]))
    assert len(open_faces(uri, cache=cache).test) == 7
    assert len(list((cache / "downloads").iterdir())) == 1


@pytest.mark.faults
def test_a_damaged_entry_is_made_again_from_the_copy_and_a_damaged_copy_from_the_store(
    bucket, cache
):
    uri = bucket.put("fer2013.csv", CSV)
    digest = open_faces(uri, cache=cache).digest
    bucket.requests.clear()
    (entry_folder(digest, cache) / "training.images.npy").write_bytes(b"")
    assert open_faces(uri, cache=cache).digest == digest
    assert bucket.requests_of("GET") == 0
    (entry_folder(digest, cache) / "training.images.npy").write_bytes(b"")
    os.truncate(next((cache / "downloads").glob("*/fer2013.csv")), 100)
    np.testing.assert_array_equal(open_faces(uri, cache=cache).training.images, EXAMPLE.images[:70])
    assert bucket.requests_of("GET") == 1


def test_a_file_uri_is_opened_where_it_lies(tmp_path, cache):
    path = tmp_path / "a b.csv"
    path.write_bytes(CSV)
    splits = open_faces(path.as_uri(), cache=cache)
    assert splits.digest == open_faces(path, cache=cache).digest
    assert not (cache / "downloads").exists()


def test_what_only_fsspec_reads_is_read(cache):
    name = uuid.uuid4().hex
    files, place = pafs.FileSystem.from_uri(f"fsspec+memory://{name}/fer2013.csv")
    files.create_dir(place.rpartition("/")[0])
    with files.open_output_stream(place) as stream:
        stream.write(CSV)
    splits = open_faces(f"memory://{name}/fer2013.csv", cache=cache)
    assert len(splits.training) == 70
    assert open_faces(f"fsspec+memory://{name}/fer2013.csv", cache=cache).digest == splits.digest


# --- the digest decides ----------------------------------------------------------------------


def test_a_cached_digest_is_opened_without_a_request(bucket, cache):
    uri = bucket.put("fer2013.csv", CSV)
    digest = open_faces(uri, cache=cache).digest
    bucket.put("fer2013.csv", OTHER)
    assert open_faces(uri, cache=cache, digest=digest).digest == digest
    assert bucket.requests == []
    assert open_faces(uri, cache=cache, digest="0" * 64).digest != digest


def test_an_unreachable_uri_is_what_it_held_before_and_said_so(mortal_bucket, cache, monkeypatch):
    own, stop = mortal_bucket
    uri = own.put("fer2013.csv", CSV)
    first = open_faces(uri, cache=cache)
    stop()
    again = open_faces(uri, cache=cache)
    assert again.digest == first.digest
    assert again.notes == (
        *first.notes,
        "s3://own/fer2013.csv could not be reached: these are the faces that it held when it was "
        f"last read here (digest {first.digest[:12]}).",
    )
    monkeypatch.setenv("ORCHESTRATOR_STORE_PATIENCE", "0")
    with pytest.raises(Unreachable, match=r"^s3://own/fer2013.csv cannot be reached \(.*connect"):
        open_faces(uri, cache=cache, digest="0" * 64)


# --- what is refused -------------------------------------------------------------------------


def refused(uri: str, cache: Path) -> str:
    with pytest.raises(BadInput) as caught:
        open_faces(uri, cache=cache)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "?" not in sentence
    assert str(cache) not in sentence
    assert not list(cache.glob("downloads/*"))
    return sentence


@pytest.mark.parametrize("key", ["no.zip", "no/folder", ""])
def test_nothing_there(bucket, cache, key):
    bucket.put("fer2013.csv", CSV)
    if key:
        assert refused(bucket.uri(key), cache).startswith(
            f"s3://{bucket.name}/{key} does not exist; give --data an existing CSV, zip"
        )
    else:
        assert len(open_faces(bucket.uri(""), cache=cache).training) == 70  # the bucket itself


def test_no_such_bucket(bucket, cache):
    uri = bucket.uri("x.zip").replace(bucket.name, "nobodys-bucket")
    assert refused(uri, cache).startswith("s3://nobodys-bucket/x.zip does not exist")


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("https://host/fer2013.zip", "is a web address, and these are not read; download it"),
        ("nonsense://host/x", "is no place that data can be read from (Protocol not known"),
        ("file://host/x", "names the machine 'host', whose files cannot be read; for this machine"),
        ("s3://bucket/a//b?region=eu-central-1", "s3://bucket/a//b cannot be read: Empty path"),
        ("s3://bucket/x?foo=1", "is no place that data can be read from (unknown setting foo"),
        ("s3://key:secret@bucket/x", "s3://bucket/x: the URI carries credentials"),
        ("s3://", "s3:// is no place that data can be read from (it names no bucket"),
    ],
)
def test_uris_that_lead_nowhere(uri, message, cache):
    assert message in refused(uri, cache)


def test_a_host_that_does_not_answer(cache, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_STORE_PATIENCE", "0.2")
    assert refused("ftp://127.0.0.1:1/fer2013.zip", cache).startswith(
        "ftp://127.0.0.1:1/fer2013.zip cannot be reached ("
    )


def test_bad_data_are_said_by_their_uri(bucket, cache):
    uri = bucket.put("sets/x.csv", b"a,b\n1,2\n")
    with pytest.raises(BadInput, match=rf"^s3://{bucket.name}/sets/x.csv: columns 'a', 'b' found"):
        open_faces(uri, cache=cache)
    with pytest.raises(BadInput, match=rf"^s3://{bucket.name}/empty.csv is empty \(0 bytes\)"):
        open_faces(bucket.put("empty.csv", b""), cache=cache)


def test_a_cache_that_cannot_be_written(bucket, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(
        BadInput, match=r"cache .* cannot be written \(.*MiB.*\); name another folder"
    ):
        open_faces(bucket.put("fer2013.csv", CSV), cache=tmp_path / "cache")


def test_a_disk_that_is_full_is_the_caches_trouble_and_leaves_nothing(bucket, cache, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(downloads.os, "fsync", full)
    with pytest.raises(BadInput, match=r"cannot be written \(No space left on device; 1 MiB are"):
        open_faces(bucket.put("fer2013.csv", CSV), cache=cache)
    assert list((cache / "downloads").iterdir()) == []


def test_data_that_change_while_they_are_copied_are_refused(bucket, cache, monkeypatch):
    uri = bucket.put("fer2013.csv", CSV)
    copy = downloads._copy

    def slowly(*arguments):
        copy(*arguments)
        bucket.put("fer2013.csv", OTHER)

    monkeypatch.setattr(downloads, "_copy", slowly)
    assert "fer2013.csv changed while it was copied" in refused(uri, cache)


def test_a_copy_that_breaks_off_is_begun_anew(bucket, cache, monkeypatch):
    uri = bucket.put("fer2013.csv", CSV)
    opened, steps = RemoteData.open, []

    class Breaking(io.BytesIO):
        def read(self, size=-1):
            if self.tell() >= 1000:
                raise ConnectionResetError(104, "Connection reset by peer")
            return super().read(1000)

    def once(data, name):
        steps.append(name)
        return Breaking(CSV) if len(steps) == 1 else opened(data, name)

    monkeypatch.setattr(RemoteData, "open", once)
    assert len(open_faces(uri, cache=cache).training) == 70
    assert steps == ["fer2013.csv"] * 2
    assert next((cache / "downloads").glob("*/fer2013.csv")).read_bytes() == CSV


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_how_far_the_copy_is_and_a_log_file_does_not(bucket, cache, monkeypatch):
    monkeypatch.setattr(progress_bar, "PATIENCE", 0.0)
    for stream, seen in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        open_faces(bucket.put(f"{seen}.csv", CSV), cache=cache)
        assert (f"copying s3://{bucket.name}" in stream.getvalue()) is seen
    assert stream.getvalue() == ""
