"""Sides run in fresh processes, A B A B, and what each answered."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jobs.benchmarks.side_by_side.comparison import Case, Comparison, Measured
from orchestrator.process.error_line import plain_lines
from orchestrator.process.surroundings import own_packages
from orchestrator.process.terminal import ESCAPED

CHILD = tuple(own_packages.child("jobs.benchmarks.side_by_side.child"))

OURS, THEIRS = "ours", "theirs"

LOOK_S = 0.3
"""How long the machine is watched while nothing of ours runs."""

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}
"""Variables of the processes: what they print is shown where they fail."""


class Absent(Exception):
    """A package of the other side is not installed."""


class Failed(Exception):
    """A side did not come to its end."""


@dataclass(frozen=True)
class Run:
    """One process.

    Attributes:
        side: OURS or THEIRS.
        round: from 0; each has both sides.
        measured: what it answered.
        others: cores that others kept busy just before it began.
        seconds: that it took in all, imports and preparations included.
    """

    side: str
    round: int
    measured: Measured
    others: float
    seconds: float


def runs(comparison: Comparison, package: str, case: Case) -> Iterator[Run]:
    """Both sides in turns, each as soon as it has answered.

    Args:
        comparison: whose sides are run.
        package: that holds the modules of its sides.
        case: what both are given.

    Raises:
        Absent: where a package of the peer is not installed.
        Failed: with the reason.
    """
    sides = [(OURS, comparison.ours), (THEIRS, comparison.theirs)]
    for number in range(1 if case.quick else comparison.rounds):
        for side, function in sides:
            if function:
                yield _run(side, number, f"{package}.{function}", case)


def prepare(comparison: Comparison, package: str, case: Case) -> None:
    """What has to be there before the first run; arguments and errors as of `runs`."""
    if comparison.prepare:
        _answer(f"{package}.{comparison.prepare}", case)


def _run(side: str, number: int, function: str, case: Case) -> Run:
    others, began = _cores_in_use(), time.monotonic()
    facts = _answer(function, case)
    return Run(side, number, Measured(**facts), others, time.monotonic() - began)


def _cores_in_use() -> float:
    import psutil

    return float(psutil.cpu_percent(LOOK_S)) / 100 * (psutil.cpu_count() or 1)


def _answer(function: str, case: Case) -> dict[str, Any]:
    task = {"function": function, "folder": str(case.folder), "quick": case.quick}
    with tempfile.TemporaryFile("w+", errors=ESCAPED) as errors:
        facts = _asked(json.dumps(task | {"data": case.data}), errors)
    if "absent" in facts:
        raise Absent(facts["absent"])
    if "failure" in facts:
        raise Failed(facts["failure"])
    return facts


def _asked(task: str, errors: IO[str]) -> dict[str, Any]:
    environment = own_packages.child_environment(os.environ | QUIET)
    process = subprocess.Popen(
        CHILD,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env=environment,
        cwd=Path.cwd(),
    )
    try:
        answer, _ = process.communicate(task)
    except BaseException:
        process.kill()
        process.wait()
        raise
    errors.seek(0)
    words = plain_lines(errors.read())
    if process.returncode or not answer:
        raise Failed(words[-1] if words else f"exit code {process.returncode}")
    facts: dict[str, Any] = json.loads(answer)
    if "failure" in facts:
        print("\n".join(words[-20:]), file=sys.stderr)
    return facts
