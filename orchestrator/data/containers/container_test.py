import zipfile

import pytest

from orchestrator.data.testing import (
    CSV,
    EXAMPLE,
    png_bytes,
    refused,
    write_folder,
    write_tar,
    write_zip,
)

CLIMBING = ["../fer2013.csv", "a/../../fer2013.csv", "/tmp/fer2013.csv", "C:/x.csv", "..\\x.csv"]


@pytest.mark.parametrize("name", CLIMBING)
@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_members_that_climb_out_of_the_archive(tmp_path, write, name):
    path = write({name: CSV}, tmp_path / "archive")
    refused(path, tmp_path, f"archive, member {name!r}: the name climbs out of the archive")


def test_a_member_that_stands_twice(tmp_path):
    path = write_zip({"fer2013.csv": CSV}, tmp_path / "x.zip")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("fer2013.csv", CSV)
    refused(path, tmp_path, "member 'fer2013.csv': stands twice")


@pytest.mark.parametrize("write", [write_zip, write_tar, write_folder])
def test_control_characters_in_a_name(tmp_path, write):
    members = {f"sad/{name}.png": png_bytes(EXAMPLE.images[0]) for name in ("a", "\x1b[2J", "b\n")}
    refused(write(members, tmp_path / "x"), tmp_path, "control characters stand in the name")
