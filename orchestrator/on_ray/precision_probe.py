"""Which precision is the faster one, asked where trials will run: only there is it known."""

import os
from collections.abc import Callable

import ray

from orchestrator.on_ray.resources import TrialResources
from orchestrator.on_ray.trial import see_own_gpus

PATIENCE_S = 60.0
"""After so long without room for a trial, what is asked for and what there is are said."""


def faster_precision(resources: TrialResources, say: Callable[[str], None]) -> tuple[str, str]:
    """The faster precision on the device that trials get, and the evidence.

    Args:
        resources: of one trial.
        say: tells the user while there is no room.
    """
    probe = ray.remote(num_cpus=resources.threads, num_gpus=resources.gpus)(_choose).remote()
    while not ray.wait([probe], timeout=PATIENCE_S)[0]:
        needs = f"{resources.threads} CPUs and {resources.gpus:g} GPUs a trial"
        say(f"waiting for room: {needs}; Ray has {ray.cluster_resources()}")
    precision, evidence = ray.get(probe)
    return precision, evidence


def _choose() -> tuple[str, str]:
    see_own_gpus()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from orchestrator.training.on_tensorflow import precision

    choice = precision.choose()
    return choice.precision, choice.evidence
