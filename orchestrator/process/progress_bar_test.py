import io
import re

import pytest
from rich.console import Console

from orchestrator.process import progress_bar
from orchestrator.process.progress_bar import ProgressBar


def drawn(terminal: bool, unit: str = "", total: int = 10) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, no_color=True, width=80)
    with ProgressBar("reading", total, unit, console) as bar:
        for _ in range(total):
            bar.advance(1)
    return file.getvalue()


def test_nothing_is_drawn_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(progress_bar, "PATIENCE", 0.0)
    assert drawn(terminal=False) == ""


def test_nothing_is_drawn_within_the_first_second():
    assert drawn(terminal=True) == ""


def test_longer_work_shows_how_far_it_is(monkeypatch):
    monkeypatch.setattr(progress_bar, "PATIENCE", 0.0)
    text = drawn(terminal=True)
    assert "reading" in text
    assert "100%" in text


def test_work_with_a_unit_is_shown_at_once_with_its_number_speed_and_time():
    text = drawn(terminal=True, unit="images")
    assert "0 of 10 images" in text
    assert "10 of 10 images" in text
    assert re.search(r"10 of 10 images, [\d,]+/s, 0 s gone, about 0 s left", text)


def test_under_ten_steps_there_is_a_time_and_no_speed(monkeypatch):
    text = drawn(terminal=True, unit="members", total=9)
    assert "9 of 9 members, 0 s gone, about 0 s left" in text
    assert "/s" not in text
    monkeypatch.setattr(progress_bar, "LINE_EVERY_S", 0.0)
    lines = drawn(terminal=False, unit="members", total=9).splitlines()
    assert lines[8] == "reading: 9 of 9 members, 0 s gone, about 0 s left"


def test_what_is_left_is_not_guessed_before_the_first_step(monkeypatch):
    monkeypatch.setattr(progress_bar, "LINE_EVERY_S", 0.0)
    file = io.StringIO()
    with ProgressBar("copying", 8, "bytes", Console(file=file, width=80)) as bar:
        bar.advance(0)
    assert file.getvalue() == "copying: 0 of 8 bytes, 0 s gone\n"


def test_a_log_gets_lines_now_and_then_and_one_at_the_end(monkeypatch):
    monkeypatch.setattr(progress_bar, "LINE_EVERY_S", 0.0)
    monkeypatch.setattr(progress_bar, "WORTH_A_LINE_S", 0.0)
    lines = drawn(terminal=False, unit="images").splitlines()
    assert len(lines) == 11
    assert lines[4] == "reading: 5 of 10 images, 0 s gone, about 0 s left"
    assert re.fullmatch(r"reading: 10 of 10 images, [\d,]+/s, 0 s gone, about 0 s left", lines[9])
    assert lines[-1] == "reading: 10 images in 0 s"


def test_an_interruption_leaves_how_far_it_had_come_in_a_log():
    file = io.StringIO()

    def interrupt() -> None:
        with ProgressBar("judging maps", 301, "images", Console(file=file, width=80)) as bar:
            bar.advance(120)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    line = "judging maps: 120 of 301 images when interrupted after 0 s\n"
    assert file.getvalue() == line


def test_quick_work_leaves_no_line_in_a_log():
    assert drawn(terminal=False, unit="images") == ""


def test_what_is_undone_is_taken_back(monkeypatch):
    monkeypatch.setattr(progress_bar, "LINE_EVERY_S", 0.0)
    file = io.StringIO()
    with ProgressBar("copying", 8, "bytes", Console(file=file, width=80)) as bar:
        bar.advance(6)
        bar.advance(-2)
    assert file.getvalue().splitlines()[1].startswith("copying: 4 of 8 bytes")


def test_a_failure_within_is_passed_on_and_leaves_the_terminal_as_it_was(monkeypatch):
    monkeypatch.setattr(progress_bar, "PATIENCE", 0.0)
    file = io.StringIO()
    console = Console(file=file, force_terminal=True)

    def fail() -> None:
        with ProgressBar("reading", 2, console=console) as bar:
            bar.advance(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert file.getvalue().rfind("\x1b[?25h") > file.getvalue().rfind("\x1b[?25l")
