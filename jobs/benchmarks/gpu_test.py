"""What a row that fails costs: itself, and the exit code; no other row."""

import json
import subprocess
import sys

import pytest

from jobs.benchmarks import gpu
from jobs.benchmarks.request import BenchmarkRequest
from jobs.benchmarks.row import Row, Table
from jobs.benchmarks.setup import Setup
from orchestrator.errors import BadInput

WITHOUT_ANALYSIS = """
import sys
sys.modules["analysis.explain.network"] = None  # as where what it imports is not installed
from jobs import benchmark
sys.exit(benchmark.main(sys.argv[1:]))
"""


def fails(setup):
    yield Row("fails", "first", n=1)
    raise MemoryError("no room\nfor the second")


def is_refused(setup):
    yield from ()
    raise BadInput("the faces cannot be stored")


@pytest.fixture
def measured(tmp_path, monkeypatch, capsys):
    """Has a row measured that the table gets besides; what it answers, and the file's rows."""

    def measure(row):
        monkeypatch.setitem(gpu.ROWS, row.__name__, row)
        out = tmp_path / "gpu.jsonl"
        setup = Setup(BenchmarkRequest(benchmark="gpu"), began=0.0)
        succeeded = gpu._measured(row.__name__, setup, Table(out, {}))
        return succeeded, [json.loads(line) for line in out.read_text().splitlines()[1:]]

    return measure


def test_a_row_that_fails_keeps_what_it_measured_and_says_why(measured, capsys):
    succeeded, rows = measured(fails)
    assert not succeeded
    assert rows == [
        {"row": "fails", "setting": "first", "n": 1},
        {"row": "fails", "note": "failed: MemoryError: no room"},
    ]
    assert "Traceback" not in capsys.readouterr().err


def test_bad_input_of_a_row_is_no_failure_of_the_row(measured):
    with pytest.raises(BadInput, match="cannot be stored"):
        measured(is_refused)


@pytest.mark.long
def test_explanations_are_skipped_where_they_cannot_be_imported(tmp_path):
    pytest.importorskip("jax")
    out = tmp_path / "gpu.jsonl"
    words = ["gpu", "--only", "explain", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_ANALYSIS, *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    _, row = map(json.loads, out.read_text().splitlines())
    assert (row["row"], row["setting"]) == ("explain", "Grad-CAM")
    assert row["note"].startswith("skipped: import of analysis.explain.network halted")
