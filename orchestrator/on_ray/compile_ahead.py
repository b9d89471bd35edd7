"""The programs that a sweep will need next, compiled by idle cores while its trials train.

On a GPU compiling a net takes as long as a hundred of its epochs, and takes a core, not the GPU.
Only JAX keeps programs on the disk. Nothing depends on this: a trial compiles what it does not
find, and whatever goes wrong here is a line in the logs.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from orchestrator.config import TrialConfig
from orchestrator.on_ray.resources import TrialResources
from orchestrator.process.backend import jax_memory
from orchestrator.process.error_line import error_line, log_traceback
from orchestrator.process.terminal import redirect_worker_output
from orchestrator.training.inputs import kept_as_bytes
from orchestrator.training.throughput.concurrent import Load
from orchestrator.training.throughput.noise import blank

MEMORY_SHARE = 0.1
"""Of a GPU's memory, at most: what trials leave, whose own shares come to nine tenths."""

VISIBLE = "CUDA_VISIBLE_DEVICES"

NICENESS = 19
"""Whatever else wants a core gets it."""


@dataclass(frozen=True)
class Upcoming:
    """What is compiled, and for whom.

    Attributes:
        loads: one for each program, in the order in which they will be needed.
        resources: of a trial.
        at_once: trials that there are at a time, at most.
        logs: folder of logs; None where that is no folder here.
        visible: GPUs that the nodes' processes may see, as CUDA's variable has it; None for what
            each finds in its own.
    """

    loads: Sequence[Load]
    resources: TrialResources
    at_once: int
    logs: Path | None = None
    visible: str | None = None


@contextlib.contextmanager
def compiling_ahead(upcoming: Upcoming) -> Iterator[None]:
    """Have each machine with a GPU compile while the block runs, if it has a core to spare.

    Each has a cache of its own, as far as this program knows. Machines that come later are left
    out. No share of a GPU is taken, which would be a trial's.
    """
    tasks: list[Any] = []
    try:
        if upcoming.loads:
            tasks += [_begin(upcoming, node) for node in _nodes(upcoming)]
    except Exception:
        log_traceback()
    try:
        yield
    finally:
        for task in tasks:
            with contextlib.suppress(Exception):
                ray.cancel(task, force=True)


def _nodes(upcoming: Upcoming) -> Iterator[str]:
    """Ids of the nodes that compile."""
    resources = upcoming.resources
    for node in ray.nodes():
        has = node["Resources"]
        trials = min(int(has.get("GPU", 0.0) / resources.gpus + 1e-6), upcoming.at_once)
        if not node["Alive"] or not trials:
            continue
        if has.get("CPU", 0.0) >= trials * resources.threads + 1:
            yield node["NodeID"]
        else:
            print(f"nothing is compiled ahead: {trials} trials leave no core idle", flush=True)


def _begin(upcoming: Upcoming, node: str) -> Any:
    # A process of its own: no other task is to meet its priority and its GPU.
    task = ray.remote(max_calls=1, max_retries=0, num_cpus=1, num_gpus=0)(_compile)
    here = NodeAffinitySchedulingStrategy(node, soft=False)
    return task.options(scheduling_strategy=here).remote(upcoming)


def _compile(upcoming: Upcoming) -> None:
    try:
        if upcoming.logs is not None:
            redirect_worker_output(upcoming.logs)
        os.nice(NICENESS)
        if not see_one_gpu(upcoming.visible):
            print("nothing is compiled ahead: this node hides its GPUs", flush=True)
            return
        for line in compiled(upcoming.loads, upcoming.resources.threads):
            print(line, flush=True)
    except Exception:
        log_traceback()


def see_one_gpu(visible: str | None) -> bool:
    """Show this process the first of the GPUs, of which it was given no share.

    One, as a trial sees: programs are filed by the devices that there are, too. Before a framework
    is imported.

    Args:
        visible: see `Upcoming`.

    Returns:
        Whether there is one to be seen.
    """
    names = os.environ.get(VISIBLE, "0") if visible is None else visible
    first = names.partition(",")[0].strip()
    os.environ[VISIBLE] = first
    os.environ.update(jax_memory(MEMORY_SHARE))
    return bool(first)


def compiled(loads: Sequence[Load], threads: int) -> Iterator[str]:
    """Compile one after the other into this machine's cache, and say a line about each.

    Args:
        loads: of which settings, numbers and sizes count.
        threads: of a trial: a program is filed by what it may take of the machine.
    """
    from orchestrator.training.engines import open_compiler

    compiler = open_compiler(threads)
    for load in loads:
        config = TrialConfig.from_flat(load.config)
        began = time.monotonic()
        name = f"{config.architecture}, batch {config.batch_size}"
        try:
            plain = kept_as_bytes(config.preprocessing)
            inputs = blank(load.training, load.validation, load.side, load.classes, plain)
            programs = compiler.compile(config, inputs)
        except Exception as error:
            yield f"not compiled ahead: {name}: {error_line(error)}"
        else:
            seconds = time.monotonic() - began
            yield f"compiled ahead: {name}: {programs} programs in {seconds:.1f} s"
