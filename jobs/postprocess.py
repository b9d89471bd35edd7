"""After a sweep: its ensemble, where the nets look, tables, pictures and one report.

    python -m jobs.postprocess RESULTS/NAME

A sweep runs this at its end unless `--no-postprocess` is given. A second run does only what is
missing, so it also goes on where one was interrupted.
"""

import sys
from collections.abc import Sequence

from analysis.pipeline.postprocess_request import COMMAND, PostprocessArguments
from orchestrator.process.cache_folder import place_library_caches
from orchestrator.process.exit_code import exit_code


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 failed, 2 bad input, 130 interrupted; the last line printed is the folder."""
    return exit_code(lambda: _answer(COMMAND.read(argv)))


def _answer(arguments: PostprocessArguments) -> int:
    # Only now: Ray, pandas and scipy take seconds, which words that cannot be need not wait for.
    place_library_caches()
    from jobs.execution import postprocess

    return postprocess.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
