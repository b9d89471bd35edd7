import os

import pytest

from orchestrator.data.containers.plain_files import Folder, LoneFile, listing, stamp_of_files
from orchestrator.errors import BadInput


def test_a_folder_s_files_are_read_by_name_and_hidden_ones_are_none(tmp_path):
    (tmp_path / "sad").mkdir()
    (tmp_path / "sad" / "1.png").write_bytes(b"123")
    (tmp_path / ".hidden").write_bytes(b"1")
    folder = Folder(tmp_path)
    assert folder.sizes == {"sad/1.png": 3}
    assert (folder.read("sad/1.png"), folder.read("sad/1.png", limit=2)) == (b"123", b"12")


def test_a_lone_file_is_a_container_of_one(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"123")
    lone = LoneFile(file)
    assert (lone.sizes, lone.read("a.csv"), lone.place("a.csv")) == (
        {"a.csv": 3},
        b"123",
        str(file),
    )


def test_a_link_to_a_folder_above_does_not_go_round_for_ever(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(b"1")
    (tmp_path / "a" / "up").symlink_to(tmp_path / "a")
    names = [name for name, _ in listing(tmp_path)]
    assert names[0] == "a/1.png"
    assert len(names) == 1
    assert len(stamp_of_files(tmp_path)) == 64


def test_the_stamp_of_a_folder_sees_every_kind_of_change(tmp_path):
    def stamp():
        return stamp_of_files(tmp_path)

    (tmp_path / "happy").mkdir()
    file = tmp_path / "happy" / "a.png"
    file.write_bytes(b"1")
    os.utime(file, ns=(1, 1))
    stamps = [stamp()]
    assert stamp() == stamps[0]
    file.write_bytes(b"22")  # size
    os.utime(file, ns=(1, 1))
    stamps.append(stamp())
    os.utime(file, ns=(2, 2))  # time
    stamps.append(stamp())
    file.rename(file.with_name("b.png"))  # name
    stamps.append(stamp())
    (tmp_path / "happy").rename(tmp_path / "sad")  # folder
    stamps.append(stamp())
    (tmp_path / "fear").mkdir()
    stamps.append(stamp())
    assert len(set(stamps)) == 6


def test_a_dangling_link_in_a_folder_is_refused_as_it_is_listed(tmp_path):
    (tmp_path / "gone.png").symlink_to("nowhere.png")
    with pytest.raises(BadInput, match=r"gone\.png is a link to nowhere\.png, where nothing is; "):
        Folder(tmp_path)


def test_a_file_that_goes_after_the_folder_was_listed(tmp_path):
    (tmp_path / "a.png").write_bytes(b"1")
    folder = Folder(tmp_path)
    (tmp_path / "a.png").unlink()
    with pytest.raises(BadInput, match=r"a\.png does not exist; give --data an existing CSV"):
        folder.read("a.png")
