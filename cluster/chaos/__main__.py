"""Injects every fault into a sweep and prints what came of it: python -m cluster.chaos --help.

Each fault is one test of `faults_test`, which pytest runs (pip install -e '.[dev]').
"""

import argparse
import contextlib
import datetime
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cluster.chaos.faults import FAULTS, Fault
from cluster.chaos.outcome import Outcome
from orchestrator.process import hardware, provenance
from orchestrator.process.exit_code import BAD_INPUT

if TYPE_CHECKING:
    import pytest

HEAD = (
    "| fault | n | detected after | epochs lost | final table | seconds | what was said |\n"
    "|---|---|---|---|---|---|---|"
)
TEST = Path(__file__).with_name("faults_test.py")


class TableOfFaults:
    """For pytest: a row of the table for each test of a fault.

    Args:
        folder: where the sweeps are.
        names: of the faults, as many as there are tests.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.rows: list[str] = []
        self._folder = folder
        self._names = names

    def pytest_configure(self, config: "pytest.Config") -> None:
        """Tell the tests where the sweeps are."""
        config.option.faults_folder = self._folder

    def pytest_runtest_logstart(self) -> None:
        """Say which fault comes next, and how long it takes."""
        number = len(self.rows)
        name = self._names[number]
        seconds = f"about {FAULTS[name].seconds:.0f} s"
        print(f"\n[{number + 1}/{len(self._names)}] {name}, {seconds}", file=sys.stderr)

    def pytest_runtest_logreport(self, report: "pytest.TestReport") -> None:
        """Keep what the test recorded."""
        if report.when == "call":
            recorded: dict[str, Any] = dict(report.user_properties)
            fault = FAULTS[recorded["fault"]]
            if "outcome" in recorded:
                self.rows.append(row(fault, Outcome(**recorded["outcome"]), recorded["seconds"]))
            else:
                text = f"not tried: this needs {fault.lacks}"
                self.rows.append(f"| {fault.words} | 0 | | | {text} | | |")


def main(argv: Sequence[str] | None = None) -> int:
    """Inject, print the table; 0 where every sweep came to the end that it had to."""
    options = _parser().parse_args(argv)
    unknown = [name for name in options.names if name not in FAULTS]
    if unknown:
        print(f"error: no fault {unknown[0]}; there are {', '.join(FAULTS)}", file=sys.stderr)
        return BAD_INPUT
    chosen = {
        name: fault
        for name, fault in FAULTS.items()
        if name in options.names or (not options.names and (fault.short or not options.short))
    }
    if options.list:
        print("\n".join(f"{name:18} {fault.words}" for name, fault in chosen.items()))
        return 0
    folder = Path(options.folder or tempfile.mkdtemp(prefix="faults-")).absolute()
    # A shell has what it starts in the background ignore Ctrl-C, and so would every driver here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return _run(list(chosen), folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cluster.chaos", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of faults; default: all")
    parser.add_argument("--short", action="store_true", help="two quick ones alone")
    parser.add_argument("--list", action="store_true", help="print their names and leave")
    parser.add_argument("--folder", help="for the sweeps; default: a new temporary one")
    return parser


def _run(names: Sequence[str], folder: Path) -> int:
    import pytest  # only now: a list of faults needs it as little as `--help`

    table = TableOfFaults(folder, names)
    test = "test_a_sweep_with_a_fault_ends_as_one_that_was_left_alone"
    tests = [f"{TEST}::{test}[{name}]" for name in names]
    with contextlib.redirect_stdout(sys.stderr):  # the table alone is for standard output
        code = pytest.main(["-q", "-o", "addopts=", *tests], plugins=[table])
    print(f"{_circumstances()}\n\n{HEAD}")
    print("\n".join(table.rows))
    return int(code != pytest.ExitCode.OK)


def row(fault: Fault, outcome: Outcome, seconds: float) -> str:
    """A line of the table."""
    soon = outcome.detected_s is not None and outcome.detected_s < 1
    detected = "at once" if outcome.detected_s is None else f"{outcome.detected_s:.{1 + soon}f} s"
    table = "; ".join(outcome.differences) or "equal"
    cells = (fault.words, outcome.injections, detected, outcome.epochs_lost, table)
    return f"| {' | '.join(map(str, cells))} | {seconds:.0f} | {_cell(outcome.message)} |"


def _cell(text: str, most: int = 160) -> str:
    text = " ".join(text.replace("|", "/").split())
    return text if len(text) <= most else f"{text[:most]}..."


def _circumstances() -> str:
    origin = provenance.describe()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    where = f"{hardware.machine()}, load {os.getloadavg()[0]:.1f}"
    return f"{today}, {where}, commit {origin['commit']}, ray {origin['packages']['ray']}"


if __name__ == "__main__":
    sys.exit(main())
