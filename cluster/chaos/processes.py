"""Faults of processes on one machine: a trial's, the driver's, and what a trial itself does."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from cluster.chaos.comparison import differences, outcome
from cluster.chaos.fake_training import TrialFault
from cluster.chaos.kill_points import KILL_POINTS
from cluster.chaos.outcome import Outcome, wrong_exit
from cluster.chaos.sandbox import Sandbox, end_all
from orchestrator.process.exit_code import BAD_INPUT, DONE, INTERRUPTED

INJECTIONS = 20
"""Random moments at which the driver is killed."""

HANG_AFTER_S = 3
"""`--hang-after` of trials that hang."""

SHORT_EPOCH_S = 0.1
BETWEEN_STATES_S = 1.0
"""Of a trial whose states are not all stored."""

ROOM_BYTES = 4 * 2**30
"""Memory that all of the machine may take before Ray kills a trial: others use it, too."""


def trial_killed(folder: Path) -> Outcome:
    """A trial's process is killed in its third epoch, another's while a write may be under way."""
    return _with_trial_faults(
        Sandbox(folder, trial_faults=(TrialFault(1, 3, "die"), TrialFault(3, 6, "die")))
    )


def trial_killed_at_its_start(folder: Path) -> Outcome:
    """A process dies as it is told its next trial's configuration, another in the first step."""
    return _with_trial_faults(
        Sandbox(folder, trial_faults=(TrialFault(1, 0, "die"), TrialFault(4, 1, "die")))
    )


def trial_killed_between_states(folder: Path) -> Outcome:
    """A trial of short epochs is killed: of three seconds' work it loses the last one's."""
    sandbox = Sandbox(
        folder,
        trials=2,
        epochs=40,
        grace=0,
        epoch_seconds=SHORT_EPOCH_S,
        trial_faults=(TrialFault(1, 30, "die"),),
        epoch_by_epoch=False,
        store_every_s=BETWEEN_STATES_S,
    )
    return _with_trial_faults(sandbox)


def trial_hangs(folder: Path) -> Outcome:
    """A trial sleeps for an hour."""
    words = ("--hang-after", f"{HANG_AFTER_S}s")
    return _with_trial_faults(
        Sandbox(folder, trial_faults=(TrialFault(2, 2, "hang"),), words=words, grace=0)
    )


def trial_frozen(folder: Path) -> Outcome:
    """A trial's process is stopped (SIGSTOP), so that not even Ray's part of it answers."""
    words = ("--hang-after", f"{HANG_AFTER_S}s")
    return _with_trial_faults(
        Sandbox(folder, trial_faults=(TrialFault(2, 2, "freeze"),), words=words, grace=0)
    )


def trial_out_of_memory(folder: Path) -> Outcome:
    """A trial takes more and more memory until Ray kills it."""
    memory = psutil.virtual_memory()
    threshold = (memory.total - memory.available + ROOM_BYTES) / memory.total
    environment = {
        "RAY_memory_usage_threshold": f"{threshold:.4f}",
        "RAY_memory_monitor_refresh_ms": "100",
    }
    return _with_trial_faults(
        Sandbox(
            folder, trial_faults=(TrialFault(1, 3, "memory"),), environment=environment, grace=0
        ),
        cause="memory",
    )


def _with_trial_faults(sandbox: Sandbox, cause: str = "") -> Outcome:
    """Run a sweep whose trials' processes die or hang on cue; each is begun again.

    Args:
        sandbox: with the faults.
        cause: which the journal must give; any if empty.
    """
    wrong = wrong_exit(sandbox.run(), DONE)
    injections = [(fault, sandbox.injected_at(fault)) for fault in sandbox.trial_faults]
    wrong += [f"trial {fault.seed} did not {fault.kind}" for fault, at in injections if at is None]
    waits = [sandbox.seconds_to_notice(at) for _, at in injections if at is not None]
    causes = {event["cause"] for event in sandbox.events("died")}
    if cause and causes != {cause}:
        wrong.append(f"died of {sorted(causes)}, expected {cause}")
    wrong += ["a death was not noticed"] if None in waits else []
    return outcome(
        sandbox,
        wrong,
        detected_s=max((wait for wait in waits if wait is not None), default=None),
        injections=len(injections),
        message=sandbox.line("its process") or sandbox.line("no sign"),
    )


def trial_raises(folder: Path) -> Outcome:
    """A trial raises an exception: its own row says so, all others are as ever."""
    return _odd(folder, "raise", {"status": "failed", "error": "RuntimeError: raised on cue"})


def trial_without_a_number(folder: Path) -> Outcome:
    """A trial's loss is NaN: it ends as diverged, all others are as ever."""
    return _odd(folder, "nan", {"status": "failed", "epochs_trained": 3})


def trial_without_a_metric(folder: Path) -> Outcome:
    """A trial tells None for its accuracy once: that epoch has none, and it goes on."""
    return _odd(folder, "none", {"status": "completed", "epochs_trained": 9})


def _odd(folder: Path, kind: str, expected: dict[str, Any]) -> Outcome:
    seed = 2
    sandbox = Sandbox(folder, trial_faults=(TrialFault(seed, 3, kind),), grace=0)
    wrong = wrong_exit(sandbox.run(), DONE)
    at = sandbox.injected_at(sandbox.trial_faults[0])
    trials, epochs = sandbox.tables()
    (row,) = trials[trials["seed"] == seed].to_dict("records")
    wrong += [f"{k} is {row[k]!r}, expected {v!r}" for k, v in expected.items() if row[k] != v]
    own_epochs = epochs[epochs["trial"] == row["trial"]].set_index("epoch")
    if kind == "none" and not own_epochs["validation_accuracy"].isna().to_dict().get(3):
        wrong.append("epoch 3 has an accuracy")
    event = "ended" if kind == "raise" else "epoch"
    return outcome(
        sandbox,
        wrong,
        detected_s=None if at is None else sandbox.seconds_to_notice(at, event),
        message=f"{row['status']}: {row['error'] if kind == 'raise' else row['reason']}",
        but=(seed,),
    )


def driver_killed(folder: Path) -> Outcome:
    """The driver is killed at random moments and taken up again each time.

    Half of the kills hit its processes with it, so that no trial gets to the end of its epoch.
    Epochs are short: states are stored at rungs and at the end, and what is in between is lost.
    """
    sweep = Sandbox(folder, trials=24, epoch_seconds=0.2, epoch_by_epoch=False)
    return driver_killed_often(sweep, INJECTIONS, ())


def driver_killed_thrice(folder: Path) -> Outcome:
    """The short form: one by the journal, one in a table, one in a checkpoint."""
    return driver_killed_often(Sandbox(folder), 3, list(KILL_POINTS)[1:])


def driver_killed_often(first: Sandbox, kills: int, kinds: Sequence[str]) -> Outcome:
    """Kill and resume; a sweep that comes to its end before all kills is followed by another.

    Args:
        first: the sweep; those that follow stand beside it.
        kills: how many.
        kinds: of `KILL_POINTS`, in turn; empty: all, at random.
    """
    rng = random.Random(20)
    sandboxes, done = [first], Counter[str]()
    while done.total() < kills:
        kind = kinds[done.total() % len(kinds)] if kinds else rng.choice(list(KILL_POINTS))
        sandbox = sandboxes[-1]
        driver = sandbox.begin()
        if KILL_POINTS[kind](sandbox, driver, rng):
            sandbox.kill(driver)
            if done.total() % 2:  # and all that it began, as where a container ends
                end_all(sandbox.folder)
            done[kind] += 1
        else:
            driver.wait()
            end_all(sandbox.folder)
            another = first.folder.with_name(f"{first.folder.name}-{len(sandboxes)}")
            sandboxes.append(replace(first, folder=another, results=""))
    wrong = [
        text
        for sandbox in sandboxes
        for text in (*wrong_exit(sandbox.run(), DONE), *differences(sandbox))
    ]
    return Outcome(
        detected_s=None,
        epochs_lost=sum(sandbox.repeated_epochs() for sandbox in sandboxes),
        differences=tuple(wrong),
        injections=done.total(),
        message=", ".join(f"{n} {kind}" for kind, n in sorted(done.items())),
    )


def driver_interrupted(folder: Path) -> Outcome:
    """Ctrl-C in its terminal, then SIGTERM from a batch system; each time it is taken up again."""
    sandbox = Sandbox(folder)
    wrong, waits = [], []
    for number, send in ((signal.SIGINT, os.killpg), (signal.SIGTERM, os.kill)):
        driver = sandbox.begin()
        due = len(sandbox.events("epoch")) + 3  # of the few that are left the second time
        sandbox.wait(lambda due=due: len(sandbox.events("epoch")) >= due)  # type: ignore[misc]
        began = time.monotonic()
        send(driver.pid, number)
        wrong += wrong_exit(driver.wait(60), INTERRUPTED)
        waits.append(time.monotonic() - began)
        wrong += [] if "go on with:" in sandbox.stderr else [f"it said: {sandbox.stderr[-300:]}"]
    wrong += wrong_exit(sandbox.run(), DONE)
    return outcome(sandbox, wrong, max(waits), injections=2)


def two_at_once(folder: Path) -> Outcome:
    """A second driver is begun on a sweep that is being written."""
    sandbox = Sandbox(folder, epoch_seconds=0.2)
    first = sandbox.begin()
    sandbox.wait(lambda: bool(sandbox.events("epoch")))
    began = time.monotonic()
    second = subprocess.run(
        sandbox.command(),
        env=sandbox.environ(),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    refused = time.monotonic() - began
    wrong = wrong_exit(second.returncode, BAD_INPUT)
    wrong += [] if first.poll() is None else ["the first had ended before"]
    wrong += wrong_exit(first.wait(120), DONE)
    message = "".join(second.stderr.strip().splitlines()[-1:])
    return outcome(sandbox, wrong, refused, message=message)
