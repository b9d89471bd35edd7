import errno
import sys

import pytest

from orchestrator.errors import BadInput, shown
from orchestrator.process.error_line import error_line, full_disk, log_traceback, sentence


def test_a_full_disk_is_called_that_however_deep_it_is_wrapped():
    wrapped = RuntimeError("Traceback of another process\nand so on")
    wrapped.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert error_line(wrapped) == "the disk is full (No space left on device); make room first"
    assert error_line(ValueError("first line\nsecond")) == "ValueError: first line"


def test_causes_that_go_in_a_circle_end():
    first, second = ValueError("a"), OSError(errno.EIO, "b")
    first.__cause__, second.__context__ = second, first
    assert full_disk(first) is None


def test_a_log_without_room_is_no_further_error(monkeypatch, capsys):
    class Full:
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    def fail(stream: object) -> None:
        monkeypatch.setattr(sys, "stderr", stream)
        try:
            raise ZeroDivisionError("division by zero")
        except ZeroDivisionError:
            log_traceback()

    captured = sys.stderr
    fail(Full())
    fail(captured)
    assert "ZeroDivisionError: division by zero" in capsys.readouterr().err


class RemoteError(Exception):
    """As Ray wraps what a task raised: its text is the traceback, `cause` what was raised."""

    def __init__(self, text: str, cause: BaseException | None) -> None:
        super().__init__(text)
        self.cause = cause


REMOTE = (
    "\x1b[36mray::look()\x1b[39m (pid=4060, ip=127.0.0.1)\n"
    '  File "a.py", line 1, in look\n'
    "    Loss: of something\n"
    "ModuleNotFoundError: No module named 'torch'\n"
)


@pytest.mark.parametrize("cause", [None, ModuleNotFoundError("No module named 'torch'")])
def test_what_another_process_raised_is_shown_itself(cause):
    expected = "ModuleNotFoundError: No module named 'torch'"
    assert error_line(RemoteError(REMOTE, cause)) == expected
    assert error_line(RemoteError("again", RemoteError(REMOTE, cause))) == expected


def test_wrapping_in_a_circle_ends():
    error = RemoteError("a", None)
    error.cause = RemoteError("b", error)
    assert error_line(error) in ("RemoteError: a", "RemoteError: b")


def test_a_full_disk_of_another_process_is_called_that():
    full = OSError(errno.ENOSPC, "No space left on device")
    assert error_line(RemoteError(REMOTE, full)).startswith("the disk is full")


class Broken(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError(), "ValueError, without a word"),
        (ValueError("\n\n  \x1b[31mred\x1b[0m  \nmore"), "ValueError: red"),
        (ValueError("a\x07b\x9bc"), "ValueError: a\\x07b\\x9bc"),
        (Broken(), "Broken, without a word"),
    ],
)
def test_a_line_is_one_line_and_steers_no_terminal(error, line):
    assert error_line(error) == line


def test_a_long_one_keeps_both_ends():
    line = error_line(ValueError("a" * 5000 + "end"))
    assert line.startswith("ValueError: aaa")
    assert line.endswith("aend")
    assert len(line) < 700


def test_a_sentence_of_ours_keeps_its_lines_and_no_codes():
    assert sentence(BadInput("a \x1b[31mname\nsecond")) == "a \\x1b[31mname\nsecond"


def test_any_value_can_be_shown():
    assert shown("a\x1b") == "'a\\x1b'"
    assert shown(10**5000) == "a value of type int that cannot be written"
    assert len(shown("a" * 10**6)) < 300
