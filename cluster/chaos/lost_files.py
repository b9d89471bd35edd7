"""Faults of files that go while the sweep runs: its journal, its lock, its whole folder."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from cluster.chaos.comparison import outcome
from cluster.chaos.outcome import Outcome, wrong_exit
from cluster.chaos.sandbox import Sandbox
from orchestrator.process.exit_code import BAD_INPUT, DONE, FAILED
from results.paths import Paths

EPOCHS_BEFORE = 5

PATIENCE_S = 100.0
"""In which a driver has to have ended once it has said so: Ray may take its time."""


def journal_lost(folder: Path) -> Outcome:
    """The journal is deleted, moved with its folder, deleted with it; each time the sweep goes on.

    The last takes the finished trials' files too; what the journal tells stays.
    """
    sandbox = Sandbox(folder)
    away = sandbox.local_folder.with_name("away")
    journal = sandbox.local_folder / Paths().journal
    wrong, seconds = list[str](), list[float]()
    for lose, words in (
        (lambda: journal.unlink(), "was deleted while"),
        (lambda: sandbox.local_folder.rename(away), "is gone: it is "),
        (lambda: shutil.rmtree(sandbox.local_folder, ignore_errors=True), "was deleted"),
    ):
        seconds.append(_lose(sandbox, lose, words, wrong))
        if away.exists():
            if sandbox.local_folder.exists():
                wrong.append("something was made where the moved folder had been")
                shutil.rmtree(sandbox.local_folder)
            away.rename(sandbox.local_folder)
        sandbox.write_script()  # it is the sandbox's own, and went with the folder
    message = sandbox.line("error: ")
    wrong += wrong_exit(sandbox.run(), DONE)
    return outcome(sandbox, wrong, detected_s=max(seconds), injections=3, message=message)


def journal_truncated(folder: Path) -> Outcome:
    """Half of the journal is cut off under the running driver."""
    sandbox, wrong = Sandbox(folder), list[str]()
    journal = sandbox.local_folder / Paths().journal

    def cut() -> None:
        os.truncate(journal, journal.stat().st_size // 2)

    seconds = _lose(sandbox, cut, "was changed by another program", wrong)
    message = sandbox.line("was changed by")
    wrong += wrong_exit(sandbox.run(), DONE)
    return outcome(sandbox, wrong, detected_s=seconds, message=message)


def lock_lost(folder: Path) -> Outcome:
    """The lock's file is deleted: a second driver is refused all the same, the first ends well."""
    sandbox = Sandbox(folder, epoch_seconds=1.0)  # the second takes a while to start
    driver = _begun(sandbox)
    (sandbox.local_folder / f"{Paths().journal}.lock").unlink()
    second = Sandbox(folder / "second", results=sandbox.results)
    wrong = wrong_exit(second.run(), BAD_INPUT)
    message = second.stderr.strip()
    wrong += [] if "already being written by" in message else [f"it said: {message[-300:]}"]
    wrong += wrong_exit(driver.wait(PATIENCE_S), DONE)
    return outcome(sandbox, wrong, message=message)


def _begun(sandbox: Sandbox) -> "subprocess.Popen[str]":
    due = len(sandbox.events("epoch")) + EPOCHS_BEFORE
    driver = sandbox.begin()
    sandbox.wait(lambda: len(sandbox.events("epoch")) >= due)
    return driver


def _lose(sandbox: Sandbox, lose: Callable[[], object], words: str, wrong: list[str]) -> float:
    """Have it go under a driver; gives the seconds until that has said so; it ends with 1."""
    driver = _begun(sandbox)
    lose()
    seconds = sandbox.wait(lambda: "error: " in sandbox.stderr)
    wrong += wrong_exit(driver.wait(PATIENCE_S), FAILED)
    if not any(line.startswith("error: ") and words in line for line in sandbox.stderr.split("\n")):
        wrong.append(f"{words}: it said {sandbox.stderr[-300:]}")
    if "nother process works on" in sandbox.stderr:
        wrong.append("another process was blamed")
    return seconds
