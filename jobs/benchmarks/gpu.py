"""`python -m jobs.benchmark gpu`: rows in the order of their importance."""

import datetime
import os
import sys
from importlib import metadata
from typing import Any

from jobs.benchmarks import accuracy, explanations, processes, training_speed
from jobs.benchmarks.request import BenchmarkRequest
from jobs.benchmarks.row import Row, Table
from jobs.benchmarks.setup import Measurement, Setup
from orchestrator.errors import BadInput
from orchestrator.process import hardware, provenance
from orchestrator.process.error_line import error_line
from orchestrator.process.exit_code import DONE, FAILED

ROWS: dict[str, Measurement] = {
    **accuracy.ROWS,
    **training_speed.FIRST,
    **processes.FIRST,
    **explanations.ROWS,
    **training_speed.MORE,
    **processes.MORE,
}
"""Name -> what measures it. `accuracy` comes first, as it counts from the command's start."""


def measure(request: BenchmarkRequest, began: float) -> int:
    """Print the table.

    Args:
        request: of the user.
        began: moment of `time.monotonic` at which the command began.

    Raises:
        BadInput: for a name that no row has, or --accuracy without data.
    """
    names = _chosen(request)
    # Other processes train beside this one: it must not take the memory beforehand.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    setup = Setup(request, began)
    table = Table(request.out, _circumstances(setup))
    failed = [name for name in names if not _measured(name, setup, table)]
    print(f"\n{setup.elapsed:.0f} s in all", flush=True)
    return FAILED if failed else DONE


def _chosen(request: BenchmarkRequest) -> list[str]:
    selection = request.only.split(",") if request.only else None
    for name in selection or ():
        if name not in ROWS:
            raise BadInput(f"--only {name}: no such row; there are {', '.join(ROWS)}")
    if (request.accuracy or "accuracy" in (selection or ())) and not request.data:
        raise BadInput("--accuracy trains on real faces; name them with --data PATH")
    if selection is None:
        return [name for name in ROWS if name != "accuracy" or request.accuracy]
    return [name for name in ROWS if name in selection or (name == "accuracy" and request.accuracy)]


def _measured(name: str, setup: Setup, table: Table) -> bool:
    """Whether nothing failed; what one row makes of it, the others are not to suffer."""
    limit = setup.request.limit
    if limit is not None and setup.elapsed > limit:
        table.add(Row(name, "", note=f"not begun: {limit:g} s have passed (--limit)"))
        return True
    # A first call may compile for half a minute: whoever waits sees at what.
    print(f"[{setup.elapsed:.0f} s] {name} ...", file=sys.stderr, flush=True)
    try:
        for row in ROWS[name](setup):
            table.add(row)
    except BadInput:
        raise
    except Exception as error:
        table.add(Row(name, "", note=f"failed: {error_line(error)[:300]}"))
        print(repr(error), file=sys.stderr)
        return False
    return True


def _circumstances(setup: Setup) -> dict[str, Any]:
    packages = ("jax", "jaxlib", "keras", "numpy")
    _ = setup.named  # a wrong path is said before a device is asked for
    return {
        "device": setup.engine.device or "CPU",
        "hardware": hardware.machine(),
        "python": sys.version.split()[0],
        **{package: metadata.version(package) for package in packages},
        "commit": provenance.commit(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "images": len(setup.inputs.training),
        "data": "real" if setup.request.data else "noise",
        "sizes": "small" if setup.small else "full",
    }
