import bz2
import gzip
import lzma
import sys

import numpy as np
import pyarrow as pa
import pytest

from orchestrator.data.layouts.sources import read_faces
from orchestrator.data.reading import Reading
from orchestrator.data.testing import (
    CSV,
    EXAMPLE,
    competition,
    image_folders,
    labelled_images,
    noise_folder,
    refused,
    write_file,
    write_folder,
    write_tar,
    write_zip,
)
from orchestrator.errors import BadInput

pytestmark = pytest.mark.long

PACKERS = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
}


def plain_tar(tmp_path) -> bytes:
    return gzip.decompress(write_tar(image_folders(EXAMPLE), tmp_path / "t.tar.gz").read_bytes())


@pytest.mark.parametrize("ending", PACKERS)
def test_a_compressed_table_is_read_as_the_table(tmp_path, ending):
    path = write_file(tmp_path, PACKERS[ending](CSV), f"fer2013.csv.{ending}")
    raw, layout = read_faces(path)
    assert layout == "fer2013.csv"
    np.testing.assert_array_equal(raw.images, EXAMPLE.images)


@pytest.mark.parametrize("ending", PACKERS)
def test_a_compressed_tar_is_read_as_the_tar(tmp_path, ending):
    path = write_file(tmp_path, PACKERS[ending](plain_tar(tmp_path)), f"fer2013.tar.{ending}")
    raw, layout = read_faces(path)
    assert layout == "image folders"
    assert len(raw.ids) == 35


@pytest.mark.parametrize("ending", PACKERS)
def test_a_compressed_file_that_is_cut_off(tmp_path, ending):
    packed = PACKERS[ending](CSV)
    path = write_file(tmp_path, packed[: len(packed) // 2], f"fer2013.csv.{ending}")
    refused(path, tmp_path, f"fer2013.csv.{ending}: a compressed file that is cut off or damaged")


@pytest.mark.parametrize("ending", ["gz", "xz", "bz2", "zst"])
def test_a_compressed_file_that_unpacks_to_a_thousand_times_its_size(tmp_path, ending):
    path = write_file(tmp_path, PACKERS[ending](bytes(100 * 2**20)), f"x.csv.{ending}")
    refused(path, tmp_path, "unpacks to more than 67,108,864 bytes", "do not unpack it")


def test_a_compressed_tar_with_damage_inside(tmp_path):
    packed = bytearray(lzma.compress(plain_tar(tmp_path)))
    packed[len(packed) // 2] ^= 0xFF
    path = write_file(tmp_path, bytes(packed), "x.tar.xz")
    refused(path, tmp_path, "x.tar.xz: a ", "cut off or damaged")


@pytest.mark.parametrize("write", [write_folder, write_zip, write_tar])
@pytest.mark.parametrize("ending", PACKERS)
def test_a_compressed_table_among_other_members(tmp_path, ending, write):
    members = {f"a/fer2013.csv.{ending}": PACKERS[ending](CSV), "a/README.md": b"x"}
    raw, layout = read_faces(write(members, tmp_path / "d"))
    assert layout == "fer2013.csv"
    np.testing.assert_array_equal(raw.images, EXAMPLE.images)


def test_compressed_tables_beside_each_other_and_beside_images(tmp_path):
    tables = {f"{name}.gz": gzip.compress(data) for name, data in competition(EXAMPLE).items()}
    raw, layout = read_faces(write_folder(tables, tmp_path / "a"))
    assert layout == "competition"
    assert raw.notes == ("test.csv.gz was left out: its 35 images have no labels.",)
    members = labelled_images(EXAMPLE)
    members["labels.csv.xz"] = lzma.compress(members.pop("labels.csv"))
    raw, layout = read_faces(write_folder(members, tmp_path / "b"))
    assert layout == "labelled images"
    assert raw.notes == ("Labels are those of labels.csv.xz.",)
    assert raw.counts().sum(axis=1).tolist() == [21, 7, 7]


def test_a_compressed_table_of_labels_that_the_user_names(tmp_path):
    folder = write_folder(noise_folder({"a": 6}), tmp_path / "d")
    rows = [f"n{n}.png,{'sad' if n < 3 else 'happy'}" for n in range(6)]
    packed = gzip.compress("\n".join(["image,emotion", *rows]).encode())
    table = write_file(tmp_path, packed, "labels.csv.gz")
    raw, _ = read_faces(folder, Reading(labels=str(table)))
    assert raw.classes == ("happy", "sad")
    assert raw.counts()[0].tolist() == [3, 3]


def test_a_table_that_is_called_compressed_and_is_not(tmp_path):
    raw, _ = read_faces(write_folder({"fer2013.csv.gz": CSV}, tmp_path / "d"))
    assert len(raw.ids) == 35


@pytest.mark.parametrize("ending", PACKERS)
def test_a_compressed_member_that_unpacks_to_a_thousand_times_its_size(tmp_path, ending):
    table = CSV.splitlines()[0] + b"\n" + bytes(100 * 2**20)
    members = {f"x.csv.{ending}": PACKERS[ending](table)}
    path = write_folder(members, tmp_path / "d")
    refused(path, tmp_path, f"x.csv.{ending} unpacks to more than 67,108,864 bytes", "not believed")


def test_compressed_members_share_what_is_believed_without_suspicion(tmp_path):
    table = CSV.splitlines()[0] + b"\n" + bytes(8 * 2**20)  # 8 MiB in 8 kB
    path = write_folder({"x.csv.gz": gzip.compress(table)}, tmp_path / "d")
    refused(path, tmp_path, "x.csv.gz, row 1 (line 2): 1 fields")
    write_folder({f"{n}.txt.gz": b"" for n in range(9)}, path)  # a tenth of 64 MiB each
    refused(path, tmp_path, "x.csv.gz unpacks to more than 6,710,886 bytes")


@pytest.mark.parametrize("ending", PACKERS)
def test_a_compressed_member_that_is_cut_off(tmp_path, ending):
    packed = PACKERS[ending](CSV)
    path = write_zip({f"fer2013.csv.{ending}": packed[: len(packed) // 2]}, tmp_path / "x.zip")
    refused(path, tmp_path, f"member fer2013.csv.{ending}: a compressed file that is cut off")


@pytest.mark.parametrize("packed", ["member", "file"])
def test_zstandard_where_pyarrow_is_missing(tmp_path, monkeypatch, packed):
    folder = write_folder({"fer2013.csv.zst": PACKERS["zst"](CSV)}, tmp_path / "d")
    place = folder / "fer2013.csv.zst"
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadInput, match=rf"^{place} is packed by zstd, which needs pyarrow; "):
        read_faces(folder if packed == "member" else place)
