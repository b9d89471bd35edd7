"""Moments at which a driver is killed: by the clock, by the journal, in the middle of a write."""

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from cluster.chaos.sandbox import Sandbox
from results.paths import Paths
from results.storage.atomic_file import TEMPORARY

Wait = Callable[[Sandbox, "subprocess.Popen[str]", random.Random], bool]
"""Waits for a moment; False where the driver ended before it came."""

START_S = 8.0
"""So long a driver takes to begin, about: Python, Ray, the first process of a trial."""

MOST_EVENTS = 25
"""Which a driver may add to the journal before it is killed."""

PATIENCE_S = 60.0


def _by_the_clock(sandbox: Sandbox, driver: "subprocess.Popen[str]", rng: random.Random) -> bool:
    return _until(driver, lambda: False, rng.uniform(0, START_S))


def _by_the_journal(sandbox: Sandbox, driver: "subprocess.Popen[str]", rng: random.Random) -> bool:
    due = _lines(sandbox) + rng.randint(1, MOST_EVENTS)
    alive = _until(driver, lambda: _lines(sandbox) >= due)
    time.sleep(rng.uniform(0, 0.05))  # an event is as likely to be followed by a write as not
    return alive


def _in_a_table(sandbox: Sandbox, driver: "subprocess.Popen[str]", rng: random.Random) -> bool:
    return _later(sandbox, driver, rng) and _in_a_write(sandbox, driver, "")


def _in_a_checkpoint(sandbox: Sandbox, driver: "subprocess.Popen[str]", rng: random.Random) -> bool:
    return _later(sandbox, driver, rng) and _in_a_write(sandbox, driver, Paths().checkpoints)


def _later(sandbox: Sandbox, driver: "subprocess.Popen[str]", rng: random.Random) -> bool:
    """After some events, or none: else it would be the first write of every driver."""
    due = _lines(sandbox) + rng.randint(0, MOST_EVENTS // 2)
    return _until(driver, lambda: _lines(sandbox) >= due)


KILL_POINTS: dict[str, Wait] = {
    "by the clock": _by_the_clock,
    "after an event": _by_the_journal,
    "inside a table's write": _in_a_table,
    "inside a checkpoint's write": _in_a_checkpoint,
}
"""Kind of moment -> how it is waited for."""


def _until(
    driver: "subprocess.Popen[str]",
    condition: Callable[[], bool],
    seconds: float = PATIENCE_S,
    pause: float = 0.0005,
) -> bool:
    """Until something is so or the time is up; False where the driver ended before."""
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        if driver.poll() is not None:
            return False
        time.sleep(pause)
    return driver.poll() is None


def _lines(sandbox: Sandbox) -> int:
    file = sandbox.local_folder / Paths().journal
    return file.read_bytes().count(b"\n") if file.exists() else 0


def _in_a_write(sandbox: Sandbox, driver: "subprocess.Popen[str]", below: str) -> bool:
    """Until a file that is half written stands in a folder of the sweep, or deeper."""
    pattern = f"**/*{TEMPORARY}" if below else f"*{TEMPORARY}"
    folder = sandbox.local_folder / below
    return _until(driver, lambda: _has_any(folder, pattern), pause=0.0)


def _has_any(folder: Path, pattern: str) -> bool:
    try:
        return any(folder.glob(pattern))
    except FileNotFoundError:  # a trial ended and its folder went while it was searched
        return False
