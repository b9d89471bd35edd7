"""Comparisons one after the other: a table on standard output, every run in a Parquet file."""

import datetime
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.benchmarks.side_by_side.comparison import Case, Comparison
from jobs.benchmarks.side_by_side.outcome import Outcome, heading, line, outcome
from jobs.benchmarks.side_by_side.processes import Absent, Failed, Run, prepare, runs
from orchestrator.process import hardware, provenance
from orchestrator.process.exit_code import DONE, FAILED
from results.storage.atomic_file import write_atomically


@dataclass(frozen=True)
class Wish:
    """How all are measured.

    Attributes:
        quick: see `Case`.
        data: see `Case`.
        out: the Parquet file; None for none.
    """

    quick: bool = False
    data: str | None = None
    out: Path | None = None


def compare(comparisons: Mapping[str, Comparison], package: str, wish: Wish) -> int:
    """Measure these, in order; a row is printed as soon as its last run has ended.

    The file holds a row a run: name, what, against, unit, goal_ratio, goal_cost, side, round, cost,
    cpu, quality, note, fault (see `Measured`), others, seconds (see `Run`), and what
    `circumstances` says, the same in all. It is written whole after each comparison.

    Args:
        comparisons: name -> comparison.
        package: that holds the modules of their sides.
        wish: see there.

    Returns:
        DONE, or FAILED where a side failed; a goal that is not met is no failure.
    """
    where = circumstances(wish)
    print(", ".join(f"{name} {value}" for name, value in where.items()))
    print(f"\n{heading()}", flush=True)
    rows, states = list[dict[str, Any]](), set[str]()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        for name, comparison in comparisons.items():
            print(f"{name} ...", file=sys.stderr, flush=True)  # whoever waits sees for what
            place = Path(folder) / (comparison.prepare or name)
            result, measured = _measured(comparison, package, Case(place, wish.quick, wish.data))
            print(line(name, comparison, result), flush=True)
            states.add(result.state)
            rows += [_row(name, comparison, run) | where for run in measured]
            if wish.out is not None and rows:
                _write(wish.out, rows)
    return FAILED if "failed" in states else DONE


def circumstances(wish: Wish) -> dict[str, Any]:
    """What all measurements of one command share."""
    return {
        "hardware": hardware.machine(),
        "cores": hardware.cores(),
        "python": sys.version.split()[0],
        **provenance.versions(),
        "commit": provenance.commit(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "data": wish.data or "drawn faces or noise",
        "sizes": "quick" if wish.quick else "full",
    }


def _measured(comparison: Comparison, package: str, case: Case) -> tuple[Outcome, list[Run]]:
    try:
        if not case.folder.exists():
            case.folder.mkdir()
            prepare(comparison, package, case)
        measured = list(runs(comparison, package, case))
    except Absent as absence:
        return Outcome("skipped", notes=(str(absence),)), []
    except Failed as failure:
        return Outcome("failed", notes=(str(failure),)), []
    return outcome(comparison, measured), measured


def _row(name: str, comparison: Comparison, run: Run) -> dict[str, Any]:
    return {
        "name": name,
        "what": comparison.what,
        "against": comparison.against,
        "unit": comparison.unit,
        "goal_ratio": comparison.goal.ratio,
        "goal_cost": comparison.goal.cost,
        "side": run.side,
        "round": run.round,
        "cost": run.measured.cost,
        "cpu": run.measured.cpu,
        "quality": run.measured.quality,
        "note": run.measured.note,
        "fault": run.measured.fault,
        "others": run.others,
        "seconds": run.seconds,
    }


def _write(out: Path, rows: Sequence[dict[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(list(rows)), sink)
    write_atomically(out, sink.getvalue().to_pybytes())
