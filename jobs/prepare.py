"""Read, check and cache a data set; say what is in it and what is wrong with it.

python -m jobs.prepare --data PATH-OR-URI [--split-by folder] [--labels FILE] [--cache DIR]
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.data.reading import Reading
from orchestrator.process.command_line import Command, flag, local_folder, place
from orchestrator.process.exit_code import exit_code
from orchestrator.request import labels_flag, split_by_flag


@dataclass(frozen=True, kw_only=True)
class PrepareRequest:
    """Which data set, and where to."""

    data: str | None = flag(
        "CSV, zip, tar.gz or folder of faces, or the URI of one (s3://bucket/fer2013.zip, "
        "gs://, ...), which is copied into the cache; without it: embedded faces",
        check=place,
    )
    cache: Path | None = flag("folder of the cache", check=local_folder)  # noqa: RUF009  a dataclass field
    split_by: str = split_by_flag()
    labels: str | None = labels_flag()
    embedded: int = flag("faces drawn without --data", default=6000)
    seed: int = flag("of the drawing", default=0)


COMMAND = Command("python -m jobs.prepare", PrepareRequest, (__doc__ or "").partition("\n")[0])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the last line on standard output is the cache entry's folder.

    Args:
        argv: arguments; those of the process if None.

    Returns:
        The exit code: 0 done, 1 no answer from a store, 2 bad input, 130 interrupted.
    """
    return exit_code(lambda: _answer(COMMAND.read(argv)))


def _answer(request: PrepareRequest) -> int:
    # Only now: arrays and tables take a second, which words that cannot be need not wait for.
    from jobs.execution.prepare import prepare

    return prepare(
        request.data,
        embedded=request.embedded,
        seed=request.seed,
        cache=request.cache,
        reading=Reading.of(request.split_by, request.labels),
    )


if __name__ == "__main__":
    sys.exit(main())
