import gzip
import tarfile

import pytest

from orchestrator.data.containers.tar_archive import Tar
from orchestrator.data.testing import (
    CSV,
    EXAMPLE,
    image_folders,
    refused,
    write_file,
    write_tar,
)
from orchestrator.errors import BadInput


def test_a_truncated_tar_gz(tmp_path):
    path = write_tar(image_folders(EXAMPLE), tmp_path / "x.tar.gz")
    content = path.read_bytes()
    for length in (len(content) // 2, len(content) - 4):
        path.write_bytes(content[:length])
        refused(path, tmp_path, "x.tar.gz: a tar archive that is cut off or damaged")


def test_a_plain_tar_cut_between_members(tmp_path):
    path = write_tar(image_folders(EXAMPLE), tmp_path / "x.tar.gz")
    with tarfile.open(path) as archive:
        second = archive.getmembers()[1].offset
    path = write_file(tmp_path, gzip.decompress(path.read_bytes())[:second], "x.tar")
    refused(path, tmp_path, "x.tar: a tar archive that is cut off or damaged (no end mark)")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar(tmp_path, kind):
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("fer2013.csv")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    refused(path, tmp_path, "x.tar.gz, member fer2013.csv: a link or device")


@pytest.mark.long
def test_a_tar_gz_that_unpacks_to_a_thousand_times_its_size(tmp_path):
    path = write_tar({"fer2013.csv": bytes(100 * 2**20)}, tmp_path / "x.tar.gz")
    refused(path, tmp_path, "x.tar.gz unpacks to more than 67,108,864 bytes", "do not unpack it")


@pytest.mark.long
def test_a_tar_gz_that_goes_on_after_its_end(tmp_path):
    tar = gzip.decompress(write_tar({"a.csv": CSV}, tmp_path / "x.tar.gz").read_bytes())
    path = write_file(tmp_path, gzip.compress(tar + bytes(100 * 2**20), 6), "x.tar.gz")
    with pytest.raises(BadInput, match=rf"^{path} unpacks to more than 67,108,864 bytes"):
        Tar(path)


def test_a_tar_that_is_cut_while_it_is_read(tmp_path):
    write_tar({"a.csv": CSV}, tmp_path / "x.tar.gz")
    path = write_file(tmp_path, gzip.decompress((tmp_path / "x.tar.gz").read_bytes()), "x.tar")
    with Tar(path) as archive:
        path.write_bytes(path.read_bytes()[:1000])
        with pytest.raises(BadInput, match=r"x\.tar: a tar archive that is cut off or damaged \("):
            archive.read("a.csv")
