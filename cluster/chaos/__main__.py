"""Strikes a sweep with every fault and prints what came of it: python -m cluster.chaos --help."""

import argparse
import datetime
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from cluster.chaos.catalogue import FAULTS, NEEDS, Fault
from cluster.chaos.outcome import Observed
from cluster.chaos.sandbox import end_all
from orchestrator.process import hardware, provenance
from orchestrator.process.exit_code import BAD_INPUT

HEAD = (
    "| fault | n | detected after | epochs lost | final table | seconds | what was said |\n"
    "|---|---|---|---|---|---|---|"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Strike, print the table; 0 where every sweep came to the end that it had to."""
    asked = _parser().parse_args(argv)
    unknown = [name for name in asked.names if name not in FAULTS]
    if unknown:
        print(f"error: no fault {unknown[0]}; there are {', '.join(FAULTS)}", file=sys.stderr)
        return BAD_INPUT
    chosen = {
        name: fault
        for name, fault in FAULTS.items()
        if name in asked.names or (not asked.names and (fault.short or not asked.short))
    }
    if asked.list:
        print("\n".join(f"{name:18} {fault.words}" for name, fault in chosen.items()))
        return 0
    folder = Path(asked.folder or tempfile.mkdtemp(prefix="faults-")).absolute()
    return _all(chosen, folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cluster.chaos", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of faults; default: all")
    parser.add_argument("--short", action="store_true", help="those that run with every change")
    parser.add_argument("--list", action="store_true", help="print their names and leave")
    parser.add_argument("--folder", help="for the sweeps; default: a new temporary one")
    return parser


def _all(chosen: Mapping[str, Fault], folder: Path) -> int:
    rows, bad = [], 0
    for number, (name, fault) in enumerate(chosen.items(), 1):
        print(f"[{number}/{len(chosen)}] {name}, about {fault.seconds:.0f} s", file=sys.stderr)
        lacks = lacking(fault)
        if lacks:
            rows.append(f"| {fault.words} | 0 | | | not tried: this needs {lacks} | | |")
            continue
        began = time.monotonic()
        seen = strike(fault, folder / name)
        wrong = broken(fault, seen)
        bad += bool(wrong)
        rows.append(row(fault, seen, time.monotonic() - began))
        print("\n".join(f"  {line}" for line in wrong or ["ok"]), file=sys.stderr)
    print(f"{_about()}\n\n{HEAD}")
    print("\n".join(rows))
    return 1 if bad else 0


def strike(fault: Fault, folder: Path) -> Observed:
    """Have it done; what goes wrong on the way counts as a difference. Leaves no process."""
    try:
        return fault.strike(folder)
    except Exception as error:
        traceback.print_exc()
        return Observed(None, 0, (f"{type(error).__name__}: {error}",))
    finally:
        end_all(folder)


def lacking(fault: Fault) -> str:
    """What this machine lacks for a fault, in words; "" if nothing."""
    words, here = NEEDS[fault.needs]
    return "" if here() else words


def broken(fault: Fault, seen: Observed) -> list[str]:
    """Promises that a fault broke: an equal table, how soon it is noticed, how much is lost."""
    wrong = list(seen.differences)
    if fault.within_s is not None and (seen.detected_s or 0) > fault.within_s:
        wrong.append(f"noticed after {seen.detected_s:.1f} s, promised: {fault.within_s:g} s")
    if seen.epochs_lost > fault.lost * seen.blows:
        wrong.append(f"{seen.epochs_lost} epochs lost, at most {fault.lost} a blow is promised")
    return wrong


def row(fault: Fault, seen: Observed, seconds: float) -> str:
    """A line of the table."""
    soon = seen.detected_s is not None and seen.detected_s < 1
    detected = "at once" if seen.detected_s is None else f"{seen.detected_s:.{1 + soon}f} s"
    table = "; ".join(seen.differences) or "equal"
    cells = (fault.words, seen.blows, detected, seen.epochs_lost, table, f"{seconds:.0f}")
    return f"| {' | '.join(map(str, cells))} | {_cell(seen.said)} |"


def _cell(text: str, most: int = 160) -> str:
    text = " ".join(text.replace("|", "/").split())
    return text if len(text) <= most else f"{text[:most]}..."


def _about() -> str:
    told = provenance.describe()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    busy = os.getloadavg()[0]
    where = f"{hardware.machine()}, load {busy:.1f}"
    return f"{today}, {where}, commit {told['commit']}, ray {told['packages']['ray']}"


if __name__ == "__main__":
    sys.exit(main())
