"""Faults of where the results are: a disk that is full, an object store that fails for a while."""

import contextlib
import errno
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from cluster.chaos.nodes import ends
from cluster.chaos.outcome import Observed
from cluster.chaos.sandbox import Sandbox, differences
from orchestrator.process.exit_code import DONE, FAILED
from results.paths import Paths
from results.s3_server import ENVIRONMENT, S3Server

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
        sandbox = Sandbox(folder, results=str(disk / "results"), epoch_seconds=SLOW)
        driver = sandbox.begin()
        _under_way(sandbox)
        began = time.monotonic()
        ballast = disk / "ballast"
        _fill(ballast)
        wrong = ends(driver.wait(120), FAILED)
        took = time.monotonic() - began
        said = _line(sandbox, "full")
        wrong += (
            [] if said and "go on with" in sandbox.said else [f"it said: {sandbox.said[-300:]}"]
        )
        ballast.unlink()
        wrong += ends(sandbox.run(), DONE)
        return Observed(took, sandbox.twice(), (*wrong, *differences(sandbox)), said=said)


def store_stumbles(folder: Path) -> Observed:
    """An object store answers 500 for a while; the sweep waits, and ends as if nothing had been."""
    with _bucket() as bucket:
        sandbox = Sandbox(
            folder, results=bucket.place(), epoch_seconds=SLOW, environment=ENVIRONMENT
        )
        driver = sandbox.begin()
        _under_way(sandbox)
        before = len(bucket.requests)
        began = time.monotonic()
        bucket.status = 500
        sandbox.wait(lambda: len(bucket.requests) > before)
        took = time.monotonic() - began
        time.sleep(OUTAGE_S)
        bucket.status = 0
        wrong = ends(driver.wait(180), DONE)
        wrong += ["the sweep was resumed"] if sandbox.events("resumed") else []
        said = _line(sandbox, "does not answer as it should")
        wrong += [] if said else ["nothing was said of it"]
        return Observed(took, sandbox.twice(), (*wrong, *differences(sandbox)), said=said)


def store_gone(folder: Path) -> Observed:
    """An object store fails for longer than we are patient; later it answers again."""
    told = {**ENVIRONMENT, "ORCHESTRATOR_STORE_PATIENCE": str(SHORT_PATIENCE_S)}
    with _bucket() as bucket:
        sandbox = Sandbox(folder, results=bucket.place(), epoch_seconds=SLOW, environment=told)
        driver = sandbox.begin()
        _under_way(sandbox)
        began = time.monotonic()
        bucket.status = 500
        wrong = ends(driver.wait(120), FAILED)
        took = time.monotonic() - began
        said = _line(sandbox, "error:")
        wrong += [] if "go on with" in sandbox.said else [f"it said: {sandbox.said[-300:]}"]
        bucket.status = 0
        wrong += ends(sandbox.run(), DONE)
        return Observed(took, sandbox.twice(), (*wrong, *differences(sandbox)), said=said)


def driver_killed_far_from_its_results(folder: Path) -> Observed:
    """All results lie in an object store; the driver is killed once and taken up again."""
    with _bucket() as bucket:
        sandbox = Sandbox(
            folder, results=bucket.place(), epoch_seconds=SLOW, environment=ENVIRONMENT
        )
        driver = sandbox.begin()
        _under_way(sandbox)
        sandbox.kill(driver)
        began = time.monotonic()
        again = sandbox.begin()
        sandbox.wait(lambda: bool(sandbox.events("resumed")))
        took = time.monotonic() - began
        wrong = ends(again.wait(180), DONE)
        wrong += [f"{name} is not in the store" for name in _absent(sandbox)]
        return Observed(took, sandbox.twice(), (*wrong, *differences(sandbox)))


def _absent(sandbox: Sandbox) -> list[str]:
    """What a sweep leaves besides its tables, if it is not there."""
    runs = len(sandbox.store.folders(Paths().tensorboard))
    there = {
        "the journal": bool(sandbox.store.list(Paths().journal_segments)),
        "a TensorBoard run of each trial": runs >= sandbox.trials,
        "the driver's log": bool(sandbox.store.list(Paths().logs)),
        "predictions of each trial": len(sandbox.store.list(Paths().predictions)) == sandbox.trials,
    }
    return [name for name, so in there.items() if not so]


def _under_way(sandbox: Sandbox) -> None:
    sandbox.wait(lambda: len(sandbox.done()) >= STRUCK_AT)


def _line(sandbox: Sandbox, word: str) -> str:
    return next((line for line in sandbox.said.splitlines() if word in line), "")


@contextlib.contextmanager
def _bucket() -> Iterator[S3Server]:
    """An object store on loopback; this process, too, gets what is needed to use it."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    try:
        with S3Server() as bucket:
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
