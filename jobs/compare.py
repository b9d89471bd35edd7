"""Two sweeps side by side, on one page: which is better, what differs, where they disagree.

    python -m jobs.compare RESULTS/A RESULTS/B

Nothing is trained or predicted: the page is made of what both left. Their answers are paired image
by image where both were made on one data set.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.process.cache_folder import place_library_caches
from orchestrator.process.command_line import Command, flag, place
from orchestrator.process.exit_code import exit_code


@dataclass(frozen=True, kw_only=True)
class CompareRequest:
    """Which two sweeps, and where the page goes."""

    first: str = flag(
        "a sweep's own folder, RESULTS/A", required=True, positional=True, check=place
    )
    second: str = flag(
        "the other's, RESULTS/B; differences are its numbers less those of the first",
        required=True,
        positional=True,
        check=place,
    )
    output: str | None = flag(
        "the page; default: RESULTS/compare-A-B.html beside the first", metavar="FILE", check=place
    )
    data: str | None = flag(
        "the data set, if it has moved: for the faces", metavar="PATH", check=place
    )


COMMAND = Command(
    program="python -m jobs.compare",
    takes=CompareRequest,
    description=(__doc__ or "").partition("\n")[0],
)


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 failed, 2 bad input, 130 interrupted; the last line printed is the page."""
    return exit_code(lambda: _answer(COMMAND.read(argv)))


def _answer(request: CompareRequest) -> int:
    # Only now: pandas and scipy take seconds, which words that cannot be need not wait for.
    place_library_caches()
    from jobs.execution.compare import compare

    return compare(request.first, request.second, request.output, request.data)


if __name__ == "__main__":
    sys.exit(main())
