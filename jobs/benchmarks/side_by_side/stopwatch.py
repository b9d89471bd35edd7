"""Time by the clock and of processors, of this process and of those that it waited for."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from jobs.benchmarks.side_by_side.comparison import Measured


@dataclass
class Stopwatch:
    """What passed, in seconds; 0 until the block has ended.

    Attributes:
        clock: by the clock.
        cpu: of processors, all threads together.
    """

    clock: float = 0.0
    cpu: float = 0.0

    def measured(
        self, factor: float = 1.0, answer: Sequence[float] = (), note: str = ""
    ) -> Measured:
        """These seconds times a factor, e.g. 1000 / steps for milliseconds a step."""
        return Measured(self.clock * factor, self.cpu * factor, answer, note=note)


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Measure a block."""
    watch = Stopwatch()
    clock, cpu = time.perf_counter(), _cpu()
    yield watch
    watch.clock, watch.cpu = time.perf_counter() - clock, _cpu() - cpu


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
