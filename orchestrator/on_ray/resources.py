"""What one trial gets of a machine: threads, or a share of a GPU."""

import os
from dataclasses import dataclass, replace

import ray

from orchestrator.errors import BadInput
from orchestrator.process import hardware
from orchestrator.process.backend import jax_memory
from orchestrator.request import SweepRequest


@dataclass(frozen=True)
class TrialResources:
    """What one trial gets.

    Attributes:
        threads: CPU threads.
        gpus: share of a GPU, 0 to 1.
    """

    threads: int
    gpus: float

    @classmethod
    def of(cls, request: SweepRequest, gpus: float) -> "TrialResources":
        """One thread a trial and as many trials as cores, or a share of a GPU.

        Where there is a GPU and nobody said which share, it is a whole one, until it is measured
        how many trials share it (`with_share`).

        Measured on 4 cores: four trials of one thread train 1.4 times as many images a second as
        one trial of four threads.

        Args:
            request: what the user asked for.
            gpus: that Ray has.

        Raises:
            BadInput: where a share of a GPU is asked for and this machine has none.
        """
        if request.gpus_per_trial and not gpus and not request.address:
            raise BadInput(
                f"--gpus-per-trial {request.gpus_per_trial}: there is no GPU here; leave it out, "
                "or see that the driver works (nvidia-smi)"
            )
        share = request.gpus_per_trial
        if share is None:
            share = 1.0 if gpus else 0.0
        if share or request.address:  # the cores of a cluster's nodes are not known here
            return cls(1, share)
        at_once = request.concurrency or hardware.cores()
        return cls(max(1, hardware.cores() // at_once), 0.0)

    def with_share(self, share: float) -> "TrialResources":
        """The same with another share of a GPU."""
        return replace(self, gpus=share)


def see_own_gpus() -> None:
    """Hide GPUs of which this process of Ray's was given no share; keep to the share it was given.

    Ray hides GPUs only where the nodes were started with a variable that says so, and knows
    nothing of their memory: see `jax_memory`; TensorFlow's grows with need. Before a framework is
    imported. What the user has set holds.
    """
    if not ray.get_gpu_ids():
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        return
    share = ray.get_runtime_context().get_assigned_resources()["GPU"]
    for name, value in jax_memory(min(1.0, share)).items():
        os.environ.setdefault(name, value)
