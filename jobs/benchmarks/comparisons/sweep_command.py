"""A sweep by its own command, and what its journal says of it."""

import dataclasses
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestrator.process.surroundings import own_packages
from results.journal.open_journal import journal_of
from results.store import Store

NAME = "sweep"

QUESTION = """
from ray import tune
from orchestrator.config import Budget, Sweep


def sweep() -> Sweep:
    return Sweep(
        name="benchmark",
        question="How long does it take?",
        space={space},
        search="grid",
        budget=Budget({budget}),
        embedded={embedded},
    )
"""


@dataclass(frozen=True)
class EpochEvent:
    """An epoch that was told.

    Attributes:
        after: seconds from the command on.
        row: its numbers, `results.schema.EPOCHS`.
    """

    after: float
    row: Mapping[str, Any]


@dataclass(frozen=True)
class SweepTimes:
    """Of a sweep that has ended.

    Attributes:
        seconds: from the command to its end.
        epochs: of all trials, in the order in which they were told.
    """

    seconds: float
    epochs: Sequence[EpochEvent]


@dataclass(frozen=True)
class Question:
    """What a sweep asks; see `orchestrator.config.Sweep`.

    Attributes:
        space: as it is written in a question's file.
        budget: arguments of `Budget`, likewise.
        embedded: drawn faces, where no data set is named.
    """

    space: str
    budget: str
    embedded: int = 6000

    def write(self, folder: Path) -> Path:
        """As a file."""
        file = folder / "question.py"
        file.write_text(QUESTION.format(**dataclasses.asdict(self)))
        return file


def run_sweep(folder: Path, question: Question, *words: str) -> SweepTimes:
    """Train; nothing is worked up afterwards.

    Args:
        folder: for the question and the results.
        question: what is asked.
        words: more of the command line.

    Raises:
        RuntimeError: where it does not end well.
    """
    results = Path(
        tempfile.mkdtemp(dir=folder)
    )  # in one folder, a trial would not be trained twice
    command = own_packages.child("orchestrator.sweep", str(question.write(folder)))
    command += ["--results", str(results), "--name", NAME, "--no-postprocess", *words]
    began = time.time()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=own_packages.child_environment(os.environ),
    )
    seconds = time.time() - began
    if done.returncode:
        raise RuntimeError(f"the sweep ended with {done.returncode}: {done.stderr[-500:]}")
    events = journal_of(Store(results / NAME)).read()
    epochs = [
        EpochEvent(_moment(event["time"]) - began, event["row"])
        for event in events
        if event["event"] == "epoch"
    ]
    return SweepTimes(seconds, epochs)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
