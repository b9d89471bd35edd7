"""A real sweep that is extended, its driver killed on the way, and one asked for at once."""

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from results.paths import Paths

QUESTION = """
from ray import tune
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep(
        name="tiny",
        question="Which rate suits a tiny net?",
        space={
            "architecture": "CPF",
            "learning_rate": tune.grid_search([0.003, 0.1, 0.03]),
            "width": 0.1,
            "batch_size": 16,
            "epochs": 2,
            "precision": "float32",
        },
        budget=Budget(trials=2, early_stopping=False),
        search="grid",
        embedded=210,
    )
"""
EXACT = ["learning_rate", "train_loss", "validation_loss", "validation_accuracy"]

pytestmark = [pytest.mark.ray, pytest.mark.faults, pytest.mark.slow]


@pytest.fixture
def command(tmp_path):
    """Gives the words of a sweep's command."""
    question = tmp_path / "tiny.py"
    question.write_text(QUESTION)

    def words(results, *more):
        words = [sys.executable, "-m", "orchestrator.sweep", str(question), "--no-postprocess"]
        words += ["--results", str(tmp_path / results), "--name", "tiny", "--concurrency", "1"]
        return [*words, *more]

    return words


def run(words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def kill_after(words, journal, epochs):
    """Start the sweep and SIGKILL its driver once the journal has so many more epochs."""
    until = time.monotonic() + 500
    epochs += journal.read_text().count('"event": "epoch"')
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as driver:
        while time.monotonic() < until and driver.poll() is None:
            if journal.read_text().count('"event": "epoch"') >= epochs:
                break
            time.sleep(0.02)
        assert driver.poll() is None, "the sweep ended before it could be killed"
        os.kill(driver.pid, signal.SIGKILL)


def test_more_trials_then_more_epochs_killed_on_the_way_are_as_much_at_once(command, tmp_path):
    folder, at_once = tmp_path / "extended" / "tiny", tmp_path / "whole" / "tiny"
    run(command("extended"))
    err = run(command("extended", "--resume", "--trials", "3"))
    assert "extended: trials from 2 to 3; 2 of 3 trials are there, 1 is new" in err
    kill_after(command("extended", "--resume", "--epochs", "200"), folder / Paths().journal, 30)
    err = run(command("extended", "--resume"))
    assert "extended: " not in err  # the folder's name has the word
    run(command("whole", "--trials", "3", "--epochs", "200"))

    trials = pd.read_parquet(folder / Paths().trials)
    assert trials["epochs"].tolist() == [2] * 3 + [200] * 3
    assert set(trials["status"]) == {"completed"}
    continued = trials["continued_from"].fillna("").tolist()
    assert continued == [""] * 3 + trials["trial"].tolist()[:3]
    longer = pd.read_parquet(at_once / Paths().trials)["trial"].tolist()
    assert trials["trial"].tolist()[3:] == longer
    rows, expected = (pd.read_parquet(f / Paths().epochs) for f in (folder, at_once))
    rows = rows[rows["trial"].isin(longer)].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows[EXACT], expected[EXACT])
    for trial in longer:
        name = Paths().weight(trial)
        assert (folder / name).read_bytes() == (at_once / name).read_bytes()
    stored = {place.name for place in (folder / Paths().checkpoints).iterdir()}
    assert stored == set(longer)
