"""A working folder may hold an analysis.py, jobs.py, results.py: ours are not mistaken for them."""

import os
import subprocess
import sys

import pytest

from orchestrator.process.surroundings import own_packages
from orchestrator.process.surroundings.own_packages import NAMES, ROOT


@pytest.fixture
def cluttered(tmp_path):
    """A folder with modules of our names, each of which ends the process that imports it."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the user's own')\n")
    return tmp_path


def run(words, folder, **variables):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_command_works_where_modules_have_our_names(tmp_path):
    for name in set(NAMES) - {"orchestrator"}:  # python -m would take that for the command
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)\n")
    done = run([sys.executable, "-m", "orchestrator.sweep", "--list"], tmp_path)
    assert (done.returncode, done.stdout.partition(" ")[0]) == (0, "quickstart")


def test_a_console_script_works_where_even_orchestrator_is_the_user_s(cluttered):
    program = "from orchestrator.sweep import main; raise SystemExit(main(['--list']))"
    done = run([sys.executable, "-P", "-c", program], cluttered)
    assert (done.returncode, done.stdout.partition(" ")[0]) == (0, "quickstart")


@pytest.mark.parametrize("name", ["jobs.postprocess", "jobs.sweep"])
def test_a_child_finds_ours_and_not_the_folder_s(name, cluttered):
    done = subprocess.run(
        own_packages.child(name, "--help"),
        cwd=cluttered,
        env=own_packages.child_environment(),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ")


def test_another_module_that_was_loaded_before_is_named_in_a_sentence(tmp_path):
    (tmp_path / "results.py").write_text("x = 1\n")
    done = run([sys.executable, "-c", "import results; import orchestrator"], tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    assert last == (
        f"ImportError: a module named results is loaded ({tmp_path / 'results.py'}), and it is "
        "none of this product's; rename it, or start from another folder"
    )


def test_what_lies_beside_a_question_with_our_names_is_listed(tmp_path):
    (tmp_path / "jobs.py").touch()
    (tmp_path / "results").mkdir()  # a folder of results is no package
    assert own_packages.beside(tmp_path) == [tmp_path / "jobs.py"]
    assert own_packages.beside(ROOT) == []


def test_the_search_path_of_a_child_keeps_what_was_in_it():
    variables = own_packages.child_environment({"PYTHONPATH": "/a", "HOME": "/b"})
    assert variables == {"PYTHONPATH": f"{ROOT}{os.pathsep}/a", "HOME": "/b"}
    assert own_packages.child_environment({})["PYTHONPATH"] == str(ROOT)
