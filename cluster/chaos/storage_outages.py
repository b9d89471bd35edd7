"""Faults of where the results are: a disk that is full, an object store that fails for a while."""

import contextlib
import errno
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from cluster.chaos.comparison import outcome
from cluster.chaos.outcome import Outcome, wrong_exit
from cluster.chaos.sandbox import Sandbox
from orchestrator.process.exit_code import DONE, FAILED
from results.paths import Paths
from results.storage.s3_server import ENVIRONMENT, S3Server

DISK_BYTES = 16 * 2**20
OUTAGE_S = 10.0
SHORT_PATIENCE_S = 4
EPOCHS_BEFORE = 12
"""Epochs that are done before a fault is injected."""

SLOW = 0.2
"""Seconds an epoch, so that a fault hits a sweep in its middle."""


def disk_full(folder: Path) -> Outcome:
    """The results' disk gets full while trials run; then there is room again."""
    with _disk(folder / "disk") as disk:
        sandbox = Sandbox(folder, results=str(disk / "results"), epoch_seconds=SLOW)
        driver = sandbox.begin()
        _under_way(sandbox)
        began = time.monotonic()
        filler = disk / "filler"
        _fill(filler)
        wrong = wrong_exit(driver.wait(120), FAILED)
        took = time.monotonic() - began
        message = sandbox.line("full")
        wrong += [] if message and "go on with" in sandbox.stderr else _last_words(sandbox)
        filler.unlink()
        wrong += wrong_exit(sandbox.run(), DONE)
        return outcome(sandbox, wrong, took, message=message)


def store_fails_for_a_while(folder: Path) -> Outcome:
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
        wrong = wrong_exit(driver.wait(180), DONE)
        wrong += ["the sweep was resumed"] if sandbox.events("resumed") else []
        message = sandbox.line("does not answer as it should")
        wrong += [] if message else ["nothing was said of it"]
        return outcome(sandbox, wrong, took, message=message)


def store_gone(folder: Path) -> Outcome:
    """An object store fails for longer than we are patient; later it answers again."""
    environment = {**ENVIRONMENT, "ORCHESTRATOR_STORE_PATIENCE": str(SHORT_PATIENCE_S)}
    with _bucket() as bucket:
        sandbox = Sandbox(
            folder, results=bucket.place(), epoch_seconds=SLOW, environment=environment
        )
        driver = sandbox.begin()
        _under_way(sandbox)
        began = time.monotonic()
        bucket.status = 500
        wrong = wrong_exit(driver.wait(120), FAILED)
        took = time.monotonic() - began
        message = sandbox.line("error:")
        wrong += [] if "go on with" in sandbox.stderr else _last_words(sandbox)
        bucket.status = 0
        wrong += wrong_exit(sandbox.run(), DONE)
        return outcome(sandbox, wrong, took, message=message)


def driver_killed_far_from_its_results(folder: Path) -> Outcome:
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
        wrong = wrong_exit(again.wait(180), DONE)
        wrong += [f"{name} is not in the store" for name in _absent(sandbox)]
        return outcome(sandbox, wrong, took)


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
    sandbox.wait(lambda: len(sandbox.finished_epochs()) >= EPOCHS_BEFORE)


def _last_words(sandbox: Sandbox) -> list[str]:
    return [f"it said: {sandbox.stderr[-300:]}"]


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


def _fill(filler: Path) -> None:
    """Take all the room there is, to the last byte."""
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, 4096, 1):
            with contextlib.suppress(OSError):
                _write_for_ever(file.fileno(), bytes(size))


def _write_for_ever(handle: int, piece: bytes) -> None:
    while os.write(handle, piece) > 0:
        pass
    raise OSError(errno.ENOSPC, "full")
