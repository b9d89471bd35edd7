"""What the driver makes of many trials in which nothing is trained; of a checkout alone."""

import os
import subprocess

from jobs.benchmarks.side_by_side.comparison import Case, Measured
from orchestrator.process.surroundings import own_packages

MODULE = "cluster.driver_overhead"

FLAT = 1.25
"""Cost of a result among the last tenth over that among the first, at most: it is to be flat, and
single runs differ by a tenth."""


def idle_slots(case: Case) -> Measured:
    """Share of the slots' time in which no trial was under way, from first start to last end."""
    slots = 2
    trials, seconds = case.size(200, 12), case.size(20, 2) / 10
    cells = _overhead("--trials", trials, "--slots", slots, "--seconds", seconds)
    busy = float(cells["slots busy"]) / slots
    return Measured(1 - busy, note=f"{busy:.0%} busy; {cells['wall s']} s for {trials} trials")


def no_operations(case: Case) -> Measured:
    """The driver's memory at most."""
    trials = case.size(10_000, 20)
    cells = _overhead("--trials", trials, "--slots", 4)
    growth = float(cells["ratio"])
    cost = f"{cells['ms CPU a result: first tenth']} to {cells['last tenth']} ms CPU a result"
    return Measured(
        float(cells["driver MiB"]),
        note=f"{cost}; {cells['wall s']} s for {trials:,} trials",
        fault=f"a result costs {growth:.2f} times as much at the end"
        if growth > FLAT and not case.quick
        else "",
    )


def _overhead(*words: object) -> dict[str, str]:
    """Its table's one row: column -> cell."""
    done = subprocess.run(
        own_packages.child(MODULE, *map(str, words)),
        capture_output=True,
        text=True,
        check=False,
        env=own_packages.child_environment(os.environ),
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    if done.returncode or len(lines) != 2:
        raise RuntimeError(f"{MODULE} ended with {done.returncode}: {done.stderr[-300:]}")
    titles, row = (line.strip("| ").split(" | ") for line in lines)
    return {title: cell.replace(",", "") for title, cell in zip(titles, row, strict=True)}
