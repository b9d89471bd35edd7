"""What a sweep of many trials costs its driver.

python -m cluster.driver_overhead [--trials N] [--slots N] [--epochs N] [--grace N] [--seconds S]

Nothing is trained: driver, journal, Ray, workers, checkpoints, tables and TensorBoard are the
true ones, only the net is missing. So whatever time passes is the orchestrator's own.

The table is meant for `results/log.md`. Costs are told in CPU time of the driver's process, which
other work on the machine disturbs less than it does the clock; the clock's time stands beside it.
"""

import argparse
import bisect
import contextlib
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from orchestrator.process import hardware, provenance
from results.paths import Paths

if TYPE_CHECKING:  # it brings pandas and Ray along: `main` imports it, once its words are read
    from cluster.chaos.sandbox import Sandbox

EVERY_S = 0.2
"""Between two looks at the driver's process."""

MIB = 2**20


@dataclass(frozen=True)
class Sample:
    """The driver's process at one moment.

    Attributes:
        at: seconds since 1970.
        cpu_s: CPU time that it has taken since it began, all its threads together.
        mib: its resident memory.
    """

    at: float
    cpu_s: float
    mib: float


@dataclass(frozen=True)
class DriverOverhead:
    """What a sweep has cost.

    Attributes:
        trials: that ended.
        results: epochs that were reported.
        wall_s: of the whole command.
        first_result_s: from the command to the first row.
        last_words_s: from the last row to the end of the command.
        cpu_ms: CPU time of the driver a result, in each tenth of the results.
        busy: trials under way, on average from the first one's start to the last one's end.
        mib: the driver's resident memory, at most.
        journal_bytes: size of the journal.
        state_bytes: of all files in the sweep's folder, the journal too.
        files: how many these are.
        resume_s: from the command that goes on with the sweep, cut off in its last trials, to
            the first new row.
    """

    trials: int
    results: int
    wall_s: float
    first_result_s: float
    last_words_s: float
    cpu_ms: tuple[float, ...]
    busy: float
    mib: float
    journal_bytes: int
    state_bytes: int
    files: int
    resume_s: float

    @property
    def growth(self) -> float:
        """Cost of a result in the last tenth over that in the first; 1 is flat."""
        return self.cpu_ms[-1] / self.cpu_ms[0]


def measure(sandbox: "Sandbox") -> DriverOverhead:
    """Run a sweep that nothing disturbs, and then its last trials again.

    Raises:
        RuntimeError: if either run does not end well.
    """
    began = time.time()
    samples = _sampled(sandbox)
    ended = time.time()
    at = [when(event["time"]) for event in sandbox.events("epoch")]
    journal = _journal(sandbox)
    sizes = [f.stat().st_size for f in journal.parent.rglob("*") if f.is_file()]
    return DriverOverhead(
        trials=len(sandbox.events("ended")),
        results=len(at),
        wall_s=ended - began,
        first_result_s=at[0] - began,
        last_words_s=ended - at[-1],
        cpu_ms=tuple(1000 * s for s in tenths([cpu_at(samples, moment) for moment in at])),
        busy=busy(sandbox.events()),
        mib=max(sample.mib for sample in samples),
        journal_bytes=journal.stat().st_size,
        state_bytes=sum(sizes),
        files=len(sizes),
        resume_s=_resumed(sandbox),
    )


def _sampled(sandbox: "Sandbox") -> list[Sample]:
    driver = sandbox.begin()
    process, samples = psutil.Process(driver.pid), list[Sample]()
    while driver.poll() is None:
        with contextlib.suppress(psutil.Error):
            cpu = process.cpu_times()
            mib = process.memory_info().rss / MIB
            samples.append(Sample(time.time(), cpu.user + cpu.system, mib))
        time.sleep(EVERY_S)
    _check(sandbox, driver)
    return samples


def _check(sandbox: "Sandbox", driver: "subprocess.Popen[str]") -> None:
    if driver.wait():
        raise RuntimeError(f"the sweep ended with {driver.returncode}: {sandbox.stderr[-2000:]}")


def _journal(sandbox: "Sandbox") -> Path:
    folder = sandbox.store.local
    assert folder is not None, "a sandbox's results are local unless it says otherwise"
    return folder / Paths().journal


def _resumed(sandbox: "Sandbox") -> float:
    """Cut the journal where the last trial was asked for, as a kill would have; go on."""
    journal = _journal(sandbox)
    lines = journal.read_bytes().splitlines(keepends=True)
    last = max(i for i, line in enumerate(lines) if b'"event": "asked"' in line)
    journal.write_bytes(b"".join(lines[: last + 1]))
    began, before = time.time(), len(sandbox.events("epoch"))
    driver = sandbox.begin()
    _check(sandbox, driver)
    return when(sandbox.events("epoch")[before]["time"]) - began


def busy(events: Sequence[Mapping[str, Any]]) -> float:
    """How many trials were under way at a time, on average.

    Where trials are shorter than a process takes to start, Tune gives the next one to a process
    that has become free and calls off the one that was to be started: slots then stay empty.
    """
    since: dict[str, float] = {}
    total, moments = 0.0, list[float]()
    for event in events:
        if event["event"] in ("started", "ended", "died"):
            moments.append(when(event["time"]))
            begun = since.pop(event["trial"], moments[-1])
            total += moments[-1] - begun
            if event["event"] == "started":
                since[event["trial"]] = moments[-1]
    return total / (moments[-1] - moments[0])


def when(text: str) -> float:
    """Seconds since 1970 of a journal's time."""
    return datetime.fromisoformat(text).timestamp()


def cpu_at(samples: Sequence[Sample], moment: float) -> float:
    """CPU seconds spent up to a moment, on a straight line between the two nearest samples."""
    right = bisect.bisect_left(samples, moment, key=lambda sample: sample.at)
    if right in (0, len(samples)):
        return samples[min(right, len(samples) - 1)].cpu_s
    a, b = samples[right - 1], samples[right]
    return a.cpu_s + (b.cpu_s - a.cpu_s) * (moment - a.at) / (b.at - a.at)


def tenths(marks: Sequence[float]) -> tuple[float, ...]:
    """Mean step between neighbours in each tenth of a rising sequence.

    Args:
        marks: at least 11.
    """
    steps = len(marks) - 1
    edges = [i * steps // 10 for i in range(11)]
    return tuple((marks[b] - marks[a]) / (b - a) for a, b in itertools.pairwise(edges))


COLUMNS = (
    "trials",
    "results",
    "wall s",
    "ms CPU a result: first tenth",
    "last tenth",
    "ratio",
    "slots busy",
    "driver MiB",
    "journal bytes a trial",
    "all state, bytes a trial",
    "files a trial",
    "start s",
    "end s",
    "resume s",
)


def row(cost: DriverOverhead) -> str:
    """A line of the table."""
    n = cost.trials
    cells = (
        f"{n:,}",
        f"{cost.results:,}",
        f"{cost.wall_s:.0f}",
        f"{cost.cpu_ms[0]:.2f}",
        f"{cost.cpu_ms[-1]:.2f}",
        f"{cost.growth:.2f}",
        f"{cost.busy:.1f}",
        f"{cost.mib:.0f}",
        f"{cost.journal_bytes / n:,.0f}",
        f"{cost.state_bytes / n:,.0f}",
        f"{cost.files / n:.1f}",
        f"{cost.first_result_s:.1f}",
        f"{cost.last_words_s:.1f}",
        f"{cost.resume_s:.1f}",
    )
    return f"| {' | '.join(cells)} |"


def heading(slots: int, epochs: int, grace: int, seconds: float = 0.0) -> str:
    """What was measured, when, and on what; then the table's head."""
    rungs = f"first rung at epoch {grace}" if grace else "nobody stopped early"
    today, commit = datetime.now(UTC).date(), provenance.commit() or "unknown"
    return "\n".join(
        (
            f"Sweeps without training of {epochs} epochs at most, {seconds:g} s each, {rungs}, "
            f"{slots} slots. {today}, {hardware.machine()}, Ray {metadata.version('ray')}, "
            f"commit {commit}.",
            "",
            f"| {' | '.join(COLUMNS)} |",
            f"|{'---|' * len(COLUMNS)}",
        )
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the runs' folders are deleted."""
    parser = argparse.ArgumentParser(prog="python -m cluster.driver_overhead", description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--grace", type=int, default=0, help="first rung; 0 stops nobody early")
    parser.add_argument("--seconds", type=float, default=0.0, help="that an epoch takes")
    parser.add_argument("--folder", help="for the runs; a temporary one if absent")
    options = parser.parse_args(argv)
    from cluster.chaos.sandbox import Sandbox  # only now: see its import above

    print(heading(options.slots, options.epochs, options.grace, options.seconds), flush=True)
    for n in options.trials:
        folder = Path(tempfile.mkdtemp(prefix="driver-overhead-", dir=options.folder))
        try:
            sandbox = Sandbox(
                folder,
                trials=n,
                slots=options.slots,
                epochs=options.epochs,
                grace=options.grace,
                epoch_seconds=options.seconds,
                epoch_by_epoch=False,
            )
            print(row(measure(sandbox)), flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
