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

from cluster.chaos.fake_training import Stumble
from cluster.chaos.kill_points import MOMENTS
from cluster.chaos.outcome import Observed
from cluster.chaos.sandbox import Sandbox, differences, end_all
from orchestrator.process.exit_code import BAD_INPUT, DONE, INTERRUPTED

BLOWS = 20
"""Random moments at which the driver is killed."""

PATIENT_S = 3
"""`--hang-after` of trials that hang."""

ROOM_BYTES = 4 * 2**30
"""Memory that all of the machine may take before Ray kills a trial: others use it, too."""


def trial_killed(folder: Path) -> Observed:
    """A trial's process is killed in its third epoch, another's while a write may be under way."""
    return stumbling(Sandbox(folder, stumbles=(Stumble(1, 3, "die"), Stumble(3, 6, "die"))))


def trial_killed_at_its_start(folder: Path) -> Observed:
    """A process dies as it is told its next trial's configuration, another in the first step."""
    return stumbling(Sandbox(folder, stumbles=(Stumble(1, 0, "die"), Stumble(4, 1, "die"))))


def trial_hangs(folder: Path) -> Observed:
    """A trial sleeps for an hour."""
    words = ("--hang-after", f"{PATIENT_S}s")
    return stumbling(Sandbox(folder, stumbles=(Stumble(2, 2, "hang"),), words=words, grace=0))


def trial_frozen(folder: Path) -> Observed:
    """A trial's process is stopped (SIGSTOP), so that not even Ray's part of it answers."""
    words = ("--hang-after", f"{PATIENT_S}s")
    return stumbling(Sandbox(folder, stumbles=(Stumble(2, 2, "freeze"),), words=words, grace=0))


def trial_out_of_memory(folder: Path) -> Observed:
    """A trial takes more and more memory until Ray kills it."""
    memory = psutil.virtual_memory()
    threshold = (memory.total - memory.available + ROOM_BYTES) / memory.total
    told = {
        "RAY_memory_usage_threshold": f"{threshold:.4f}",
        "RAY_memory_monitor_refresh_ms": "100",
    }
    return stumbling(
        Sandbox(folder, stumbles=(Stumble(1, 3, "memory"),), environment=told, grace=0),
        cause="memory",
    )


def stumbling(sandbox: Sandbox, cause: str = "") -> Observed:
    """Run a sweep whose trials' processes die or hang on cue; each is begun again.

    Args:
        sandbox: with the stumbles.
        cause: which the journal must give; any if empty.
    """
    wrong = ends(sandbox.run(), DONE)
    blows = [(one, sandbox.stumbled(one)) for one in sandbox.stumbles]
    wrong += [f"trial {one.seed} did not {one.kind}" for one, at in blows if at is None]
    waits = [sandbox.noticed(at) for _, at in blows if at is not None]
    told = {event["cause"] for event in sandbox.events("died")}
    if cause and told != {cause}:
        wrong.append(f"died of {sorted(told)}, expected {cause}")
    wrong += ["a death was not noticed"] if None in waits else []
    return Observed(
        detected_s=max((wait for wait in waits if wait is not None), default=None),
        epochs_lost=sandbox.twice(),
        differences=(*wrong, *differences(sandbox)),
        blows=len(blows),
        said=notes(sandbox),
    )


def trial_raises(folder: Path) -> Observed:
    """A trial raises an exception: its own row says so, all others are as ever."""
    return _odd(folder, "raise", {"status": "failed", "error": "RuntimeError: raised on cue"})


def trial_without_a_number(folder: Path) -> Observed:
    """A trial's loss is NaN: it ends as diverged, all others are as ever."""
    return _odd(folder, "nan", {"status": "failed", "epochs_trained": 3})


def trial_without_a_metric(folder: Path) -> Observed:
    """A trial tells None for its accuracy once: that epoch has none, and it goes on."""
    return _odd(folder, "none", {"status": "completed", "epochs_trained": 9})


def _odd(folder: Path, kind: str, expected: dict[str, Any]) -> Observed:
    seed = 2
    sandbox = Sandbox(folder, stumbles=(Stumble(seed, 3, kind),), grace=0)
    wrong = ends(sandbox.run(), DONE)
    at = sandbox.stumbled(sandbox.stumbles[0])
    trials, epochs = sandbox.tables()
    (row,) = trials[trials["seed"] == seed].to_dict("records")
    wrong += [f"{k} is {row[k]!r}, expected {v!r}" for k, v in expected.items() if row[k] != v]
    mine = epochs[epochs["trial"] == row["trial"]].set_index("epoch")
    if kind == "none" and not mine["validation_accuracy"].isna().to_dict().get(3):
        wrong.append("epoch 3 has an accuracy")
    return Observed(
        detected_s=None
        if at is None
        else sandbox.noticed(at, "epoch" if kind != "raise" else "ended"),
        epochs_lost=sandbox.twice(),
        differences=(*wrong, *differences(sandbox, but=(seed,))),
        said=f"{row['status']}: {row['error'] if kind == 'raise' else row['reason']}",
    )


def driver_killed(folder: Path) -> Observed:
    """The driver is killed at random moments and taken up again each time.

    Half of the blows hit its processes with it, so that no trial gets to the end of its epoch.
    """
    sweep = Sandbox(folder, trials=24, epoch_seconds=0.2)
    return driver_killed_often(sweep, BLOWS, ())


def driver_killed_thrice(folder: Path) -> Observed:
    """The short form: one blow by the journal, one in a table, one in a checkpoint."""
    return driver_killed_often(Sandbox(folder), 3, list(MOMENTS)[1:])


def driver_killed_often(first: Sandbox, blows: int, kinds: Sequence[str]) -> Observed:
    """Kill and resume; a sweep that comes to its end before all blows is followed by another.

    Args:
        first: the sweep; those that follow stand beside it.
        blows: to be dealt.
        kinds: of `MOMENTS`, in turn; empty: all, at random.
    """
    dice = random.Random(20)
    sandboxes, dealt = [first], Counter[str]()
    while dealt.total() < blows:
        kind = kinds[dealt.total() % len(kinds)] if kinds else dice.choice(list(MOMENTS))
        sandbox = sandboxes[-1]
        driver = sandbox.begin()
        if MOMENTS[kind](sandbox, driver, dice):
            sandbox.kill(driver)
            if dealt.total() % 2:  # and all that it began, as where a container ends
                end_all(sandbox.folder)
            dealt[kind] += 1
        else:
            driver.wait()
            end_all(sandbox.folder)
            another = first.folder.with_name(f"{first.folder.name}-{len(sandboxes)}")
            sandboxes.append(replace(first, folder=another, results=""))
    wrong = [
        said
        for sandbox in sandboxes
        for said in (*ends(sandbox.run(), DONE), *differences(sandbox))
    ]
    return Observed(
        detected_s=None,
        epochs_lost=sum(sandbox.twice() for sandbox in sandboxes),
        differences=tuple(wrong),
        blows=dealt.total(),
        said=", ".join(f"{n} {kind}" for kind, n in sorted(dealt.items())),
    )


def driver_interrupted(folder: Path) -> Observed:
    """Ctrl-C in its terminal, then SIGTERM from a batch system; each time it is taken up again."""
    sandbox = Sandbox(folder)
    wrong, waits = [], []
    for number, blow in ((signal.SIGINT, os.killpg), (signal.SIGTERM, os.kill)):
        driver = sandbox.begin()
        due = len(sandbox.events("epoch")) + 5
        sandbox.wait(lambda due=due: len(sandbox.events("epoch")) >= due)  # type: ignore[misc]
        began = time.monotonic()
        blow(driver.pid, number)
        wrong += ends(driver.wait(60), INTERRUPTED)
        waits.append(time.monotonic() - began)
        wrong += [] if "go on with:" in sandbox.said else [f"it said: {sandbox.said[-300:]}"]
    wrong += ends(sandbox.run(), DONE)
    return Observed(max(waits), sandbox.twice(), (*wrong, *differences(sandbox)), blows=2)


def two_at_once(folder: Path) -> Observed:
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
    wrong = ends(second.returncode, BAD_INPUT)
    wrong += [] if first.poll() is None else ["the first had ended before"]
    wrong += ends(first.wait(120), DONE)
    said = second.stderr.strip().splitlines()[-1:]
    return Observed(refused, sandbox.twice(), (*wrong, *differences(sandbox)), said="".join(said))


def notes(sandbox: Sandbox) -> str:
    """The first line in which the driver spoke of trouble."""
    lines = sandbox.said.splitlines()
    return next((line for line in lines if "its process" in line or "no sign" in line), "")


def ends(code: int, expected: int) -> list[str]:
    """What is wrong with a driver's exit code, if anything."""
    return [] if code == expected else [f"a driver ended with {code}, expected {expected}"]
