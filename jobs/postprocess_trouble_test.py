"""What stops post-processing before any worker is needed: one sentence each, and no traceback."""

import errno
import os
import sys

import pytest

from analysis.comparison.testing import MadeUpFolder, wrong_at
from jobs.postprocess import main
from orchestrator.data.cache.open_faces import open_faces
from results.paths import Paths


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A finished sweep of one trial, not yet written."""
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    splits = open_faces(None, embedded=140, cache=tmp_path / "cache")
    return MadeUpFolder(tmp_path / "s", splits).add("0a", wrong_at(splits, [0]))


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_folder_that_cannot_be_written_is_refused_with_what_to_do(
    number, made, capfd, monkeypatch
):
    root, open_file = made.written().root, os.open

    def refused(path, *more, **named):
        if str(path).endswith("postprocess.lock"):
            raise OSError(number, os.strerror(number), path)
        return open_file(path, *more, **named)

    monkeypatch.setattr(os, "open", refused)
    assert main([root]) == 2
    reason = f"cannot be written ({os.strerror(number)}); copy it to where you may write"
    assert capfd.readouterr() == ("", f"error: {root} {reason}\n")


def test_data_that_are_gone_are_bad_input(made, capfd):
    made.record["data"] |= {"path": "gone.csv", "embedded": None, "digest": "0" * 64}
    root = made.written().root
    assert main([root]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    (line,) = [line for line in err.splitlines() if "error: " in line]
    assert "gone.csv" in line
    assert "give --data PATH" in line
    assert "Traceback" not in err


def test_what_nobody_expected_is_one_line_a_traceback_in_the_log_and_the_command_that_goes_on(
    made, capfd, monkeypatch
):
    store = made.written()
    store.write_bytes(Paths().prediction("0a"), b"no table")  # so no net needs to be asked
    store.write_bytes(f"{Paths().leaderboard}/in the way", b"")  # a folder, where a file goes
    with open(2, "w", closefd=False) as terminal:  # pytest's own is not file descriptor 2
        monkeypatch.setattr(sys, "stderr", terminal)
        assert main([store.root]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    *_, problem, kept, command = err.splitlines()
    log = f"{store.root}/{Paths().logs}/postprocess.log"
    assert problem.startswith("error: IsADirectoryError: ")
    assert problem.endswith(f"; see {log}")
    assert kept == "what is finished is kept; go on with:"
    assert command == f"  python -m jobs.postprocess {store.root}"
    assert "Traceback" not in err
    assert b"Traceback" in store.read_bytes(f"{Paths().logs}/postprocess.log")
