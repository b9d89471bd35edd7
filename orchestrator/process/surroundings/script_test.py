import sys

import pytest

from orchestrator.process.surroundings.script import folder_of, script


def test_a_link_to_a_file_finds_the_neighbours_of_the_file_itself(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "of_the_link.py").write_text("import neighbour_of_it as n\n")
    (tmp_path / "real" / "neighbour_of_it.py").write_text("X = 1\n")
    link = tmp_path / "of_the_link.py"
    link.symlink_to(tmp_path / "real" / "of_the_link.py")
    with script(link) as module:
        assert module.n.X == 1
        assert module.__file__ == str(link)
        assert sys.path[0] == str(tmp_path / "real")
    assert folder_of(str(link)) == [str(tmp_path / "real")]
    assert sys.path[0] != str(tmp_path / "real")
    del sys.modules["of_the_link"], sys.modules["neighbour_of_it"]


def test_a_name_that_is_taken_is_left_to_its_owner(tmp_path):
    (tmp_path / "pytest.py").write_text("x = 1\n")
    with script(tmp_path / "pytest.py") as module:
        assert module.__name__ == "script_pytest"
    assert sys.modules["pytest"] is pytest
    assert sys.modules.pop("script_pytest") is module


def test_the_same_file_is_read_again(tmp_path):
    file = tmp_path / "read_twice.py"
    for number in (1, 2):
        file.write_text(f"x = {number}\n")
        with script(file) as module:
            assert (module.x, sys.modules["read_twice"]) == (number, module)
    del sys.modules["read_twice"]


def test_a_named_question_has_no_folder():
    assert folder_of("quickstart") == []
