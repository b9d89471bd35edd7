"""What a user may ask of a benchmark."""

from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import BadInput
from orchestrator.process.command_line import Command, flag, not_empty, place

BENCHMARKS = {"gpu": "jobs.benchmarks.gpu.measure"}
"""Name -> the function that measures, "module.function": (request, moment of `time.monotonic` at
which the command began) -> exit code."""


def _positive(name: str, seconds: float) -> float:
    if seconds <= 0:
        raise BadInput(f"{name} {seconds:g}: expected a number above 0")
    return seconds


@dataclass(frozen=True, kw_only=True)
class BenchmarkRequest:
    """What is measured, and for how long."""

    benchmark: str = flag("what is measured", required=True, positional=True, choices=("gpu",))
    data: str | None = flag(
        "fer2013.csv, its archive or image folders; default: noise of FER2013's shape",
        metavar="PATH",
        check=place,
    )
    quick: bool = flag("small nets on few images, as always on a CPU", default=False)
    accuracy: bool = flag("train vgg to its end and say when it passes 0.70", default=False)
    only: str | None = flag(
        "these rows alone, in the order of the table", metavar="NAME,...", check=not_empty
    )
    seconds: float = flag(
        "of measuring a row, after it has compiled", default=3.0, metavar="N", check=_positive
    )
    limit: float | None = flag(
        "begin no further row after so many seconds", metavar="SECONDS", check=_positive
    )
    out: Path | None = flag("a file that gets a line of JSON a row", metavar="FILE.jsonl")  # noqa: RUF009  a dataclass field


COMMAND = Command(
    program="python -m jobs.benchmark",
    takes=BenchmarkRequest,
    description="Measure this machine; each row is printed as soon as it is measured.",
    epilog="Exit codes: 0 measured, 1 a row failed, 2 bad input, 130 interrupted.",
)
