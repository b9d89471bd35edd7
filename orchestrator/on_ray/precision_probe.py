"""What only a process like a trial's can tell, asked before the first: precision, and the GPU."""

from collections.abc import Callable
from dataclasses import dataclass

import ray

from orchestrator.errors import BadInput
from orchestrator.on_ray.resources import TrialResources, see_own_gpus
from orchestrator.process.backend import TENSORFLOW
from orchestrator.process.gpu_packages import cudnn_note, sees_none

PATIENCE_S = 60.0
"""After so long without room for a trial, what is asked for and what there is are said."""


class GpuUnseen(BadInput):
    """Trials were to have a share of a GPU, and what computes sees none."""


@dataclass(frozen=True)
class ProbeReport:
    """What a trial will meet.

    Attributes:
        gpu: name of the GPU that it computes on; None on a CPU.
        precision: the faster one; "" where that was not asked.
        evidence: for it.
        notes: sentences for the user.
    """

    gpu: str | None
    precision: str = ""
    evidence: str = ""
    notes: tuple[str, ...] = ()


def probe(
    backend: str, resources: TrialResources, measures: bool, say: Callable[[str], None]
) -> ProbeReport:
    """Load the framework where trials will run, on what a trial gets.

    Args:
        backend: what computes.
        resources: of one trial.
        measures: whether the faster precision is asked for.
        say: tells the user while there is no room.

    Raises:
        GpuUnseen: where trials are given a share of a GPU and the framework sees none.
    """
    there = ray.remote(num_cpus=resources.threads, num_gpus=resources.gpus)(_look)
    answer = there.remote(backend, resources, measures)
    while not ray.wait([answer], timeout=PATIENCE_S)[0]:
        needs = f"{resources.threads} CPUs and {resources.gpus:g} GPUs a trial"
        say(f"waiting for room: {needs}; Ray has {ray.cluster_resources()}")
    report = ray.get(answer)
    if isinstance(report, str):
        raise GpuUnseen(report)
    return report


def _look(backend: str, resources: TrialResources, measures: bool) -> ProbeReport | str:
    """The report, or the sentence why no trial can run here."""
    see_own_gpus()
    from orchestrator.training import engines

    device, problem, gpu = engines.device(backend), "", None
    device.settle(resources.threads)
    if resources.gpus:
        try:
            gpu = device.gpu_name()
        except (AssertionError, RuntimeError) as error:  # its driver or library does not fit
            problem = str(error).partition("\n")[0]
        if gpu is None:
            return sees_none(backend, resources.gpus, problem)
    note = cudnn_note() if gpu and backend == TENSORFLOW else ""
    notes = (note,) if note else ()
    if not measures:
        return ProbeReport(gpu, notes=notes)
    choice = engines.choose_precision(backend)
    return ProbeReport(gpu, choice.precision, choice.evidence, notes)
