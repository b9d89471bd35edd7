import os
import subprocess
import sys

import pytest

from cluster.chaos.comparison_test import played
from cluster.chaos.fake_training import TrialScript
from cluster.chaos.sandbox import HOME, Sandbox, end_all, processes


def test_epochs_that_were_begun_again_are_counted(tmp_path):
    sandbox = Sandbox(tmp_path)
    assert (sandbox.started_epochs(), sandbox.repeated_epochs()) == ([], 0)
    script = TrialScript.read(sandbox.store)
    sandbox.trace.mkdir()
    for seed, epoch in ((0, 1), (0, 2), (1, 1), (0, 2), (0, 2)):
        script.note("begun", seed, epoch)
    script.note("epochs", 0, 1)
    assert sandbox.repeated_epochs() == 2
    assert [line[:3] for line in sandbox.finished_epochs()] == [(0, 1, os.getpid())]


def test_noticing_is_counted_from_the_fault(tmp_path):
    sandbox = played(tmp_path)  # all of its events are of midnight
    midnight = 1767225600.0
    assert sandbox.seconds_to_notice(midnight - 2.5, "ended") == 2.5
    assert sandbox.seconds_to_notice(midnight + 1, "ended") is None


def test_what_a_sandbox_left_running_is_found_and_ended_stopped_or_not(tmp_path):
    sandbox = Sandbox(tmp_path / "mine")
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    own = subprocess.Popen(words, env=sandbox.environ())
    other = subprocess.Popen(words, env={**os.environ, HOME: str(tmp_path / "mine-not")})
    try:
        assert sandbox.wait(lambda: len(processes(sandbox.folder)) == 1) < 60
        own.send_signal(19)  # SIGSTOP
        end_all(sandbox.folder)
        assert own.wait(10) == -9
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_waiting_in_vain_repeats_what_the_driver_said(tmp_path):
    sandbox = Sandbox(tmp_path)
    (tmp_path / "err").write_text("no room")
    with pytest.raises(TimeoutError, match="no room"):
        sandbox.wait(lambda: False, 0.01)
