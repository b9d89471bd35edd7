import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.process import provenance
from orchestrator.process.provenance import PARTS, code_digest, digest_of

PACKAGE = Path(__file__).parents[1]


def test_the_run_is_described_by_plain_json():
    run = provenance.describe()
    assert json.loads(json.dumps(run)) == run
    assert run["python"].count(".") == 2
    assert {"ray", "keras", "numpy", "optuna"} <= set(run["packages"])
    assert run["hardware"].endswith("cores (driver)")


def test_the_command_can_be_typed_again(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["x", "--data", "/fer 2013.zip", "--set", "a=b|c"])
    words = shlex.split(provenance.command())
    assert words[-4:] == ["--data", "/fer 2013.zip", "--set", "a=b|c"]


def test_a_secret_in_the_command_is_not_kept(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["x", "--address", "http://me:hush@h", "--token=hush"])
    words = shlex.split(provenance.command())
    assert words[-3:] == ["--address", "http://***@h", "--token=***"]


def test_a_module_is_named_as_it_was_started():
    words = [sys.executable, "-m", "orchestrator.process.provenance_test", "a b"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=repository())
    assert done.stdout == "python -m orchestrator.process.provenance_test 'a b'\n"


def repository() -> Path:
    return Path(__file__).parents[2]


def test_outside_a_checkout_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "provenance.py"))
    assert provenance.commit() is None


def test_the_commit_says_whether_files_differ_from_it(tmp_path, monkeypatch):
    def git(*words):
        mail = ["-c", "user.email=a@b", "-c", "user.name=a"]
        subprocess.run(["git", "-C", tmp_path, *mail, *words], check=True, capture_output=True)

    file = tmp_path / "provenance.py"
    file.write_text("1")
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    monkeypatch.setattr(provenance, "__file__", str(file))
    clean = provenance.commit()
    assert len(clean) == 40
    file.write_text("2")
    assert provenance.commit() == f"{clean}+changes"


def test_a_package_that_is_not_there_is_left_out(monkeypatch):
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "no-such-package-at-all"))
    assert list(provenance.versions()) == ["numpy"]


if __name__ == "__main__":
    print(provenance.command())


# --- the code that computes ---


@pytest.fixture
def copy(tmp_path):
    for part in PARTS:
        if (PACKAGE / part).is_dir():
            shutil.copytree(PACKAGE / part, tmp_path / part, ignore=lambda *_: ["__pycache__"])
        else:
            shutil.copy(PACKAGE / part, tmp_path / part)
    return tmp_path


def test_a_copy_elsewhere_has_the_same_digest_however_its_lines_end(copy):
    assert len(code_digest()) == 12
    assert digest_of(copy) == code_digest()
    file = copy / "metrics.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert digest_of(copy) == code_digest()


@pytest.mark.parametrize("name", ["training/engine.py", "models/options.py", "config.py"])
def test_a_change_of_any_module_that_computes_changes_it(copy, name):
    file = copy / name
    file.write_text(file.read_text() + "\nX = 1\n")
    assert digest_of(copy) != code_digest()


def test_a_module_that_is_gone_or_renamed_changes_it_a_test_does_not(copy):
    (copy / "training" / "new_test.py").write_text("assert True")
    assert digest_of(copy) == code_digest()
    (copy / "training" / "engine.py").rename(copy / "training" / "motor.py")
    assert digest_of(copy) != code_digest()
