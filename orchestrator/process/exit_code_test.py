import errno
import subprocess
import sys

import pytest

from orchestrator.errors import BadInput
from orchestrator.process.exit_code import (
    BAD_INPUT,
    DONE,
    FAILED,
    INTERRUPTED,
    exit_code,
)
from results.journal.event_journal import Busy
from results.store import DamagedResults


def raising(error):
    def command() -> int:
        raise error

    return command


@pytest.mark.parametrize("code", [DONE, FAILED, BAD_INPUT, 77])
def test_a_command_that_ends_has_its_own_code(code, capsys):
    assert exit_code(lambda: code) == code
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (BadInput("--seed is negative"), BAD_INPUT, "error: --seed is negative\n"),
        (DamagedResults("no table"), BAD_INPUT, "error: no table\n"),
        (Busy("process 7 writes"), BAD_INPUT, "error: process 7 writes\n"),
        (KeyboardInterrupt(), INTERRUPTED, "interrupted\n"),
        (PermissionError(errno.EACCES, "no"), FAILED, "error: PermissionError: [Errno 13] no\n"),
        (OSError(errno.ENOSPC, "No space"), FAILED, "error: the disk is full (No space); make"),
    ],
)
def test_an_error_has_its_code_and_one_line(error, code, line, capsys):
    assert exit_code(raising(error)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(line)
    assert err.count("\n") == 1


def test_an_error_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        exit_code(raising(ZeroDivisionError()))


def test_a_reader_that_has_had_enough_is_no_error():
    program = (
        "import sys\n"
        "from orchestrator.process.exit_code import exit_code\n"
        "def command():\n"
        "    while True:\n"
        "        print('a line')\n"
        "sys.exit(exit_code(command))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"a line\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == DONE
