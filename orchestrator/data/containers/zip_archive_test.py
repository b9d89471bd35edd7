import stat
import struct
import zipfile

import pytest

from orchestrator.data.layouts.sources import read_faces
from orchestrator.data.testing import (
    CSV,
    EXAMPLE,
    image_folders,
    noise_folder,
    refused,
    write_zip,
)


def test_a_truncated_zip(tmp_path):
    path = write_zip(image_folders(EXAMPLE), tmp_path / "x.zip")
    path.write_bytes(path.read_bytes()[:-3000])
    refused(path, tmp_path, "x.zip: a zip archive that is cut off or damaged")


def test_a_zip_with_a_damaged_member(tmp_path):
    path = write_zip({"fer2013.csv": CSV}, tmp_path / "x.zip")
    data = bytearray(path.read_bytes())
    data[20_000:20_010] = bytes(10)
    path.write_bytes(data)
    refused(path, tmp_path, "x.zip, member fer2013.csv: damaged or cut off")


def test_a_zip_of_a_version_that_is_none(tmp_path):
    path = write_zip({"fer2013.csv": CSV}, tmp_path / "x.zip")
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 6] = 250
    path.write_bytes(data)
    refused(path, tmp_path, "x.zip: a zip archive that is cut off or damaged (zip file version 25")


def test_a_zip_packed_by_a_method_of_which_we_have_none(tmp_path):
    """Deflate64, in which Windows packs files beyond 2 GiB."""
    path = write_zip({"fer2013.csv": CSV}, tmp_path / "x.zip")
    data = bytearray(path.read_bytes())
    data[8] = data[data.rindex(b"PK\x01\x02") + 10] = 9
    path.write_bytes(data)
    refused(path, tmp_path, "x.zip, member fer2013.csv: packed by a method", "again with deflate")


def test_an_encrypted_zip(tmp_path):
    path = write_zip({"fer2013.csv": CSV}, tmp_path / "x.zip")
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    refused(path, tmp_path, "x.zip, member fer2013.csv: encrypted")


def test_links_in_a_zip(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("fer2013.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    refused(path, tmp_path, "x.zip, member fer2013.csv: a symbolic link")


@pytest.mark.long
def test_a_zip_that_admits_to_unpack_to_a_thousand_times_its_size(tmp_path):
    path = write_zip({"fer2013.csv": bytes(100 * 2**20)}, tmp_path / "x.zip")
    refused(path, tmp_path, "x.zip would unpack to 104,857,600 bytes, at most 67,108,864")


def test_a_zip_member_that_unpacks_to_more_than_it_claims(tmp_path):
    path = write_zip({"fer2013.csv": bytes(10 * 2**20)}, tmp_path / "x.zip")
    data = bytearray(path.read_bytes())
    for offset in (22, data.rindex(b"PK\x01\x02") + 24):
        struct.pack_into("<I", data, offset, 1000)
    path.write_bytes(data)
    refused(
        path, tmp_path, "x.zip, member fer2013.csv: unpacks to more than twice the 1,000 bytes that"
    )


def test_backslashes_are_read_as_folders_and_that_is_said(tmp_path):
    members = {f"fer\\{name}".replace("/", "\\"): d for name, d in image_folders(EXAMPLE).items()}
    raw, _ = read_faces(write_zip(members, tmp_path / "x.zip"))
    assert raw.ids.tolist() == sorted(image_folders(EXAMPLE))
    assert raw.notes == (
        "35 names in the archive have backslashes, as Windows packs them; they were read as "
        "folders, e.g. fer/train/angry/Training_1.png.",
    )


def test_one_name_with_both_kinds_of_slash_stands_twice(tmp_path):
    path = write_zip({"a/1.csv": CSV, "a\\1.csv": CSV}, tmp_path / "x.zip")
    refused(path, tmp_path, "member 'a/1.csv': stands twice")


def without_the_flag(names: list[bytes], path):
    """A zip of noise in these folders, names as they are and nothing said of their encoding."""
    stand_ins = [f"{'x' * (len(name) - 1)}{number}" for number, name in enumerate(names)]
    write_zip(noise_folder(dict.fromkeys(stand_ins, 3)), path)
    data = path.read_bytes()
    for stand_in, name in zip(stand_ins, names, strict=True):
        data = data.replace(stand_in.encode() + b"/", name + b"/")
    path.write_bytes(data)
    return path


def test_names_that_are_no_utf_8_are_read_as_the_standard_says_and_that_is_said(tmp_path):
    names = ["\u9ad8\u5174".encode("gbk"), "\u4e2d\u6027".encode("gbk")]
    raw, _ = read_faces(without_the_flag(names, tmp_path / "x.zip"))
    assert len(raw.classes) == 2
    assert raw.notes[-1].startswith(
        "6 names in the archive are no UTF-8 and were read as code page 437, e.g. "
    )


def test_utf_8_without_its_flag_is_utf_8(tmp_path):
    names = ["\u9ad8\u5174".encode(), b"sad"]
    raw, _ = read_faces(without_the_flag(names, tmp_path / "x.zip"))
    assert raw.classes == ("sad", "\u9ad8\u5174")
    assert not [note for note in raw.notes if "437" in note]


@pytest.mark.parametrize("byte", range(3))
def test_a_damaged_member_packed_by_lzma(tmp_path, byte):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("fer2013.csv", CSV)
    data = bytearray(path.read_bytes())
    data[60 + byte * 5000 : 70 + byte * 5000] = b"\xff" * 10
    path.write_bytes(data)
    refused(path, tmp_path, "fer2013.csv: damaged or cut off")
