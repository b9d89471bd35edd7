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

from cluster.faults.arena import Arena, differences, end_all
from cluster.faults.moments import MOMENTS
from cluster.faults.observed import Observed
from cluster.faults.rehearsal import Stumble
from orchestrator.sweep import BAD_INPUT, DONE, INTERRUPTED

BLOWS = 20
"""Random moments at which the driver is killed."""

PATIENT_S = 3
"""`--hang-after` of trials that hang."""

ROOM_BYTES = 4 * 2**30
"""Memory that all of the machine may take before Ray kills a trial: others use it, too."""


def trial_killed(folder: Path) -> Observed:
    """A trial's process is killed in its third epoch, another's while a write may be under way."""
    return stumbling(Arena(folder, stumbles=(Stumble(1, 3, "die"), Stumble(3, 6, "die"))))


def trial_killed_at_its_start(folder: Path) -> Observed:
    """A process dies as it is told its next trial's configuration, another in the first step."""
    return stumbling(Arena(folder, stumbles=(Stumble(1, 0, "die"), Stumble(4, 1, "die"))))


def trial_hangs(folder: Path) -> Observed:
    """A trial sleeps for an hour."""
    words = ("--hang-after", f"{PATIENT_S}s")
    return stumbling(Arena(folder, stumbles=(Stumble(2, 2, "hang"),), words=words, grace=0))


def trial_frozen(folder: Path) -> Observed:
    """A trial's process is stopped (SIGSTOP), so that not even Ray's part of it answers."""
    words = ("--hang-after", f"{PATIENT_S}s")
    return stumbling(Arena(folder, stumbles=(Stumble(2, 2, "freeze"),), words=words, grace=0))


def trial_out_of_memory(folder: Path) -> Observed:
    """A trial takes more and more memory until Ray kills it."""
    memory = psutil.virtual_memory()
    threshold = (memory.total - memory.available + ROOM_BYTES) / memory.total
    told = {
        "RAY_memory_usage_threshold": f"{threshold:.4f}",
        "RAY_memory_monitor_refresh_ms": "100",
    }
    return stumbling(
        Arena(folder, stumbles=(Stumble(1, 3, "memory"),), environment=told, grace=0),
        cause="memory",
    )


def stumbling(arena: Arena, cause: str = "") -> Observed:
    """Run a sweep whose trials' processes die or hang on cue; each is begun again.

    Args:
        arena: with the stumbles.
        cause: which the journal must give; any if empty.
    """
    wrong = ends(arena.run(), DONE)
    blows = [(one, arena.stumbled(one)) for one in arena.stumbles]
    wrong += [f"trial {one.seed} did not {one.kind}" for one, at in blows if at is None]
    waits = [arena.noticed(at) for _, at in blows if at is not None]
    told = {event["cause"] for event in arena.events("died")}
    if cause and told != {cause}:
        wrong.append(f"died of {sorted(told)}, expected {cause}")
    wrong += ["a death was not noticed"] if None in waits else []
    return Observed(
        detected_s=max((wait for wait in waits if wait is not None), default=None),
        epochs_lost=arena.twice(),
        differences=(*wrong, *differences(arena)),
        blows=len(blows),
        said=notes(arena),
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
    arena = Arena(folder, stumbles=(Stumble(seed, 3, kind),), grace=0)
    wrong = ends(arena.run(), DONE)
    at = arena.stumbled(arena.stumbles[0])
    trials, epochs = arena.tables()
    (row,) = trials[trials["seed"] == seed].to_dict("records")
    wrong += [f"{k} is {row[k]!r}, expected {v!r}" for k, v in expected.items() if row[k] != v]
    mine = epochs[epochs["trial"] == row["trial"]].set_index("epoch")
    if kind == "none" and not mine["validation_accuracy"].isna().to_dict().get(3):
        wrong.append("epoch 3 has an accuracy")
    return Observed(
        detected_s=None
        if at is None
        else arena.noticed(at, "epoch" if kind != "raise" else "ended"),
        epochs_lost=arena.twice(),
        differences=(*wrong, *differences(arena, but=(seed,))),
        said=f"{row['status']}: {row['error'] if kind == 'raise' else row['reason']}",
    )


def driver_killed(folder: Path) -> Observed:
    """The driver is killed at random moments and taken up again each time.

    Half of the blows hit its processes with it, so that no trial gets to the end of its epoch.
    """
    sweep = Arena(folder, trials=24, epoch_seconds=0.2)
    return driver_killed_often(sweep, BLOWS, ())


def driver_killed_thrice(folder: Path) -> Observed:
    """The short form: one blow by the journal, one in a table, one in a checkpoint."""
    return driver_killed_often(Arena(folder), 3, list(MOMENTS)[1:])


def driver_killed_often(first: Arena, blows: int, kinds: Sequence[str]) -> Observed:
    """Kill and resume; a sweep that comes to its end before all blows is followed by another.

    Args:
        first: the sweep; those that follow stand beside it.
        blows: to be dealt.
        kinds: of `MOMENTS`, in turn; empty: all, at random.
    """
    dice = random.Random(20)
    arenas, dealt = [first], Counter[str]()
    while dealt.total() < blows:
        kind = kinds[dealt.total() % len(kinds)] if kinds else dice.choice(list(MOMENTS))
        arena = arenas[-1]
        driver = arena.begin()
        if MOMENTS[kind](arena, driver, dice):
            arena.kill(driver)
            if dealt.total() % 2:  # and all that it began, as where a container ends
                end_all(arena.folder)
            dealt[kind] += 1
        else:
            driver.wait()
            end_all(arena.folder)
            another = first.folder.with_name(f"{first.folder.name}-{len(arenas)}")
            arenas.append(replace(first, folder=another, results=""))
    wrong = [said for arena in arenas for said in (*ends(arena.run(), DONE), *differences(arena))]
    return Observed(
        detected_s=None,
        epochs_lost=sum(arena.twice() for arena in arenas),
        differences=tuple(wrong),
        blows=dealt.total(),
        said=", ".join(f"{n} {kind}" for kind, n in sorted(dealt.items())),
    )


def driver_interrupted(folder: Path) -> Observed:
    """Ctrl-C in its terminal, then SIGTERM from a batch system; each time it is taken up again."""
    arena = Arena(folder)
    wrong, waits = [], []
    for number, blow in ((signal.SIGINT, os.killpg), (signal.SIGTERM, os.kill)):
        driver = arena.begin()
        due = len(arena.events("epoch")) + 5
        arena.wait(lambda due=due: len(arena.events("epoch")) >= due)  # type: ignore[misc]
        began = time.monotonic()
        blow(driver.pid, number)
        wrong += ends(driver.wait(60), INTERRUPTED)
        waits.append(time.monotonic() - began)
        wrong += [] if "go on with:" in arena.said else [f"it said: {arena.said[-300:]}"]
    wrong += ends(arena.run(), DONE)
    return Observed(max(waits), arena.twice(), (*wrong, *differences(arena)), blows=2)


def two_at_once(folder: Path) -> Observed:
    """A second driver is begun on a sweep that is being written."""
    arena = Arena(folder, epoch_seconds=0.2)
    first = arena.begin()
    arena.wait(lambda: bool(arena.events("epoch")))
    began = time.monotonic()
    second = subprocess.run(
        arena.command(),
        env=arena.environ(),
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
    return Observed(refused, arena.twice(), (*wrong, *differences(arena)), said="".join(said))


def notes(arena: Arena) -> str:
    """The first line in which the driver spoke of trouble."""
    lines = arena.said.splitlines()
    return next((line for line in lines if "its process" in line or "no sign" in line), "")


def ends(code: int, expected: int) -> list[str]:
    """What is wrong with a driver's exit code, if anything."""
    return [] if code == expected else [f"a driver ended with {code}, expected {expected}"]
