"""Where a sweep is rehearsed, struck and taken up again, and what is then compared."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from cluster.chaos import question
from cluster.chaos.fake_training import Script, Stumble
from orchestrator.scheduling.asha import Rungs
from orchestrator.scheduling.ledger import Ledger
from orchestrator.scheduling.scheduler import METRIC
from orchestrator.testing.stand_ins import ListJournal
from results.journal.open_journal import journal_of
from results.paths import Paths
from results.schema import EPOCHS, TRIALS
from results.store import Store

NAME = "rehearsal"
QUESTION = str(Path(question.__file__))
DRIVE = [sys.executable, "-m", "cluster.chaos.drive"]
PRODUCT = [sys.executable, "-m", "orchestrator.sweep"]

HOME = "REHEARSAL_FOLDER"
"""Variable of the environment by which all processes of an sandbox are known."""

CLOCKS = ("seconds", "images_per_second", "hardware", "number")
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
        stumbles: what trials do on cue.
        search: of the question.
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
    stumbles: tuple[Stumble, ...] = ()
    search: str = "grid"
    results: str = ""
    words: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    real: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.results = self.results or str(self.folder / "results")
        if not self.real:
            script = Script(str(self.diary), self.epoch_seconds, self.stumbles)
            script.write(self.store)

    @property
    def diary(self) -> Path:
        """Where every epoch that was really done left a line."""
        return self.folder / "diary"

    @property
    def store(self) -> Store:
        """The sweep's folder."""
        return Store(self.results).below(NAME)

    @property
    def here(self) -> Path:
        """The same as a folder of this machine.

        Raises:
            ValueError: where it is none.
        """
        if self.store.local is None:
            raise ValueError(f"{self.store.root} is not on this machine's file system")
        return self.store.local

    def command(self, *more: str) -> list[str]:
        """The sweep's command line; it begins the sweep or goes on with it."""
        program = [*PRODUCT, self.real] if self.real else [*DRIVE, QUESTION]
        words = [*program, "--results", self.results, "--name", NAME, "--go-on"]
        words += ["--concurrency", str(self.slots), "--no-postprocess"]
        return [*words, *self.words, *more]

    def environ(self) -> dict[str, str]:
        """Of the driver."""
        told = {
            question.TRIALS: str(self.trials),
            question.EPOCHS: str(self.epochs),
            question.GRACE: str(self.grace),
            question.SEARCH: self.search,
            HOME: str(self.folder),
            "ORCHESTRATOR_CACHE": str(self.folder.parent / "cache"),
            "OMP_NUM_THREADS": "1",
        }
        return {**os.environ, **told, **self.environment}

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
    def said(self) -> str:
        """What the last driver said on standard error."""
        return (self.folder / "err").read_text()

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """The journal so far, or its events of one kind."""
        events = journal_of(self.store).read()
        return [event for event in events if kind in ("", event["event"])]

    def done(self) -> list[tuple[int, int, int, float]]:
        """(seed, epoch, process, time) of every epoch that was really done."""
        return self._lines("epochs")

    def begun(self) -> list[tuple[int, int, int, float]]:
        """The same of every epoch that was begun, whatever became of it."""
        return self._lines("begun")

    def _lines(self, name: str) -> list[tuple[int, int, int, float]]:
        file = self.diary / name
        if not file.exists():
            return []
        rows = (line.split() for line in file.read_text().splitlines())
        return [(int(seed), int(epoch), int(pid), float(at)) for seed, epoch, pid, at in rows]

    def twice(self) -> int:
        """Epochs that were begun more than once, each as often as it was repeated."""
        counts = Counter((seed, epoch) for seed, epoch, _, _ in self.begun())
        return sum(n - 1 for n in counts.values())

    def stumbled(self, stumble: Stumble, time_: int = 0) -> float | None:
        """When a trial did as its stumble says, in seconds since 1970; None: not yet."""
        mark = self.diary / stumble.mark(time_)
        return mark.stat().st_mtime if mark.exists() else None

    def noticed(self, blow: float, kind: str = "died") -> float | None:
        """Seconds from a blow (at seconds since 1970) to the first event of a kind after it."""
        times = (datetime.fromisoformat(event["time"]).timestamp() for event in self.events(kind))
        return next((at - blow for at in times if at >= blow), None)

    def wait(self, so: Callable[[], bool], seconds: float = 120.0) -> float:
        """Until something is so; gives the seconds that it took.

        Raises:
            TimeoutError: if it does not come to be so.
        """
        began = time.monotonic()
        while not so():
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"{seconds:.0f} s in vain; the driver said: {self.said[-2000:]}")
            time.sleep(0.02)
        return time.monotonic() - began

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Trials and epochs, sorted, without clocks."""
        trials = self.store.read_table(Paths().trials, TRIALS).to_pandas()
        epochs = self.store.read_table(Paths().epochs, EPOCHS).to_pandas()
        return _plain(trials, ["trial"]), _plain(epochs, ["trial", "epoch"])


def uninterrupted(sandbox: Sandbox) -> Sandbox:
    """The same sweep, left alone; run once for all faults whose folders stand side by side."""
    asked = (sandbox.trials, sandbox.epochs, sandbox.grace)
    name = "-".join(map(str, (Path(sandbox.real).stem or sandbox.search, *asked)))
    whole = Sandbox(
        sandbox.folder.parent / f"whole-{name}",
        *asked,
        epoch_seconds=0.0,
        search=sandbox.search,
        real=sandbox.real,
    )
    mark = whole.folder / "done"
    if not mark.exists():
        code = whole.run()
        if code:
            raise RuntimeError(f"the sweep that was left alone ended with {code}: {whole.said}")
        mark.touch()
    return whole


def processes(folder: Path) -> list[psutil.Process]:
    """What still runs of the sandboxes in a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            home = process.environ().get(HOME)
            if home and Path(home).is_relative_to(folder) and process.pid != os.getpid():
                found.append(process)
    return found


def end_all(folder: Path) -> None:
    """Kill what still runs of the sandboxes in a folder, stopped processes too."""
    for process in processes(folder):
        with contextlib.suppress(psutil.Error):
            process.kill()


def _plain(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    kept = [name for name in table.columns if name not in CLOCKS]
    return table[kept].sort_values(list(keys)).reset_index(drop=True)


def differences(
    sandbox: Sandbox, whole: Sandbox | None = None, but: Sequence[int] = ()
) -> tuple[str, ...]:
    """In what a sweep that was struck differs from one that was not; empty if in nothing.

    Besides the tables: no row stands twice, no trial is lost or unfinished, every decision at a
    rung follows from the rows before it, and every trial ended once.

    Args:
        sandbox: that was struck, and then ended.
        whole: that was left alone; None: `uninterrupted`.
        but: seeds of trials that are not compared, as they were told to end otherwise.
    """
    found = []
    pairs = zip(sandbox.tables(), (whole or uninterrupted(sandbox)).tables(), strict=True)
    for name, (ours, theirs) in zip(("trials", "epochs"), _without(pairs, but), strict=True):
        if not ours.equals(theirs):
            found.append(f"{name} differ: {_first_difference(ours, theirs)}")
    found += [f"{what} twice in a table" for what in _doubles(sandbox)]
    return tuple(found + unexplained(sandbox))


def _without(
    pairs: Iterable[tuple[pd.DataFrame, pd.DataFrame]], seeds: Sequence[int]
) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Pairs of tables without some seeds' trials; the first pair tells whose they are."""
    pairs = list(pairs)
    left = [set(table["trial"][~table["seed"].isin(seeds)]) for table in pairs[0]]
    return [
        tuple(
            table[table["trial"].isin(kept)].reset_index(drop=True)
            for table, kept in zip(pair, left, strict=True)
        )
        for pair in pairs
    ]


def _first_difference(ours: pd.DataFrame, theirs: pd.DataFrame) -> str:
    if ours.shape != theirs.shape:
        return f"{len(ours)} rows, expected {len(theirs)}"
    for column in ours:
        unequal = ~(
            (ours[column] == theirs[column]) | (ours[column].isna() & theirs[column].isna())
        )
        if unequal.any():
            row = int(unequal.to_numpy().argmax())
            return f"{column} {ours[column][row]}, expected {theirs[column][row]}"
    return "types of columns"


def _doubles(sandbox: Sandbox) -> list[str]:
    trials, epochs = sandbox.tables()
    doubles = []
    if trials.duplicated(["trial"]).any():
        doubles.append("a trial")
    if epochs.duplicated(["trial", "epoch"]).any():
        doubles.append("an epoch")
    return doubles


def unexplained(sandbox: Sandbox) -> list[str]:
    """What in a journal does not follow from the rows before it."""
    events = sandbox.events()
    ledger = Ledger(ListJournal(), events)
    found = [
        f"trial {entry.number} is {entry.status}"
        for entry in ledger.entries.values()
        if entry.status == "running"
    ]
    ends = Counter(e["trial"] for e in events if e["event"] == "ended" and not e.get("resumable"))
    found += [f"trial {trial} ended {n} times" for trial, n in ends.items() if n > 1]
    record = sandbox.store.read_json(Paths().sweep)
    if not record["rungs"]:
        return found
    rungs = Rungs(record["rungs"], int(record["identity"]["reduction_factor"]))
    for event in events:
        if event["event"] == "epoch":
            rungs.record(event["trial"], event["row"]["epoch"], event["row"][METRIC])
        elif event["event"] == "rung":
            told = {d.epoch: d.keep for d in rungs.decisions(event["trial"])}
            if told.get(event["epoch"]) != event["keep"]:
                found.append(f"rung {event['epoch']} of {event['trial']} does not follow from rows")
    return found
