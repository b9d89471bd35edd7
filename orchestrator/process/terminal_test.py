import errno
import os
import signal
import subprocess
import sys

import pytest

from orchestrator.process.signals import JOB_STOP, termination_as_ctrl_c
from orchestrator.process.terminal import chatter_to, in_words

CHATTER = """
import logging, os, subprocess, sys
from pathlib import Path
from orchestrator.process.terminal import chatter_to

print("before")
with chatter_to(Path(sys.argv[1])) as (out, err):
    print("by print")
    print("by print to stderr", file=sys.stderr)
    logging.warning("by logging")
    os.write(2, b"by a C library\\n")
    subprocess.run(["echo", "by a child"])
    print("a word", file=out)
    print("an aside", file=err)
print("after")
print("an error after", file=sys.stderr)
"""


def test_only_what_is_meant_for_the_terminal_gets_there(tmp_path):
    log = tmp_path / "logs" / "driver.log"
    words = [sys.executable, "-c", CHATTER, str(log)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "before\na word\nafter\n"
    assert done.stderr == "an aside\nan error after\n"
    told = log.read_text()
    for words in ("by print\n", "by print to stderr", "by logging", "by a C library", "by a child"):
        assert words in told


def test_a_second_run_adds_to_the_log(tmp_path, capfd):
    for text in ("first", "second"):
        with chatter_to(tmp_path / "log"):
            os.write(1, text.encode())
    assert (tmp_path / "log").read_text() == "firstsecond"
    assert capfd.readouterr() == ("", "")


def test_the_terminal_comes_back_after_an_error_and_no_file_stays_open(tmp_path, capfd):
    def interrupted():
        with chatter_to(tmp_path / "log") as (_, err):
            err.write("interrupted\n")
            raise KeyboardInterrupt

    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    os.write(1, b"back\n")
    assert capfd.readouterr() == ("back\n", "interrupted\n")
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_full_disk_is_called_that_however_deep_it_is_wrapped():
    wrapped = RuntimeError("Traceback of another process\nand so on")
    wrapped.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert in_words(wrapped) == "the disk is full (No space left on device); make room first"
    assert in_words(ValueError("first line\nsecond")) == "ValueError: first line"


@pytest.mark.parametrize(("stop", "heard"), [("SIGINT", True), ("SIGTERM", False), ("", False)])
def test_a_stop_signal_that_a_shell_had_ignored_is_heard_again(stop, heard, monkeypatch):
    monkeypatch.setenv(JOB_STOP, stop)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with termination_as_ctrl_c():
            assert (signal.getsignal(signal.SIGINT) != signal.SIG_IGN) == heard
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
