"""Measure this machine and print one table, a row as soon as it is measured.

python -m jobs.benchmark [NAME ...] [--data PATH] [--quick] [--out FILE.parquet]
python -m jobs.benchmark gpu [--data PATH] [--only NAME,...] [--limit SECONDS] [--out FILE]

Names are comparisons of `jobs.benchmarks.comparisons.catalogue`: what we do beside what somebody
would take instead; without names all that take no more than minutes.

`gpu` trains on whatever device JAX computes on, a CPU included, where small nets prove that it
runs. It needs JAX, Keras and NumPy alone; Pillow too, where --data names pictures.
"""

import importlib
import sys
import time
from collections.abc import Sequence

from jobs.benchmarks import comparisons
from jobs.benchmarks.comparisons import request as of_comparisons
from jobs.benchmarks.comparisons.catalogue import COMPARISONS
from jobs.benchmarks.comparisons.request import ComparisonRequest
from jobs.benchmarks.request import BENCHMARKS, COMMAND, BenchmarkRequest
from jobs.benchmarks.side_by_side.comparison import chosen
from orchestrator.process.exit_code import DONE, exit_code


def main(argv: Sequence[str] | None = None) -> int:
    """0 all was measured, 1 something failed, 2 bad input, 130 interrupted."""
    began = time.monotonic()
    words = sys.argv[1:] if argv is None else list(argv)
    if BENCHMARKS.keys() & set(words):
        return exit_code(lambda: _measure(COMMAND.read(words), began))
    return exit_code(lambda: _compare(of_comparisons.COMMAND.read(words)))


def _measure(request: BenchmarkRequest, began: float) -> int:
    module, _, function = BENCHMARKS[request.benchmark].rpartition(".")
    # Only now: it loads a framework, which words that cannot be need not wait for.
    code: int = getattr(importlib.import_module(module), function)(request, began)
    return code


def _compare(request: ComparisonRequest) -> int:
    if request.list:
        print(of_comparisons.listed())
        return DONE
    from jobs.benchmarks.side_by_side.compare import Wish, compare

    wish = Wish(request.quick, request.data, request.out)
    return compare(chosen(request.names, COMPARISONS), comparisons.__name__, wish)


if __name__ == "__main__":
    sys.exit(main())
