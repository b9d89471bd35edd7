"""A sweep with real training whose driver is killed, and the same sweep left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from orchestrator.process.backend import is_installed
from orchestrator.scheduling.ledger import Ledger
from results.journal.file_journal import Journal
from results.paths import Paths

QUESTION = '''
"""Which rate suits a net of two layers, on a handful of drawn faces?"""
from ray import tune
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep(
        name="tiny",
        question="Which rate suits a tiny net?",
        space={
            "architecture": "CPF",
            "learning_rate": tune.grid_search([0.003, 0.1, 0.0001, 0.03, 1e-5]),
            "width": 0.1,
            "batch_size": 16,
            "epochs": 5,
            "precision": "float32",
        },
        budget=Budget(trials=5, grace_epochs=1, reduction_factor=2),
        search="grid",
        embedded=210,
    )
'''

pytestmark = [pytest.mark.ray, pytest.mark.faults]


def command(question: Path, results: Path, *more: str) -> list[str]:
    words = [sys.executable, "-m", "orchestrator.sweep", str(question)]
    words += ["--results", str(results), "--name", "tiny", "--concurrency", "1"]
    return [*words, "--no-postprocess", *more]


def run(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)


def kill_after(words: list[str], journal: Path, events: int) -> None:
    """Start the sweep and SIGKILL its driver once the journal has that many epochs."""
    driver = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 200
    while time.monotonic() < until and driver.poll() is None:
        lines = journal.read_text() if journal.exists() else ""
        if lines.count('"event": "epoch"') >= events:
            break
        time.sleep(0.02)
    assert driver.poll() is None, "the sweep ended before it could be killed"
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()


def ledger(folder: Path) -> Ledger:
    return Ledger([], Journal(folder / Paths().journal).read())  # type: ignore[arg-type]


def outcomes(folder: Path) -> dict[str, tuple[str, list[int]]]:
    return {t: (e.status, sorted(e.rows)) for t, e in ledger(folder).entries.items()}


def rungs(folder: Path) -> list[tuple[str, int, float | None, bool]]:
    events = Journal(folder / Paths().journal).read()
    return [(e["trial"], e["epoch"], e["value"], e["keep"]) for e in events if e["event"] == "rung"]


@pytest.fixture(scope="module")
def question(tmp_path_factory):
    file = tmp_path_factory.mktemp("question") / "tiny.py"
    file.write_text(QUESTION)
    return file


@pytest.fixture(scope="module")
def uninterrupted(question, tmp_path_factory):
    results = tmp_path_factory.mktemp("whole")
    done = run(command(question, results))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(results / "tiny")
    return results / "tiny"


@pytest.mark.slow  # jobs/refit_test.py asks the same of a refit
def test_a_whole_sweep_leaves_what_it_promises(uninterrupted):
    trials = pd.read_parquet(uninterrupted / Paths().trials)
    assert set(trials["status"]) <= {"completed", "pruned"}
    assert len(trials) == 5
    finished = trials[trials["status"] == "completed"]
    assert len(finished) >= 1
    for trial in finished["trial"]:
        assert (uninterrupted / Paths().weight(trial)).is_file()
        assert len(pd.read_parquet(uninterrupted / Paths().prediction(trial))) == 21
    for name in (Paths().sweep, Paths().epochs, Paths().tensorboard, Paths().logs):
        assert (uninterrupted / name).exists()


@pytest.mark.slow  # by default jobs/refit_test.py kills a driver with true training
@pytest.mark.parametrize("epochs", [2, 7])
def test_a_killed_sweep_resumes_to_the_same_trials_and_rungs(
    question, uninterrupted, tmp_path, epochs
):
    words = command(question, tmp_path)
    folder = tmp_path / "tiny"
    kill_after(words, folder / Paths().journal, epochs)
    before = rungs(folder)
    for table in (Paths().trials, Paths().epochs):
        if (folder / table).exists():
            pd.read_parquet(folder / table)

    done = run([*words, "--resume"])

    assert done.returncode == 0, done.stderr
    assert rungs(folder)[: len(before)] == before
    assert rungs(folder) == rungs(uninterrupted)
    assert outcomes(folder) == outcomes(uninterrupted)
    table = pd.read_parquet(folder / Paths().epochs)
    assert not table.duplicated(["trial", "epoch"]).any()


def variant(question: Path, file: Path, *changes: tuple[str, str]) -> Path:
    """The question with some of its words changed, in another file."""
    text = question.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    return file


RATES = "[0.003, 0.1, 0.0001, 0.03, 1e-5]"
PAIR = ('"CPF"', 'tune.grid_search(["C7PF", "CPF"])')  # 48 pixels cannot be halved 7 times


def test_a_crash_is_recorded_and_ctrl_c_says_how_to_go_on(question, tmp_path):
    cheap = "jax" if is_installed("jax") else "tensorflow"  # to import
    endless = ('"epochs": 5', '"epochs": 100_000')
    file = variant(
        question, tmp_path / "pair.py", PAIR, endless, (RATES, "[0.03]"), ("trials=5", "trials=2")
    )
    folder = tmp_path / "tiny"
    driver = subprocess.Popen(
        command(file, tmp_path, f"--backend={cheap}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while '"event": "epoch"' not in _text(folder / Paths().journal) and driver.poll() is None:
        time.sleep(0.05)
    driver.send_signal(signal.SIGINT)
    out, err = driver.communicate(timeout=60)
    assert driver.returncode == 130, err
    assert "interrupted after " in err
    assert "trials had ended" in err
    assert "best so far: validation accuracy " in err
    assert "go on with:\n" in err
    assert "--resume" in err
    assert "Traceback" not in err
    assert out == f"{folder}\n"
    trials = pd.read_parquet(folder / Paths().trials).set_index("architecture")
    assert trials["status"].to_dict() == {"C7PF": "failed", "CPF": "running"}
    assert "C7PF" in trials.loc["C7PF", "error"]
    ended = [e for e in Journal(folder / Paths().journal).read() if e["event"] == "ended"]
    assert [e["status"] for e in ended] == ["failed"]


@pytest.mark.slow  # by default jobs/refit_test.py kills a process with true training
def test_a_killed_worker_costs_its_trial_nothing(question, tmp_path):
    file = variant(question, tmp_path / "one.py", (RATES, "[0.03]"), ("trials=5", "trials=1"))
    folder = tmp_path / "tiny"
    driver = subprocess.Popen(
        command(file, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while '"event": "epoch"' not in _text(folder / Paths().journal) and driver.poll() is None:
        time.sleep(0.02)
    worker = next((folder / Paths().logs).glob("worker-*.log"))
    os.kill(int(worker.stem.removeprefix("worker-")), signal.SIGKILL)
    _, err = driver.communicate(timeout=200)

    assert driver.returncode == 0, err
    trials = pd.read_parquet(folder / Paths().trials)
    assert trials[["status", "epochs_trained"]].to_numpy().tolist() == [["completed", 5]]
    epochs = pd.read_parquet(folder / Paths().epochs)
    assert epochs["epoch"].tolist() == [1, 2, 3, 4, 5]
    ended = [e for e in Journal(folder / Paths().journal).read() if e["event"] == "ended"]
    assert [e["status"] for e in ended] == ["completed"]  # once, not in vain


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""
