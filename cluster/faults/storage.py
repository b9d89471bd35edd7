"""Faults of where the results are: a disk that is full, an object store that fails for a while."""

import contextlib
import errno
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from cluster.faults.arena import Arena, differences
from cluster.faults.nodes import ends
from cluster.faults.observed import Observed
from orchestrator.sweep import DONE, FAILED
from results.paths import Paths
from results.testing import ENVIRONMENT, Bucket

DISK_BYTES = 16 * 2**20
OUTAGE_S = 10.0
SHORT_PATIENCE_S = 4
STRUCK_AT = 12
"""Epochs that are done before a blow."""

SLOW = 0.2
"""Seconds an epoch, so that a blow hits a sweep in its middle."""


def disk_full(folder: Path) -> Observed:
    """The results' disk gets full while trials run; then there is room again."""
    with _disk(folder / "disk") as disk:
        arena = Arena(folder, results=str(disk / "results"), epoch_seconds=SLOW)
        driver = arena.begin()
        _under_way(arena)
        began = time.monotonic()
        ballast = disk / "ballast"
        _fill(ballast)
        wrong = ends(driver.wait(120), FAILED)
        took = time.monotonic() - began
        said = _line(arena, "full")
        wrong += [] if said and "go on with" in arena.said else [f"it said: {arena.said[-300:]}"]
        ballast.unlink()
        wrong += ends(arena.run(), DONE)
        return Observed(took, arena.twice(), (*wrong, *differences(arena)), said=said)


def store_stumbles(folder: Path) -> Observed:
    """An object store answers 500 for a while; the sweep waits, and ends as if nothing had been."""
    with _bucket() as bucket:
        arena = Arena(folder, results=bucket.place(), epoch_seconds=SLOW, environment=ENVIRONMENT)
        driver = arena.begin()
        _under_way(arena)
        before = len(bucket.asked)
        began = time.monotonic()
        bucket.status = 500
        arena.wait(lambda: len(bucket.asked) > before)
        took = time.monotonic() - began
        time.sleep(OUTAGE_S)
        bucket.status = 0
        wrong = ends(driver.wait(180), DONE)
        wrong += ["the sweep was resumed"] if arena.events("resumed") else []
        said = _line(arena, "does not answer as it should")
        wrong += [] if said else ["nothing was said of it"]
        return Observed(took, arena.twice(), (*wrong, *differences(arena)), said=said)


def store_gone(folder: Path) -> Observed:
    """An object store fails for longer than we are patient; later it answers again."""
    told = {**ENVIRONMENT, "ORCHESTRATOR_STORE_PATIENCE": str(SHORT_PATIENCE_S)}
    with _bucket() as bucket:
        arena = Arena(folder, results=bucket.place(), epoch_seconds=SLOW, environment=told)
        driver = arena.begin()
        _under_way(arena)
        began = time.monotonic()
        bucket.status = 500
        wrong = ends(driver.wait(120), FAILED)
        took = time.monotonic() - began
        said = _line(arena, "error:")
        wrong += [] if "go on with" in arena.said else [f"it said: {arena.said[-300:]}"]
        bucket.status = 0
        wrong += ends(arena.run(), DONE)
        return Observed(took, arena.twice(), (*wrong, *differences(arena)), said=said)


def driver_killed_far_from_its_results(folder: Path) -> Observed:
    """All results lie in an object store; the driver is killed once and taken up again."""
    with _bucket() as bucket:
        arena = Arena(folder, results=bucket.place(), epoch_seconds=SLOW, environment=ENVIRONMENT)
        driver = arena.begin()
        _under_way(arena)
        arena.kill(driver)
        began = time.monotonic()
        again = arena.begin()
        arena.wait(lambda: bool(arena.events("resumed")))
        took = time.monotonic() - began
        wrong = ends(again.wait(180), DONE)
        wrong += [f"{name} is not in the store" for name in _absent(arena)]
        return Observed(took, arena.twice(), (*wrong, *differences(arena)))


def _absent(arena: Arena) -> list[str]:
    """What a sweep leaves besides its tables, if it is not there."""
    runs = len(arena.store.folders(Paths().tensorboard))
    there = {
        "the journal": bool(arena.store.list(Paths().journal_segments)),
        "a TensorBoard run of each trial": runs >= arena.trials,
        "the driver's log": bool(arena.store.list(Paths().logs)),
        "predictions of each trial": len(arena.store.list(Paths().predictions)) == arena.trials,
    }
    return [name for name, so in there.items() if not so]


def _under_way(arena: Arena) -> None:
    arena.wait(lambda: len(arena.done()) >= STRUCK_AT)


def _line(arena: Arena, word: str) -> str:
    return next((line for line in arena.said.splitlines() if word in line), "")


@contextlib.contextmanager
def _bucket() -> Iterator[Bucket]:
    """An object store on loopback; this process, too, gets what is needed to use it."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    try:
        with Bucket() as bucket:
            yield bucket
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[Path]:
    """A small disk of its own; needs root."""
    folder.mkdir(parents=True)
    what = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    subprocess.run(what, check=True, capture_output=True)
    try:
        yield folder
    finally:
        # Lazily: a process that is on its way out may still have a file open there.
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


def _fill(ballast: Path) -> None:
    """Take all the room there is, to the last byte."""
    with ballast.open("wb", buffering=0) as file:
        for size in (2**20, 4096, 1):
            with contextlib.suppress(OSError):
                _write_for_ever(file.fileno(), bytes(size))


def _write_for_ever(handle: int, piece: bytes) -> None:
    while os.write(handle, piece) > 0:
        pass
    raise OSError(errno.ENOSPC, "full")
