"""What goes wrong around a sweep: before it trains, while it is reported, and after its end."""

import shlex
import shutil
import sys

import pytest

from orchestrator import sweep
from orchestrator.driver import execution
from orchestrator.preprocess import prepared
from orchestrator.process import hardware
from orchestrator.request import COMMAND
from results.paths import Paths


def test_a_preprocessing_process_that_dies_ends_it_before_anything_is_trained(
    question, results, capfd, monkeypatch
):
    if hardware.cores() < 2:
        pytest.skip("one core preprocesses in this process")
    monkeypatch.setattr(prepared, "CHUNK", 16)
    monkeypatch.setattr(prepared, "WORTH_PROCESSES", 0.0)
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    words = [question, "--results", str(results), "--set", "preprocessing=clahe"]
    assert sweep.main(words) == 1
    out, err = capfd.readouterr()
    assert out == ""
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert line.startswith("error: RuntimeError: a preprocessing process stopped in mid-work (exit")
    assert line.endswith("; nothing was trained yet")
    assert "Traceback" not in err
    assert not (results / "tiny" / Paths().sweep).exists()


@pytest.mark.parametrize(
    ("ended_by", "code"), [(RuntimeError("Ray would not start"), 1), (KeyboardInterrupt(), 130)]
)
def test_a_journal_that_cannot_be_read_costs_nobody_the_line_that_goes_on(
    ended_by, code, question, results, capfd, monkeypatch
):
    def with_ray(work):
        (results / "tiny" / Paths().journal).write_text("no event\n" * 3)
        raise ended_by

    monkeypatch.setattr(execution, "_with_ray", with_ray)
    words = [question, "--results", str(results)]
    assert sweep.main(words) == code
    *_, reached, before, command = [line for line in capfd.readouterr().err.splitlines() if line]
    assert COMMAND.program in command
    assert shlex.split(command)[-1] == "--resume"
    if code == 130:
        assert (reached, before) == ("interrupted after 0 s", "go on with:")
    else:
        assert before == "what was trained is kept; go on with:"


def test_logs_that_cannot_be_copied_are_a_note_and_the_code_stays(question, capfd, monkeypatch):
    place = "memory://bucket/logs-that-stay"

    def with_ray(work):
        work.planned.store.write_bytes(Paths().logs, b"a file where the folder would be")
        raise RuntimeError("Ray would not start")

    monkeypatch.setattr(execution, "_with_ray", with_ray)
    assert sweep.main([question, "--results", place]) == 1
    out, err = capfd.readouterr()
    assert out == f"{place}/tiny\n"
    assert "error: RuntimeError: Ray would not start" in err
    assert "note: the last logs could not be copied (" in err
