import errno
import sys

from orchestrator.process.error_line import error_line, full_disk, log_traceback


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
