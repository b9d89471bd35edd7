"""Recorded curves replayed through every scheduler: what each spends, and what it loses.

    python -m jobs.backtest RESULTS/NAME
    python -m jobs.backtest CURVES.parquet --trials 12,24,48,72

The trials of a grid that nobody stopped arrive in many orders, at random, ascending and descending,
and the scheduler of a sweep decides; nothing is trained.
"""

import sys
from collections.abc import Sequence

from jobs.execution.backtest_request import COMMAND, BacktestRequest
from orchestrator.process.exit_code import exit_code


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 failed, 2 bad input, 130 interrupted; the last line printed is the table's file."""
    return exit_code(lambda: _replay(COMMAND.read(argv)))


def _replay(request: BacktestRequest) -> int:
    # Only now: pandas and Ray take seconds, which words that cannot be need not wait for.
    from jobs.execution.backtest import backtest

    return backtest(request)


if __name__ == "__main__":
    sys.exit(main())
