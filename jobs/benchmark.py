"""Measure this machine and print one table, a row as soon as it is measured.

python -m jobs.benchmark gpu [--data PATH] [--only NAME,...] [--limit SECONDS] [--out FILE]

`gpu` trains on whatever device JAX computes on, a CPU included, where small nets prove that it
runs. It needs JAX, Keras and NumPy alone; Pillow too, where --data names pictures.
"""

import importlib
import sys
import time
from collections.abc import Sequence

from jobs.benchmarks.request import BENCHMARKS, COMMAND, BenchmarkRequest
from orchestrator.process.exit_code import exit_code


def main(argv: Sequence[str] | None = None) -> int:
    """0 all was measured, 1 something failed, 2 bad input, 130 interrupted."""
    began = time.monotonic()
    return exit_code(lambda: _measure(COMMAND.read(argv), began))


def _measure(request: BenchmarkRequest, began: float) -> int:
    module, _, function = BENCHMARKS[request.benchmark].rpartition(".")
    # Only now: it loads a framework, which words that cannot be need not wait for.
    code: int = getattr(importlib.import_module(module), function)(request, began)
    return code


if __name__ == "__main__":
    sys.exit(main())
