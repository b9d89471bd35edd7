import json
import sys
import time

import psutil
import pytest

from orchestrator import plan, sweep
from orchestrator.config import Budget, Sweep
from orchestrator.driver import dry_run
from orchestrator.process.backend import BackendChoice
from orchestrator.process.provenance import code_digest
from orchestrator.request import parse
from orchestrator.testing.stored_sweep import write_sweep

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


@pytest.fixture
def request_and_plan(tmp_path, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    (tmp_path / "tiny.py").write_text(QUESTION)

    def make(*words, question=None):
        results = str(tmp_path / "results")
        request = parse([str(tmp_path / "tiny.py"), "--results", results, "--dry-run", *words])
        return request, plan.make(request, question)

    return make


STAND_IN = """
import json, pathlib, sys
task = json.load(sys.stdin)
pathlib.Path(sys.argv[1]).write_text(json.dumps(task))
print("chatter")
for config in task["configs"]:
    print(json.dumps({"measuring": config["architecture"]}))
print(sys.argv[2])
sys.stderr.write(sys.argv[3])
sys.exit(int(bool(sys.argv[3])))
"""
"""In place of the module that measures: keeps its task and gives an answer, or an error."""


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Have that process answer these speeds; gives a function that reads the task it got."""

    def answer(speeds, error=""):
        task = tmp_path / "task.json"
        words = (sys.executable, "-c", STAND_IN, str(task), json.dumps(speeds), error)
        monkeypatch.setattr(dry_run, "MEASURE", words)
        return lambda: json.loads(task.read_text())

    return answer


def speed(images_per_second):
    return {"images_per_second": images_per_second, "parameters": 1234, "precision": "float32"}


def test_a_dry_run_says_all_and_leaves_nothing(request_and_plan, measured, capsys, tmp_path):
    task = measured({"CPF": speed(116.0), "CPFF": speed(58.0)})
    request, planned = request_and_plan("--concurrency", "2", "--time-budget", "30m")
    assert dry_run.dry_run(planned, request) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == "tiny: Which tiny net?"
    assert lines[-1] == str(tmp_path / "results" / "tiny")
    assert "architecture  CPF | CPFF" in out
    assert "after epoch 1, where one trial in 27 goes on, 1 at least (first_epochs)" in out
    assert "grid, at most 2 trials, seed 0" in out
    # 2 trials: 2 x 1, then one goes on: 1 x 2 + 1 x 6 + 1 x 18
    assert "about 28 epochs of 54 without early stopping" in out
    assert "1,234 parameters, float32" in out
    assert (
        "\n  first_epochs, replayed over 32 orders of a recorded grid (12 of 72 trials, 27 epo"
        in out
    )
    assert "ended by --time-budget after 30 min at most" in out
    assert not (tmp_path / "results").exists()
    backend, configs, side, classes = task().values()
    assert f"backend    {backend} (" in out
    assert [c["architecture"] for c in configs] == ["CPF", "CPFF"]
    assert {c["width"] for c in configs} == {0.1}
    assert (side, classes) == (48, 7)


def test_what_a_warm_start_would_take_over_is_said_and_is_in_no_estimate(
    request_and_plan, measured, capsys, tmp_path
):
    measured({"CPF": speed(116.0), "CPFF": speed(58.0)})
    request, planned = request_and_plan("--warm-start", "--backend", "tensorflow")
    alike = {"data": planned.splits.digest, "code": code_digest()}
    write_sweep(tmp_path / "results", "old", "2026-01-01", [0.02, 0.04, 0.03], **alike)
    dry_run.dry_run(planned, request)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    at = lines.index(
        "warm start: 3 trials of sweep old count as rivals at the rungs; no further configuration "
        "of them is tried first"
    )
    assert "not in the estimate" in lines[at + 1]
    assert any("about 28 epochs of 54" in line for line in lines), "as without"


def test_the_time_is_the_epochs_by_the_mean_over_the_slots(request_and_plan, measured, capsys):
    request, planned = request_and_plan("--concurrency", "2")
    images = len(planned.splits.training) + len(planned.splits.validation) / 3
    measured({"CPF": speed(images / 10), "CPFF": speed(images / 30)})
    dry_run.dry_run(planned, request)
    # 28 epochs of (10 + 30) / 2 seconds in 2 slots
    assert "about 4 min 40 s with 2 trials at once on this machine" in capsys.readouterr().out


def test_a_cluster_that_is_named_and_not_joined_is_said(
    request_and_plan, measured, capsys, monkeypatch
):
    measured({"CPF": speed(116.0), "CPFF": speed(58.0)})
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    request, planned = request_and_plan()
    dry_run.dry_run(planned, request)
    assert "           note: RAY_ADDRESS (10.0.0.1:6379) is not used; " in capsys.readouterr().out


def test_what_cannot_be_built_is_said(request_and_plan, measured, capsys):
    measured({"CPF": {"error": "no weights"}, "CPFF": {"error": "nor here"}})
    request, planned = request_and_plan()
    assert dry_run.dry_run(planned, request) == 0
    out = capsys.readouterr().out
    assert "CPF              cannot be built: no weights" in out
    assert "no estimate: no architecture could be built" in out


def test_a_plan_is_printed_even_where_nothing_can_be_measured(request_and_plan, measured, capsys):
    measured({}, error="Traceback ...\nImportError: no tensorflow\n")
    request, planned = request_and_plan()
    assert dry_run.dry_run(planned, request) == 0
    out = capsys.readouterr().out
    assert "estimate   none: measuring failed: ImportError: no tensorflow" in out
    assert out.splitlines()[-1] == str(planned.folder)


def test_listed_configurations_are_shown_and_weigh_as_often_as_they_stand(
    request_and_plan, measured, capsys
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
    task = measured(speeds)
    dry_run.dry_run(planned, request)
    out = capsys.readouterr().out
    assert "grid, at most 6 trials" in out
    assert "   2  architecture=CPF, width=0.4, optimizer=adam\n" in out
    # 6 trials of 5 epochs by (2 x 15 + 60) / 3 seconds in 2 slots
    assert "about 30 epochs of 30 without early stopping; about 7 min 30 s with 2" in out
    configs = {c["architecture"]: (c["width"], c["optimizer"]) for c in task()["configs"]}
    assert configs == {"CPFF": (0.2, "sgd"), "CPF": (0.4, "adam")}


def test_what_is_measured_is_said_meanwhile(request_and_plan, measured, capsys):
    measured({"CPF": speed(116.0), "CPFF": speed(58.0)})
    request, planned = request_and_plan()
    dry_run.dry_run(planned, request)
    out, err = capsys.readouterr()
    first, *turns = err.splitlines()
    assert first.startswith("measuring 2 architectures; ")
    assert turns == [
        "measuring CPF (1 of 2): compiling, then a few steps; 0 s gone",
        "measuring CPFF (2 of 2): compiling, then a few steps; 0 s gone",
    ]
    assert "a few steps measured in 0 s on this machine" in out


INTERRUPTED = """
import os, pathlib, signal, sys, time
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
os.kill(os.getppid(), signal.SIGINT)
time.sleep(60)
"""


@pytest.mark.faults
def test_a_ctrl_c_while_it_measures_ends_both_processes(
    request_and_plan, monkeypatch, capsys, tmp_path
):
    pid = tmp_path / "pid"
    monkeypatch.setattr(dry_run, "MEASURE", (sys.executable, "-c", INTERRUPTED, str(pid)))
    request_and_plan()  # the question's file
    words = [str(tmp_path / "tiny.py"), "--results", str(tmp_path / "results"), "--dry-run"]
    began = time.monotonic()
    assert sweep.main(words) == 130
    assert time.monotonic() - began < 30  # it would sleep for a minute
    assert not psutil.pid_exists(int(pid.read_text()))
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted"


@pytest.mark.slow
def test_real_nets_are_measured_in_a_process_of_their_own(request_and_plan):
    _, planned = request_and_plan("--set", "precision=float32")
    chosen = plan.with_backend(planned, BackendChoice("tensorflow", ""))
    speeds = dry_run.measure(chosen)
    assert set(speeds) == {"CPF", "CPFF"}
    assert all(f["images_per_second"] > 0 and f["parameters"] > 0 for f in speeds.values())
    assert "tensorflow" not in sys.modules
