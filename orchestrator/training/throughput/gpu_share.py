"""How many trials share a GPU: as many as train most images a second together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestrator.training.throughput.concurrent import Concurrent

COUNTS = (1, 2, 4)

LEAST_GAIN = 1.1
"""By how much more trials must train more images a second; below, each only takes longer."""


@dataclass(frozen=True)
class GpuShare:
    """What one trial gets of a GPU, and why.

    Attributes:
        share: 1, 1/2 or 1/4.
        evidence: one sentence with what was measured.
    """

    share: float
    evidence: str


def choose(measure: Callable[[int], Concurrent], counts: Sequence[int] = COUNTS) -> GpuShare:
    """The share at which a GPU trains the most.

    Measuring ends with the first count that gains less than a tenth, or whose processes fail: for
    want of memory, as a rule.

    Args:
        measure: count of processes -> what they reach together.
        counts: ascending.
    """
    best, words = 1, list[str]()
    fastest = 0.0
    for count in counts:
        reached = measure(count)
        name = f"{count} at once"
        if reached.failure:
            words.append(f"{name} failed: {reached.failure}")
            break
        words.append(f"{name} {reached.images_per_second:.0f} images/s")
        if reached.images_per_second < LEAST_GAIN * fastest:
            break
        best, fastest = count, reached.images_per_second
    taken = f"more are taken from a gain of {LEAST_GAIN - 1:.0%}"
    return GpuShare(1 / best, f"measured: {', '.join(words)}; {taken}")
