"""Three of the faults with true training, by the product's own command: not a bit may differ."""

import os
import signal
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from cluster.chaos import tiny_sweep
from cluster.chaos.comparison import differences
from cluster.chaos.damaged_files import cut
from cluster.chaos.outcome import Outcome, wrong_exit
from cluster.chaos.sandbox import Sandbox, end_all, uninterrupted
from orchestrator.process.exit_code import DONE
from results.paths import Paths
from results.schema import PREDICTIONS

ATTEMPTS = 5
"""To hit a trial that has two states: between two trials there is none."""

PASSED = "passed over"
"""In the log of a process that did not take a state, with the reason."""


def driver_killed(folder: Path) -> Outcome:
    """The driver is killed twice, in the middle of trials."""
    sandbox = _sandbox(folder)
    for epochs in (3, 8):
        driver = sandbox.begin()
        sandbox.wait(lambda epochs=epochs: len(sandbox.events("epoch")) >= epochs)  # type: ignore[misc]
        sandbox.kill(driver)
    return _outcome(sandbox, sandbox.run(), injections=2)


def trial_killed(folder: Path) -> Outcome:
    """The process that trains is killed."""
    sandbox = _sandbox(folder)
    driver = sandbox.begin()
    sandbox.wait(lambda: len(sandbox.events("epoch")) >= 3)
    logs = (sandbox.local_folder / Paths().logs).glob("worker-*.log")
    newest = max(logs, key=lambda file: file.stat().st_mtime)
    injected_at = time.time()
    os.kill(int(newest.stem.removeprefix("worker-")), signal.SIGKILL)
    code = driver.wait(240)
    return _outcome(sandbox, code, injections=1, detected=sandbox.seconds_to_notice(injected_at))


def checkpoint_damaged(folder: Path) -> Outcome:
    """The driver is killed and the last state of the trial it ran is cut in half."""
    sandbox = _sandbox(folder)
    for _ in range(ATTEMPTS):
        _stop_in_the_middle(sandbox)
        for newest in _pairs(sandbox):
            cut(newest)
            outcome = _outcome(sandbox, sandbox.run(), injections=1)
            logs = (sandbox.local_folder / Paths().logs).glob("worker-*.log")
            lines = [
                line for log in logs for line in log.read_text().splitlines() if PASSED in line
            ]
            wrong = () if lines else ("no process passed a state over",)
            return replace(
                outcome, differences=(*wrong, *outcome.differences), message="".join(lines[:1])
            )
    return Outcome(None, 0, ("no trial had two states",), injections=0)


def _stop_in_the_middle(sandbox: Sandbox) -> None:
    """Begin or go on, and kill the driver when a trial has two states and has told the second."""

    def due() -> bool:
        last = sandbox.events("epoch")[-1:]
        return bool(_pairs(sandbox)) and bool(last) and last[0]["row"]["epoch"] > 1

    driver = sandbox.begin()
    sandbox.wait(lambda: driver.poll() is not None or due())
    sandbox.kill(driver)
    end_all(sandbox.folder)  # else the process would end its epoch, and leave a newer state


def _sandbox(folder: Path) -> Sandbox:
    return Sandbox(folder, real=tiny_sweep.__file__)


def _pairs(sandbox: Sandbox) -> list[Path]:
    """The newest arrays of each trial that has two states."""
    folders = (sandbox.local_folder / Paths().checkpoints).glob("*")
    states = (sorted(folder.glob("*[0-9].safetensors")) for folder in folders)
    return [files[-1] for files in states if len(files) > 1]


def _outcome(
    sandbox: Sandbox, code: int, injections: int, detected: float | None = None
) -> Outcome:
    wrong = (*wrong_exit(code, DONE), *differences(sandbox), *_other_weights(sandbox))
    trained = defaultdict[tuple[str, int], set[float]](set)
    for event in sandbox.events("epoch"):  # told again it has the same time, trained again another
        trained[event["trial"], event["row"]["epoch"]].add(event["row"]["seconds"])
    again = sum(len(times) - 1 for times in trained.values())
    return Outcome(
        detected, again + injections, wrong, injections
    )  # one was under way at each kill


def _other_weights(sandbox: Sandbox) -> list[str]:
    """Weights and predictions that are not those of the sweep that was left alone."""
    reference, wrong = uninterrupted(sandbox), []
    for folder in (Paths().weights, Paths().predictions):
        ours, theirs = sandbox.store.list(folder), reference.store.list(folder)
        if list(ours) != list(theirs):
            wrong.append(f"{folder}: {len(ours)} files, expected {len(theirs)}")
    for name in reference.store.list(Paths().weights):
        if sandbox.store.read_bytes(name) != reference.store.read_bytes(name):
            wrong.append(f"{name} differs")
    for name in reference.store.list(Paths().predictions):
        pair = (one.store.read_table(name, PREDICTIONS) for one in (sandbox, reference))
        wrong += [] if next(pair).equals(next(pair)) else [f"{name} differs"]
    return wrong
