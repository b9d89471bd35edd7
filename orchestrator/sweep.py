"""The main job: from a question to a table of trained trials.

python -m orchestrator.sweep [NAME or FILE.py] [--data PATH] [--results DIR] ...
"""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from orchestrator import sweeps
from orchestrator.process.exit_code import DONE, exit_code
from orchestrator.request import SweepRequest, parse

if TYPE_CHECKING:
    from orchestrator.on_ray.trial import Trial


def main(
    argv: Sequence[str] | None = None, trainable: "Callable[[], type[Trial]] | None" = None
) -> int:
    """Run the command; see `request.COMMAND` for what it takes and returns.

    Args:
        argv: its words; those of the process if None.
        trainable: gives what trains, when it is needed; another class than ours rehearses a sweep
            without training.
    """
    return exit_code(lambda: _answer(parse(argv), trainable))


def _answer(request: SweepRequest, trainable: "Callable[[], type[Trial]] | None") -> int:
    if request.list_questions:
        print("\n".join(f"{name:18} {sweeps.question_of(name)}" for name in sweeps.SWEEPS))
        return DONE
    sweeps.check(request.question)
    # Only now: Ray, pandas and scipy take seconds, which words that cannot be need not wait for.
    from orchestrator.driver import execution

    return execution.run(request, trainable=trainable() if trainable else execution.Trial)


if __name__ == "__main__":
    sys.exit(main())
