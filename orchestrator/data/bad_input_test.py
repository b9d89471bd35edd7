"""Every way in which data can be unusable, each refused with one sentence: where and why."""

import gzip
import io
import os
import stat
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from orchestrator.data.cache.open_faces import open_faces
from orchestrator.data.testing import (
    csv_bytes,
    example,
    fer2013_csv,
    icml_csv,
    image_folders,
    png_bytes,
    write_folder,
    write_tar,
    write_zip,
)
from orchestrator.errors import BadInput

EXAMPLE = example((3, 1, 1))
CSV = fer2013_csv(EXAMPLE)["fer2013.csv"]
JPEG = io.BytesIO()
Image.fromarray(EXAMPLE.images[0]).save(JPEG, "JPEG")


def refused(path: Path, tmp_path: Path, *parts: str) -> str:
    cache = tmp_path / "cache"
    with pytest.raises(BadInput) as caught:
        open_faces(path, cache=cache)
    sentence = str(caught.value)
    for part in parts:
        assert part in sentence
    assert "\n" not in sentence
    assert not list(cache.glob("*"))
    return sentence


def written(tmp_path: Path, data: bytes, name: str = "fer2013.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def with_row(number: int, emotion: str = "3", pixels: str = "", usage: str = "Training") -> bytes:
    lines = CSV.decode().splitlines()
    lines[number] = f"{emotion},{pixels or ' '.join(['7'] * 2304)},{usage}"
    return ("\n".join(lines) + "\n").encode()


def test_a_missing_file(tmp_path):
    refused(tmp_path / "no.csv", tmp_path, "no.csv does not exist")


def test_a_path_through_a_file(tmp_path):
    refused(written(tmp_path, CSV) / "x", tmp_path, "does not exist")


def test_an_empty_file(tmp_path):
    refused(written(tmp_path, b""), tmp_path, "fer2013.csv is empty (0 bytes)")


def test_a_device(tmp_path):
    refused(Path(os.devnull), tmp_path, "neither a file nor a folder")


def test_an_empty_folder_and_one_without_classes(tmp_path):
    (tmp_path / "a").mkdir()
    refused(tmp_path / "a", tmp_path, "holds 0 files and no classes of faces", "train/<class>/")
    write_folder({"notes.txt": b"x"}, tmp_path / "b")
    refused(tmp_path / "b", tmp_path, "holds 1 files and no classes of faces")
    write_folder({"face.png": png_bytes(EXAMPLE.images[0])}, tmp_path / "c")
    refused(
        tmp_path / "c", tmp_path, "face.png", "outside the folders of classes", "<class>/<image>"
    )


def test_an_image_beside_the_split_folders(tmp_path):
    members = image_folders(EXAMPLE) | {"overview.png": png_bytes(EXAMPLE.images[0])}
    refused(
        write_zip(members, tmp_path / "x.zip"), tmp_path, "overview.png", "train/<class>/<image>"
    )


def test_a_file_name_that_is_no_text(tmp_path):
    folder = write_folder(image_folders(EXAMPLE), tmp_path / "d")
    (folder / os.fsdecode(b"train/sad/\xff.png")).write_bytes(png_bytes(EXAMPLE.images[0]))
    refused(folder, tmp_path, "member 'train/sad/\\udcff.png': the name is no UTF-8 text")


def test_wrong_columns(tmp_path):
    path = written(tmp_path, b"label,image\n1,2\n")
    refused(path, tmp_path, "fer2013.csv: columns 'label', 'image' found, emotion, pixels")


def test_a_file_of_another_kind(tmp_path):
    refused(
        written(tmp_path, JPEG.getvalue(), "a.jpg"),
        tmp_path,
        "a.jpg is neither a table nor an archive",
        "JFIF",
    )


def test_a_table_without_labels(tmp_path):
    path = written(tmp_path, csv_bytes(EXAMPLE, ("pixels",)))
    refused(path, tmp_path, "columns 'pixels' found")


def test_a_table_without_rows(tmp_path):
    refused(written(tmp_path, b"emotion,pixels,Usage\n"), tmp_path, "a header and no rows")


def test_two_tables_of_one_layout(tmp_path):
    path = write_folder({"a/fer2013.csv": CSV, "b/fer2013.csv": CSV}, tmp_path / "d")
    refused(path, tmp_path, "holds 2 tables of one layout (a/fer2013.csv, b/fer2013.csv)")


@pytest.mark.parametrize(("count", "fault"), [(2303, "2,303"), (2305, "2,305"), (1, "1")])
def test_a_row_with_another_number_of_pixels(tmp_path, count, fault):
    path = written(tmp_path, with_row(17, pixels=" ".join(["7"] * count)))
    refused(
        path, tmp_path, f"row 17 (line 18): {fault} pixels, 2,304 (48x48) expected", "fer2013.csv"
    )


def test_a_lacking_and_a_surplus_pixel_do_not_make_up_for_each_other(tmp_path):
    lines = CSV.decode().splitlines()
    lines[4] = f"3,{' '.join(['7'] * 2305)},Training"
    lines[5] = f"3,{' '.join(['7'] * 2303)},Training"
    refused(written(tmp_path, "\n".join(lines).encode()), tmp_path, "row 4 (line 5): 2,305 pixels")


@pytest.mark.parametrize("value", ["256", "x", "-1", "1.5", "99999999999999999999", "4" * 5000])
def test_a_value_that_is_no_gray_level(tmp_path, value):
    pixels = " ".join(["7"] * 100 + [value] + ["7"] * 2203)
    path = written(tmp_path, with_row(9, pixels=pixels))
    refused(path, tmp_path, "row 9 (line 10)", f"'{value[:20]}' as pixel 101, a number 0 to 255")


def test_an_unknown_usage(tmp_path):
    path = written(tmp_path, with_row(2, usage="Holdout"))
    refused(path, tmp_path, "row 2 (line 3): Usage 'Holdout', Training, PublicTest or PrivateTest")


@pytest.mark.parametrize("emotion", ["7", "-1", "", "happy", "1.0"])
def test_an_emotion_out_of_range(tmp_path, emotion):
    path = written(tmp_path, with_row(35, emotion=emotion))
    refused(path, tmp_path, f"row 35 (line 36): emotion '{emotion}', 0 to 6 expected")


@pytest.mark.parametrize("cut", [3, 30, 5000])
def test_a_csv_cut_within_a_row(tmp_path, cut):
    refused(written(tmp_path, CSV[:-cut]), tmp_path, "row 35 (line 36)", "seems cut off")


def test_a_padded_csv_cut_within_its_pixels(tmp_path):
    data = icml_csv(EXAMPLE)["icml_face_data.csv"][:-200]
    refused(written(tmp_path, data), tmp_path, "row 35", "2,304 (48x48) expected", "cut off")


def jpeg_tree(tmp_path: Path, data: bytes) -> Path:
    return write_zip(image_folders(EXAMPLE) | {"train/sad/bad.jpg": data}, tmp_path / "x.zip")


@pytest.mark.parametrize("missing", [1, 2, 50, 500])
def test_a_truncated_jpeg(tmp_path, missing):
    path = jpeg_tree(tmp_path, JPEG.getvalue()[:-missing])
    refused(path, tmp_path, "x.zip, member train/sad/bad.jpg: damaged or cut-off image")


def test_an_image_file_that_is_no_image(tmp_path):
    path = jpeg_tree(tmp_path, b"<html>not found</html>")
    refused(path, tmp_path, "train/sad/bad.jpg: no image (22 bytes that start with b'<html>no')")


def test_an_empty_image_file(tmp_path):
    refused(jpeg_tree(tmp_path, b""), tmp_path, "train/sad/bad.jpg: 0 bytes")


@pytest.mark.parametrize("side", [8_000, 11_000, 60_000])
def test_a_decompression_bomb_image(tmp_path, side):
    file = io.BytesIO()
    Image.new("1", (8, 8)).save(file, "PNG")
    head = file.getvalue()
    # A PNG's width and height stand at byte 16; the checksum of the header follows at 29.
    body = head[12:16] + struct.pack(">II", side, side) + head[24:29]
    crc = struct.pack(">I", zipfile.crc32(body))
    refused(jpeg_tree(tmp_path, head[:12] + body + crc + head[33:]), tmp_path, "decompression bomb")


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
    path = written(tmp_path, gzip.decompress(path.read_bytes())[:second], "x.tar")
    refused(path, tmp_path, "x.tar: a tar archive that is cut off or damaged (no end mark)")


def test_a_gzip_that_is_no_tar(tmp_path):
    refused(written(tmp_path, gzip.compress(CSV), "x.gz"), tmp_path, "x.gz: a tar archive that is")


CLIMBING = ["../fer2013.csv", "a/../../fer2013.csv", "/tmp/fer2013.csv", "C:/x.csv", "..\\x.csv"]


@pytest.mark.parametrize("name", CLIMBING)
@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_members_that_climb_out_of_the_archive(tmp_path, write, name):
    path = write({name: CSV}, tmp_path / "archive")
    refused(path, tmp_path, f"archive, member {name!r}: the name climbs out of the archive")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar(tmp_path, kind):
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("fer2013.csv")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    refused(path, tmp_path, "x.tar.gz, member fer2013.csv: a link or device")


def test_links_in_a_zip(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("fer2013.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    refused(path, tmp_path, "x.zip, member fer2013.csv: a symbolic link")


def test_a_member_that_stands_twice(tmp_path):
    path = write_zip({"fer2013.csv": CSV}, tmp_path / "x.zip")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("fer2013.csv", CSV)
    refused(path, tmp_path, "member 'fer2013.csv': stands twice")


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


def test_a_tar_gz_that_unpacks_to_a_thousand_times_its_size(tmp_path):
    path = write_tar({"fer2013.csv": bytes(100 * 2**20)}, tmp_path / "x.tar.gz")
    refused(path, tmp_path, "x.tar.gz unpacks to more than 67,108,864 bytes", "do not unpack it")


def test_a_tar_gz_that_goes_on_after_its_end(tmp_path):
    tar = gzip.decompress(write_tar({"a.csv": CSV}, tmp_path / "x.tar.gz").read_bytes())
    path = written(tmp_path, gzip.compress(tar + bytes(100 * 2**20), 6), "x.tar.gz")
    refused(path, tmp_path, "x.tar.gz unpacks to more than")


def test_no_training_images(tmp_path):
    members = {n: d for n, d in image_folders(EXAMPLE).items() if n.startswith("test/")}
    path = write_folder(members, tmp_path / "d")
    refused(path, tmp_path, "none of the 14 images is a training image")


def test_too_few_images_to_carve_from(tmp_path):
    members = {f"{name}/1.png": png_bytes(EXAMPLE.images[0]) for name in ("sad", "happy")}
    path = write_folder(members, tmp_path / "d")
    refused(path, tmp_path, "no validation images are there", "too few to carve")


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs user ids")
@pytest.mark.parametrize("kind", ["file", "folder", "member"])
def test_no_permission(kind):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        write_folder({"d/sad/1.png": png_bytes(EXAMPLE.images[0])}, folder)
        written(folder, CSV)
        path = {"file": folder / "fer2013.csv", "folder": folder / "d", "member": folder / "d"}[
            kind
        ]
        locked = folder / "d/sad/1.png" if kind == "member" else path
        locked.chmod(0)
        cache = folder / "cache"
        root = os.geteuid() == 0
        try:
            if root:  # whom no permission stops
                os.seteuid(65534)
            with pytest.raises(BadInput, match=f"{locked} cannot be read: no permission"):
                open_faces(path, cache=cache)
        finally:
            if root:
                os.seteuid(0)
            locked.chmod(0o755)


def test_a_cache_that_cannot_be_written(tmp_path):
    written(tmp_path, b"in the way", "cache")
    path = written(tmp_path, CSV)
    with pytest.raises(BadInput, match=r"cache .* cannot be written .* --cache"):
        open_faces(path, cache=tmp_path / "cache")
