import io

import pytest
from rich.console import Console

from orchestrator.process import progress_bar as bar_module
from orchestrator.process.progress_bar import bar


def drawn(terminal: bool) -> str:
    file = io.StringIO()
    with bar("reading", 10, Console(file=file, force_terminal=terminal, width=80)) as advance:
        for _ in range(10):
            advance(1)
    return file.getvalue()


def test_nothing_is_drawn_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(bar_module, "PATIENCE", 0.0)
    assert drawn(terminal=False) == ""


def test_nothing_is_drawn_within_the_first_second():
    assert drawn(terminal=True) == ""


def test_longer_work_shows_how_far_it_is(monkeypatch):
    monkeypatch.setattr(bar_module, "PATIENCE", 0.0)
    text = drawn(terminal=True)
    assert "reading" in text
    assert "100%" in text


def test_a_failure_within_is_passed_on_and_leaves_the_terminal_as_it_was(monkeypatch):
    monkeypatch.setattr(bar_module, "PATIENCE", 0.0)
    file = io.StringIO()
    console = Console(file=file, force_terminal=True)

    def fail() -> None:
        with bar("reading", 2, console) as advance:
            advance(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert file.getvalue().rfind("\x1b[?25h") > file.getvalue().rfind("\x1b[?25l")
