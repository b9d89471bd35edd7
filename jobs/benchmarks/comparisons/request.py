"""What a user may ask of the comparisons."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.benchmarks.comparisons.catalogue import COMPARISONS
from jobs.benchmarks.side_by_side.comparison import chosen
from orchestrator.errors import BadInput
from orchestrator.process.command_line import Command, flag, local_folder, place


def _names(name: str, given: list[str]) -> tuple[str, ...]:
    chosen(given, COMPARISONS)
    return tuple(given)


def _parquet(name: str, file: Any) -> Path:
    path = local_folder(name, file)
    if not path.absolute().parent.is_dir():
        raise BadInput(f"{name} {file}: there is no folder {path.absolute().parent}")
    return path


@dataclass(frozen=True, kw_only=True)
class ComparisonRequest:
    """Which comparisons are made, of what size."""

    names: tuple[str, ...] = flag(
        "what is measured; one that ends in - stands for all that begin with it; default: all that "
        "take minutes at most",
        default=(),
        positional=True,
        repeated=True,
        metavar="NAME",
        check=_names,
    )
    data: str | None = flag(
        "fer2013.csv, its archive or image folders; default: drawn faces, or noise where pixels "
        "do not matter",
        metavar="PATH",
        check=place,
    )
    list: bool = flag("name what there is, and end", default=False)
    quick: bool = flag("small sizes, once: shows that it runs, not how fast", default=False)
    out: Path | None = flag("gets a row a run", metavar="FILE.parquet", check=_parquet)  # noqa: RUF009  a dataclass field


def listed() -> str:
    """A line a comparison: its name, what it measures, against what."""

    def text(name: str) -> str:
        comparison = COMPARISONS[name]
        against = f", against {comparison.against}" if comparison.against else ""
        late = " (only where it is named)" if comparison.by_name_only else ""
        return f"{name:20} {comparison.what}{against}{late}"

    return "\n".join(map(text, COMPARISONS))


COMMAND = Command(
    program="python -m jobs.benchmark",
    takes=ComparisonRequest,
    description="Measure what we do beside what somebody would take instead, on this machine: "
    "each side in fresh processes, A B A B, medians and their spread. A cost's ratio below 1 is "
    "in our favour. Peers that are not installed are skipped. A GPU, and nothing beside it: "
    "python -m jobs.benchmark gpu --help.",
    epilog="Exit codes: 0 measured, 1 a side failed, 2 bad input, 130 interrupted.",
)
