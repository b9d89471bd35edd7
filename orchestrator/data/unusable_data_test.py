"""Paths that hold no data set, each refused with one sentence: where and why."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from orchestrator.data.cache.open_faces import open_faces
from orchestrator.data.testing import (
    CSV,
    EXAMPLE,
    JPEG,
    image_folders,
    no_permission,
    noise_folder,
    png_bytes,
    refused,
    write_file,
    write_folder,
    write_zip,
)
from orchestrator.errors import BadInput


def test_a_missing_file(tmp_path):
    refused(tmp_path / "no.csv", tmp_path, "no.csv does not exist")


def test_a_path_through_a_file(tmp_path):
    refused(write_file(tmp_path, CSV) / "x", tmp_path, "does not exist")


def test_an_empty_file(tmp_path):
    refused(write_file(tmp_path, b""), tmp_path, "fer2013.csv is empty (0 bytes)")


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


def test_a_utf_8_name_that_the_locale_cannot_read(tmp_path):
    folder = write_folder(noise_folder({"\u9ad8": 3, "sad": 3}), tmp_path / "d")
    program = (
        "import sys; from pathlib import Path\n"
        "from orchestrator.data.layouts.sources import read_faces\n"
        "try:\n    read_faces(Path(sys.argv[1]))\nexcept Exception as e:\n    print(ascii(str(e)))"
    )
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env={**os.environ, **ascii_only},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "the locale cannot read the name, which is UTF-8; set PYTHONUTF8=1" in done.stdout


def test_a_label_of_a_file_whose_name_is_no_text(tmp_path):
    folder = write_folder(noise_folder({"images": 3}), tmp_path / "d")
    (folder / os.fsdecode(b"images/\xff")).mkdir()
    (folder / os.fsdecode(b"images/\xff/n9.png")).write_bytes(png_bytes(EXAMPLE.images[0]))
    rows = [f"n{n}.png,sad" for n in (0, 1, 2, 9)]
    (folder / "labels.csv").write_text("\n".join(["image,emotion", *rows]))
    refused(folder, tmp_path, "the name is no UTF-8 text")


def test_a_file_of_another_kind(tmp_path):
    refused(
        write_file(tmp_path, JPEG, "a.jpg"),
        tmp_path,
        "a.jpg is neither a table nor an archive",
        "JFIF",
    )


OTHER_KINDS = {
    "fer2013.zip": (b"<!DOCTYPE html>\n<html><title>Sign in</title></html>", "is a web page"),
    "page.csv": (b"\xef\xbb\xbf\n<HTML>", "is a web page"),
    "fer2013.csv": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
    "fer2013.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(99), "7z x FILE -oFOLDER"),
    "fer2013.rar": (b"Rar!\x1a\x07\x01" + bytes(99), "unrar x FILE FOLDER/"),
}


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_files_of_known_other_kinds_are_called_what_they_are(tmp_path, name):
    content, sentence = OTHER_KINDS[name]
    refused(write_file(tmp_path, content, name), tmp_path, name, sentence)


def test_a_pointer_among_the_files_of_a_folder(tmp_path):
    content, _ = OTHER_KINDS["fer2013.csv"]
    refused(write_folder({"a/fer2013.csv": content}, tmp_path / "d"), tmp_path, "git lfs pull")
    faces = {"sad/1.png": content, "happy/1.png": content}
    refused(write_folder(faces, tmp_path / "e"), tmp_path, "happy/1.png is a Git LFS pointer")


def test_an_archive_in_a_folder_is_to_be_given_itself(tmp_path):
    path = write_folder({"fer2013.zip": b"PK"}, tmp_path / "d")
    refused(path, tmp_path, "holds no faces but fer2013.zip, which is packed; give that file")


def test_a_dangling_link_is_called_one(tmp_path):
    folder = write_folder(image_folders(EXAMPLE), tmp_path / "d")
    (folder / "train/sad/gone.png").symlink_to("nowhere.png")
    refused(folder, tmp_path, "train/sad/gone.png is a link to nowhere.png, where nothing is")
    (tmp_path / "link.csv").symlink_to("nowhere.csv")
    refused(tmp_path / "link.csv", tmp_path, "link.csv is a link to nowhere.csv")


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs user ids")
@pytest.mark.parametrize("kind", ["file", "folder", "member"])
def test_no_permission(kind):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        write_folder({"d/sad/1.png": png_bytes(EXAMPLE.images[0])}, folder)
        write_file(folder, CSV)
        path = {"file": folder / "fer2013.csv", "folder": folder / "d", "member": folder / "d"}[
            kind
        ]
        locked = folder / "d/sad/1.png" if kind == "member" else path
        refusal = pytest.raises(BadInput, match=f"{locked} cannot be read: no permission")
        with no_permission(locked), refusal:
            open_faces(path, cache=folder / "cache")


def test_a_cache_that_cannot_be_write_file(tmp_path):
    write_file(tmp_path, b"in the way", "cache")
    path = write_file(tmp_path, CSV)
    with pytest.raises(BadInput, match=r"cache .* cannot be written .* ORCHESTRATOR_CACHE=DIR"):
        open_faces(path, cache=tmp_path / "cache")
