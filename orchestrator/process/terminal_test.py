import os
import subprocess
import sys

import pytest

from orchestrator.process.terminal import redirected_output

PROGRAM = """
import logging, os, subprocess, sys
from pathlib import Path
from orchestrator.process.terminal import redirected_output

print("before")
with redirected_output(Path(sys.argv[1])) as (out, err):
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
    words = [sys.executable, "-c", PROGRAM, str(log)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "before\na word\nafter\n"
    assert done.stderr == "an aside\nan error after\n"
    text = log.read_text()
    for words in ("by print\n", "by print to stderr", "by logging", "by a C library", "by a child"):
        assert words in text


def test_a_second_run_adds_to_the_log(tmp_path, capfd):
    for text in ("first", "second"):
        with redirected_output(tmp_path / "log"):
            os.write(1, text.encode())
    assert (tmp_path / "log").read_text() == "firstsecond"
    assert capfd.readouterr() == ("", "")


def test_the_terminal_comes_back_after_an_error_and_no_file_stays_open(tmp_path, capfd):
    def interrupted():
        with redirected_output(tmp_path / "log") as (_, err):
            err.write("interrupted\n")
            raise KeyboardInterrupt

    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    os.write(1, b"back\n")
    assert capfd.readouterr() == ("back\n", "interrupted\n")
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_worker_prints_into_a_file_of_its_own(tmp_path):
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from orchestrator.process.terminal import redirect_worker_output\n"
        "log = redirect_worker_output(Path(sys.argv[1]))\n"
        "os.write(1, b'out')\n"
        "os.write(2, b'err')\n"
        "assert log.read_text() == 'outerr', log.read_text()\n"
        "sys.exit(0 if log.name == f'worker-{os.getpid()}.log' else 1)\n"
    )
    words = [sys.executable, "-c", program, str(tmp_path / "logs")]
    worker = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (worker.returncode, worker.stdout, worker.stderr) == (0, "", "")


def test_one_of_the_streams_may_go_elsewhere_alone(tmp_path):
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from orchestrator.process.terminal import STDOUT, redirect_output\n"
        "redirect_output(Path(os.devnull), [STDOUT])\n"
        "print('lost')\n"
        "print('seen', file=sys.stderr)\n"
    )
    words = [sys.executable, "-c", program]
    process = subprocess.run(words, capture_output=True, text=True, check=True)
    assert (process.stdout, process.stderr) == ("", "seen\n")


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""A locale that has no letter beyond English, and nothing that mends it."""

LACKING = """
import sys
from pathlib import Path
from orchestrator.monitor.progress import Progress, RunningTrial, Snapshot
from orchestrator.process.exit_code import exit_code
from orchestrator.process.progress_bar import ProgressBar
from orchestrator.process.terminal import redirected_output

def command():
    print("printed \\u2551", flush=True)
    with redirected_output(Path(sys.argv[1])) as (out, err):
        print("out \\u2026", file=out)
        print("err \\udcff", file=err)
        print("to the log \\u6124")
        with Progress(err) as progress:
            progress.say("a line \\u6012")
        with ProgressBar("a bar \\u6012", 1, "images") as bar:
            bar.advance(1)
    raise ValueError

try:
    exit_code(command)
except ValueError:
    sys.exit(7)
"""


def test_a_character_that_the_locale_lacks_becomes_an_escape(tmp_path):
    words = [sys.executable, "-c", LACKING, str(tmp_path / "log")]
    done = subprocess.run(words, capture_output=True, env={**os.environ, **ASCII})
    assert (done.returncode, done.stderr) == (7, b"err \\udcff\na line \\u6012\n")
    assert done.stdout == b"printed \\u2551\nout \\u2026\n"
    assert b"to the log \\u6124" in (tmp_path / "log").read_bytes()
