"""Three of the faults with true training, by the product's own command: not a bit may differ."""

import os
import signal
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from cluster.chaos import tiny_sweep
from cluster.chaos.damaged_files import cut
from cluster.chaos.outcome import Observed
from cluster.chaos.processes import ends
from cluster.chaos.sandbox import Sandbox, differences, end_all, uninterrupted
from orchestrator.process.exit_code import DONE
from results.paths import Paths
from results.schema import PREDICTIONS

ATTEMPTS = 5
"""To hit a trial that has two states: between two trials there is none."""

PASSED = "passed over"
"""In the log of a process that did not take a state, with the reason."""


def driver_killed(folder: Path) -> Observed:
    """The driver is killed twice, in the middle of trials."""
    sandbox = _sandbox(folder)
    for epochs in (3, 8):
        driver = sandbox.begin()
        sandbox.wait(lambda epochs=epochs: len(sandbox.events("epoch")) >= epochs)  # type: ignore[misc]
        sandbox.kill(driver)
    return _seen(sandbox, sandbox.run(), blows=2)


def trial_killed(folder: Path) -> Observed:
    """The process that trains is killed."""
    sandbox = _sandbox(folder)
    driver = sandbox.begin()
    sandbox.wait(lambda: len(sandbox.events("epoch")) >= 3)
    logs = (sandbox.here / Paths().logs).glob("worker-*.log")
    newest = max(logs, key=lambda file: file.stat().st_mtime)
    struck = time.time()
    os.kill(int(newest.stem.removeprefix("worker-")), signal.SIGKILL)
    code = driver.wait(240)
    return _seen(sandbox, code, blows=1, detected=sandbox.noticed(struck))


def checkpoint_damaged(folder: Path) -> Observed:
    """The driver is killed and the last state of the trial it ran is cut in half."""
    sandbox = _sandbox(folder)
    for _ in range(ATTEMPTS):
        _stop_in_the_middle(sandbox)
        for newest in _pairs(sandbox):
            cut(newest)
            seen = _seen(sandbox, sandbox.run(), blows=1)
            logs = (sandbox.here / Paths().logs).glob("worker-*.log")
            said = [line for log in logs for line in log.read_text().splitlines() if PASSED in line]
            wrong = () if said else ("no process passed a state over",)
            return replace(seen, differences=(*wrong, *seen.differences), said="".join(said[:1]))
    return Observed(None, 0, ("no trial had two states",), blows=0)


def _stop_in_the_middle(sandbox: Sandbox) -> None:
    """Begin or go on, and kill the driver when a trial has two states and has told the second."""

    def so() -> bool:
        last = sandbox.events("epoch")[-1:]
        return bool(_pairs(sandbox)) and bool(last) and last[0]["row"]["epoch"] > 1

    driver = sandbox.begin()
    sandbox.wait(lambda: driver.poll() is not None or so())
    sandbox.kill(driver)
    end_all(sandbox.folder)  # else the process would end its epoch, and leave a newer state


def _sandbox(folder: Path) -> Sandbox:
    return Sandbox(folder, real=tiny_sweep.__file__)


def _pairs(sandbox: Sandbox) -> list[Path]:
    """The newest arrays of each trial that has two states."""
    folders = (sandbox.here / Paths().checkpoints).glob("*")
    states = (sorted(folder.glob("*[0-9].safetensors")) for folder in folders)
    return [files[-1] for files in states if len(files) > 1]


def _seen(sandbox: Sandbox, code: int, blows: int, detected: float | None = None) -> Observed:
    wrong = (*ends(code, DONE), *differences(sandbox), *_other_weights(sandbox))
    trained = defaultdict[tuple[str, int], set[float]](set)
    for event in sandbox.events("epoch"):  # told again it has the same time, trained again another
        trained[event["trial"], event["row"]["epoch"]].add(event["row"]["seconds"])
    again = sum(len(times) - 1 for times in trained.values())
    return Observed(detected, again + blows, wrong, blows)  # one was under way at each blow


def _other_weights(sandbox: Sandbox) -> list[str]:
    """Weights and predictions that are not those of the sweep that was left alone."""
    whole, wrong = uninterrupted(sandbox), []
    for folder in (Paths().weights, Paths().predictions):
        ours, theirs = sandbox.store.list(folder), whole.store.list(folder)
        if list(ours) != list(theirs):
            wrong.append(f"{folder}: {len(ours)} files, expected {len(theirs)}")
    for name in whole.store.list(Paths().weights):
        if sandbox.store.read_bytes(name) != whole.store.read_bytes(name):
            wrong.append(f"{name} differs")
    for name in whole.store.list(Paths().predictions):
        pair = (one.store.read_table(name, PREDICTIONS) for one in (sandbox, whole))
        wrong += [] if next(pair).equals(next(pair)) else [f"{name} differs"]
    return wrong
