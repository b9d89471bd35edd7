import stat
import struct
import zipfile

from orchestrator.data.testing import (
    CSV,
    EXAMPLE,
    image_folders,
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
