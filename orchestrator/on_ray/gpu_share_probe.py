"""How many trials share a GPU, measured where trials will run: only there is it known."""

from collections.abc import Callable, Sequence

import ray

from orchestrator.on_ray.resources import see_own_gpus
from orchestrator.training.throughput.concurrent import Load, measure
from orchestrator.training.throughput.gpu_share import GpuShare, choose

PATIENCE_S = 60.0
"""After so long without a whole GPU, what is asked for and what there is are said."""

SECONDS = 3.0
"""Of training, for each number of processes; compiling comes on top, and is done for the trials."""


def fastest_share(
    load: Load, counts: Sequence[int], say: Callable[[str], None], seconds: float = SECONDS
) -> GpuShare:
    """The share of a GPU at which its trials train most images a second, and the evidence.

    Args:
        load: a trial of the sweep, on a data set of its size.
        counts: of trials at once, ascending.
        say: tells the user while there is no room.
        seconds: of training.
    """
    answer = ray.remote(num_cpus=1, num_gpus=1)(_choose).remote(load, counts, seconds)
    while not ray.wait([answer], timeout=PATIENCE_S)[0]:
        say(
            f"waiting for a whole GPU, to measure how many trials share one; Ray has "
            f"{ray.cluster_resources()}"
        )
    share: GpuShare = ray.get(answer)
    return share


def _choose(load: Load, counts: Sequence[int], seconds: float) -> GpuShare:
    see_own_gpus()
    return choose(lambda processes: measure(load, processes, seconds), counts)
