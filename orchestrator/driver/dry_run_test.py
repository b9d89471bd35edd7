import json
import subprocess
import sys

import pytest

from orchestrator import plan
from orchestrator.config import Budget, Sweep
from orchestrator.driver import dry_run
from orchestrator.driver.dry_run import expected_epochs
from orchestrator.request import parse

QUESTION = """
from ray import tune
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep(
        name="tiny",
        question="Which tiny net?",
        space={"architecture": tune.grid_search(["CPF", "CPFF"]), "epochs": 27, "width": 0.1},
        budget=Budget(trials=27),
        search="grid",
        embedded=140,
    )
"""


@pytest.mark.parametrize(
    ("trials", "epochs", "milestones", "expected"),
    [
        (27, 27, (1, 3, 9), 27 + 9 * 2 + 3 * 6 + 1 * 18),  # 81
        (27, 27, (), 27 * 27),
        (2, 9, (1, 3), 2 + 1 * 2 + 1 * 6),  # never fewer than one goes on
        (9, 4, (3,), 9 * 3 + 3 * 1),
    ],
)
def test_expected_epochs_by_hand(trials, epochs, milestones, expected):
    assert expected_epochs(trials, epochs, milestones, 3) == expected


@pytest.fixture
def request_and_plan(tmp_path, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    (tmp_path / "tiny.py").write_text(QUESTION)

    def make(*words, question=None):
        results = str(tmp_path / "results")
        request = parse([str(tmp_path / "tiny.py"), "--results", results, "--dry-run", *words])
        return request, plan.make(request, question)

    return make


def fake_measuring(monkeypatch, speeds, code=0, stderr=""):
    """In place of the process that measures: its calls, and this answer."""
    calls = []

    def run(words, input, **options):
        calls.append((words, json.loads(input)))
        answer = f"chatter\n{json.dumps(speeds)}\n"
        return subprocess.CompletedProcess(words, code, answer, stderr)

    monkeypatch.setattr(dry_run.subprocess, "run", run)
    return calls


def speed(images_per_second):
    return {"images_per_second": images_per_second, "parameters": 1234, "precision": "float32"}


def test_a_dry_run_says_all_and_leaves_nothing(request_and_plan, monkeypatch, capsys, tmp_path):
    calls = fake_measuring(monkeypatch, {"CPF": speed(116.0), "CPFF": speed(58.0)})
    request, planned = request_and_plan("--concurrency", "2", "--time-budget", "30m")
    assert dry_run.dry_run(planned, request) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == "tiny: Which tiny net?"
    assert lines[-1] == str(tmp_path / "results" / "tiny")
    assert "architecture  CPF | CPFF" in out
    assert "after epochs 1, 3, 9, where about one trial in 3 goes on (ASHA)" in out
    assert "grid, at most 2 trials, seed 0" in out
    # 2 trials: 2 x 1, then one goes on: 1 x 2 + 1 x 6 + 1 x 18
    assert "about 28 epochs of 54 without early stopping" in out
    assert "1,234 parameters, float32" in out
    assert "ended by --time-budget after 30 min at most" in out
    assert not (tmp_path / "results").exists()
    words, task = calls[0]
    assert words == [sys.executable, "-m", "orchestrator.training.measure"]
    assert [c["architecture"] for c in task["configs"]] == ["CPF", "CPFF"]
    assert {c["width"] for c in task["configs"]} == {0.1}
    assert (task["side"], task["classes"]) == (48, 7)


def test_the_time_is_the_epochs_by_the_mean_over_the_slots(request_and_plan, monkeypatch, capsys):
    request, planned = request_and_plan("--concurrency", "2")
    images = len(planned.splits.training) + len(planned.splits.validation) / 3
    fake_measuring(monkeypatch, {"CPF": speed(images / 10), "CPFF": speed(images / 30)})
    dry_run.dry_run(planned, request)
    # 28 epochs of (10 + 30) / 2 seconds in 2 slots
    assert "about 4 min 40 s with 2 trials at once on this machine" in capsys.readouterr().out


def test_what_cannot_be_built_is_said(request_and_plan, monkeypatch, capsys):
    fake_measuring(monkeypatch, {"CPF": {"error": "no weights"}, "CPFF": {"error": "nor here"}})
    request, planned = request_and_plan()
    assert dry_run.dry_run(planned, request) == 0
    out = capsys.readouterr().out
    assert "CPF              cannot be built: no weights" in out
    assert "no estimate: no architecture could be built" in out


def test_a_plan_is_printed_even_where_nothing_can_be_measured(
    request_and_plan, monkeypatch, capsys
):
    fake_measuring(monkeypatch, {}, code=1, stderr="Traceback ...\nImportError: no tensorflow\n")
    request, planned = request_and_plan()
    assert dry_run.dry_run(planned, request) == 0
    out = capsys.readouterr().out
    assert "estimate   none: measuring failed: ImportError: no tensorflow" in out
    assert out.splitlines()[-1] == str(planned.folder)


def test_listed_configurations_are_shown_and_weigh_as_often_as_they_stand(
    request_and_plan, monkeypatch, capsys
):
    listed = [("CPFF", 0.2, "sgd"), ("CPF", 0.4, "adam"), ("CPFF", 0.3, "adam")]
    keys = ("architecture", "width", "optimizer")
    question = Sweep(
        name="final",
        question="Which of three?",
        space={"epochs": 5, "seed": {"grid_search": [1, 2]}},
        budget=Budget(trials=6, early_stopping=False),
        search="grid",
        embedded=140,
        configurations=tuple(dict(zip(keys, row, strict=True)) for row in listed),
    )
    request, planned = request_and_plan("--concurrency", "2", question=question)
    images = len(planned.splits.training) + len(planned.splits.validation) / 3
    speeds = {"CPF": speed(images / 60), "CPFF": speed(images / 15)}
    measured = fake_measuring(monkeypatch, speeds)
    dry_run.dry_run(planned, request)
    out = capsys.readouterr().out
    assert "grid, at most 6 trials" in out
    assert "   2  architecture=CPF, width=0.4, optimizer=adam\n" in out
    # 6 trials of 5 epochs by (2 x 15 + 60) / 3 seconds in 2 slots
    assert "about 30 epochs of 30 without early stopping; about 7 min 30 s with 2" in out
    configs = {c["architecture"]: (c["width"], c["optimizer"]) for c in measured[0][1]["configs"]}
    assert configs == {"CPFF": (0.2, "sgd"), "CPF": (0.4, "adam")}


@pytest.mark.slow
def test_real_nets_are_measured_in_a_process_of_their_own(request_and_plan):
    _, planned = request_and_plan("--set", "precision=float32")
    speeds = dry_run.measure(planned)
    assert set(speeds) == {"CPF", "CPFF"}
    assert all(f["images_per_second"] > 0 and f["parameters"] > 0 for f in speeds.values())
    assert "tensorflow" not in sys.modules
