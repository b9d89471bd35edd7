import os
from pathlib import Path

import pytest

from orchestrator.errors import BadInput
from orchestrator.process.surroundings.local_path import absolute, expanded, settle_home


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("~", "/home/me"),
        ("~/fer", "/home/me/fer"),
        ("a/~/b", "a/~/b"),
        ("./~", "./~"),
        ("s3://bucket/~/x", "s3://bucket/~/x"),
        ("", ""),
    ],
)
def test_the_home_folder_is_put_in_at_the_beginning_of_a_path_alone(given, path):
    assert expanded(given) == path


def test_paths_from_the_root(tmp_path):
    assert absolute("~/fer") == "/home/me/fer"
    assert absolute("fer") == str(tmp_path / "fer")
    assert absolute("s3://bucket/fer") == "s3://bucket/fer"


def test_a_home_that_nobody_has_is_refused_unless_there_is_such_a_file():
    with pytest.raises(BadInput, match=r"^--data '~nobody-here/x': whose home ~nobody-here is"):
        expanded("~nobody-here/x", "--data")
    Path("~nobody-here").mkdir()
    assert expanded("~nobody-here") == "~nobody-here"


def test_a_character_that_no_path_has_is_refused():
    with pytest.raises(BadInput, match=r"^--data 'a\\x00b': holds a character of code 0"):
        expanded("a\0b", "--data")


def test_names_that_no_file_can_have_are_refused():
    assert expanded("a" * 255) == "a" * 255
    with pytest.raises(BadInput, match=r"--data 'x/a.*': a name of 256 bytes; a file's has 255"):
        expanded("x/" + "a" * 256, "--data")
    assert expanded("s3://bucket/" + "a" * 300) == "s3://bucket/" + "a" * 300
    with pytest.raises(BadInput, match=r"^'\\ud800': holds letters that this system's locale"):
        expanded("\ud800")


def test_a_user_without_a_name_and_a_home_gets_one(monkeypatch):
    settle_home()
    assert os.environ["HOME"] == "/home/me"
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 3_000_000_001)
    assert expanded("./~") == "./~"
    settle_home()
    assert os.environ["HOME"] == "/"
    assert expanded("~/fer") == "/fer"
