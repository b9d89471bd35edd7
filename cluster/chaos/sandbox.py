"""Where a sweep runs with nothing trained, is hit by faults and is taken up again."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from cluster.chaos import fake_sweep
from cluster.chaos.fake_training import TrialFault, TrialScript
from orchestrator.training.storing.trial_files import STORE_EVERY_S
from results.journal.open_journal import journal_of
from results.paths import Paths
from results.schema import EPOCHS, TRIALS
from results.store import Store

NAME = "chaos"
QUESTION = str(Path(fake_sweep.__file__))
FAKE = [sys.executable, "-m", "cluster.chaos.fake_driver"]
PRODUCT = [sys.executable, "-m", "orchestrator.sweep"]

HOME = "CHAOS_FOLDER"
"""Variable of the environment by which all processes of a sandbox are known."""


CLOCKS = ("seconds", "start_seconds", "images_per_second", "hardware", "number")
"""Columns in which two runs of one sweep may differ."""


@dataclass
class Sandbox:
    """One sweep and what is done to it.

    Attributes:
        folder: local, the sweep's alone; made if absent.
        trials: of the question.
        epochs: of each.
        grace: first rung; 0 stops nobody, so that the order of reports does not matter.
        slots: trials at once.
        epoch_seconds: of each epoch.
        trial_faults: what trials do on cue.
        epoch_by_epoch: see `TrialScript`.
        store_every_s: see there.
        crew: see there.
        search: of the question.
        scheduler: of the question; that of the default lets a trial go on or end at once, so that
            a fault meets the trial and the epoch that it is meant for.
        results: place of the results; below `folder` if empty.
        words: more of the command line.
        environment: more of it.
        real: a question with true training, by the product's own command; then only folder,
            results, words and environment matter.
    """

    folder: Path
    trials: int = 12
    epochs: int = 9
    grace: int = 1
    slots: int = 1
    epoch_seconds: float = 0.05
    trial_faults: tuple[TrialFault, ...] = ()
    epoch_by_epoch: bool = True
    store_every_s: float = STORE_EVERY_S
    crew: int = 0
    search: str = "grid"
    scheduler: str = "asha"
    results: str = ""
    words: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    real: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.results = self.results or str(self.folder / "results")
        if not self.real:
            self.write_script()

    def write_script(self) -> None:
        """Put what the trials do on cue into the sweep's folder."""
        TrialScript(
            str(self.trace),
            self.epoch_seconds,
            self.trial_faults,
            self.epoch_by_epoch,
            self.store_every_s,
            self.crew,
        ).write(self.store)

    @property
    def trace(self) -> Path:
        """Where every epoch that was really done left a line."""
        return self.folder / "trace"

    @property
    def store(self) -> Store:
        """The sweep's folder."""
        return Store(self.results).below(NAME)

    @property
    def local_folder(self) -> Path:
        """The same as a folder of this machine.

        Raises:
            ValueError: where it is none.
        """
        if self.store.local is None:
            raise ValueError(f"{self.store.root} is not on this machine's file system")
        return self.store.local

    def command(self, *more: str) -> list[str]:
        """The sweep's command line; it begins the sweep or goes on with it."""
        program = [*PRODUCT, self.real] if self.real else [*FAKE, QUESTION]
        words = [*program, "--results", self.results, "--name", NAME, "--go-on"]
        words += ["--concurrency", str(self.slots), "--no-postprocess"]
        return [*words, *self.words, *more]

    def environ(self) -> dict[str, str]:
        """Of the driver."""
        variables = {
            fake_sweep.TRIALS: str(self.trials),
            fake_sweep.EPOCHS: str(self.epochs),
            fake_sweep.GRACE: str(self.grace),
            fake_sweep.SEARCH: self.search,
            fake_sweep.SCHEDULER: self.scheduler,
            HOME: str(self.folder),
            "ORCHESTRATOR_CACHE": str(self.folder.parent / "cache"),
            "OMP_NUM_THREADS": "1",
        }
        return {**os.environ, **variables, **self.environment}

    def begin(self, *more: str) -> "subprocess.Popen[str]":
        """Start a driver, in a session of its own; its words go to `out` and `err`."""
        out, err = (self.folder / name for name in ("out", "err"))
        with out.open("w") as to, err.open("w") as errors:
            return subprocess.Popen(
                self.command(*more),
                stdout=to,
                stderr=errors,
                text=True,
                env=self.environ(),
                cwd=Path(__file__).parents[2],
                start_new_session=True,
            )

    def run(self, *more: str, seconds: float = 300.0) -> int:
        """Run a driver to its end; gives its exit code."""
        driver = self.begin(*more)
        try:
            return driver.wait(seconds)
        finally:
            driver.kill()

    def kill(self, driver: "subprocess.Popen[str]") -> None:
        """End a driver as nobody can resist."""
        driver.send_signal(signal.SIGKILL)
        driver.wait()

    @property
    def stderr(self) -> str:
        """What the last driver said on standard error."""
        return (self.folder / "err").read_text()

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """The journal so far, or its events of one kind."""
        events = journal_of(self.store).read()
        return [event for event in events if kind in ("", event["event"])]

    def finished_epochs(self) -> list[tuple[int, int, int, float]]:
        """(seed, epoch, process, time) of every epoch that was really done."""
        return self._lines("epochs")

    def started_epochs(self) -> list[tuple[int, int, int, float]]:
        """The same of every epoch that was begun, whatever became of it."""
        return self._lines("begun")

    def _lines(self, name: str) -> list[tuple[int, int, int, float]]:
        file = self.trace / name
        if not file.exists():
            return []
        rows = (line.split() for line in file.read_text().splitlines())
        return [(int(seed), int(epoch), int(pid), float(at)) for seed, epoch, pid, at in rows]

    def repeated_epochs(self) -> int:
        """Epochs that were begun more than once, each as often as it was repeated."""
        counts = Counter((seed, epoch) for seed, epoch, _, _ in self.started_epochs())
        return sum(n - 1 for n in counts.values())

    def line(self, words: str) -> str:
        """The first line of the last driver's with these words; empty if there is none."""
        return next((line for line in self.stderr.splitlines() if words in line), "")

    def injected_at(self, fault: TrialFault, time_: int = 0) -> float | None:
        """When a trial did as its fault says, in seconds since 1970; None: not yet."""
        mark = self.trace / fault.mark(time_)
        return mark.stat().st_mtime if mark.exists() else None

    def seconds_to_notice(self, fault: float, kind: str = "died") -> float | None:
        """Seconds from a fault (at seconds since 1970) to the first event of a kind after it."""
        times = (datetime.fromisoformat(event["time"]).timestamp() for event in self.events(kind))
        return next((at - fault for at in times if at >= fault), None)

    def wait(self, condition: Callable[[], bool], seconds: float = 120.0) -> float:
        """Until something is so; gives the seconds that it took.

        Raises:
            TimeoutError: if it does not come to be so.
        """
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > seconds:
                raise TimeoutError(
                    f"{seconds:.0f} s in vain; the driver said: {self.stderr[-2000:]}"
                )
            time.sleep(0.02)
        return time.monotonic() - began

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Trials and epochs, sorted, without clocks."""
        trials = self.store.read_table(Paths().trials, TRIALS).to_pandas()
        epochs = self.store.read_table(Paths().epochs, EPOCHS).to_pandas()
        return _sorted(trials, ["trial"]), _sorted(epochs, ["trial", "epoch"])


def _sorted(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    columns = [name for name in table.columns if name not in CLOCKS]
    return table[columns].sort_values(list(keys)).reset_index(drop=True)


def uninterrupted(sandbox: Sandbox) -> Sandbox:
    """The same sweep, left alone; run once for all faults whose folders stand side by side."""
    size = (sandbox.trials, sandbox.epochs, sandbox.grace)
    name = "-".join(map(str, (Path(sandbox.real).stem or sandbox.search, sandbox.scheduler, *size)))
    reference = Sandbox(
        sandbox.folder.parent / f"reference-{name}",
        *size,
        epoch_seconds=0.0,
        search=sandbox.search,
        scheduler=sandbox.scheduler,
        real=sandbox.real,
    )
    mark = reference.folder / "done"
    if not mark.exists():
        code = reference.run()
        if code:
            message = f"the sweep that was left alone ended with {code}: {reference.stderr}"
            raise RuntimeError(message)
        mark.touch()
    return reference


def processes(folder: Path) -> list[psutil.Process]:
    """What still runs of the sandboxes in a folder."""
    running = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            home = process.environ().get(HOME)
            if home and Path(home).is_relative_to(folder) and process.pid != os.getpid():
                running.append(process)
    return running


def end_all(folder: Path) -> None:
    """Kill what still runs of the sandboxes in a folder, stopped processes too."""
    for process in processes(folder):
        with contextlib.suppress(psutil.Error):
            process.kill()
