import bz2
import gzip
import lzma

import numpy as np
import pyarrow as pa
import pytest

from orchestrator.data.layouts.sources import read_faces
from orchestrator.data.testing import CSV, EXAMPLE, image_folders, refused, write_file, write_tar

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
