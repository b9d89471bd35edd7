"""How many trials of a sweep share a GPU: as asked for, as it began, or as measured now."""

from collections.abc import Callable

from orchestrator.config import TrialConfig
from orchestrator.on_ray.gpu_share_probe import fastest_share
from orchestrator.on_ray.resources import TrialResources
from orchestrator.plan import Plan
from orchestrator.process import hardware
from orchestrator.request import SweepRequest
from orchestrator.search.examples import usual_example
from orchestrator.training.throughput.concurrent import Load
from orchestrator.training.throughput.gpu_share import COUNTS, GpuShare
from results.sweep_file import read_sweep_file

GPU_SHARE = "gpu_share"
"""In `sweep.json`: null, or the share of a GPU that a trial gets and the evidence."""


def settle_share(
    plan: Plan, request: SweepRequest, resources: TrialResources, say: Callable[[str], None]
) -> GpuShare | None:
    """The share of a GPU that each trial gets; None where none gets any.

    A sweep that is resumed keeps its share: it tells how many trials fit, not what they come to.

    Args:
        plan: of the sweep, its backend and precision settled.
        request: of the user.
        resources: of a trial, with a whole GPU where no share was asked for.
        say: tells the user what was measured.
    """
    if not resources.gpus:
        return None
    if request.gpus_per_trial is not None:
        return GpuShare(resources.gpus, "as asked for")
    recorded = read_sweep_file(plan.store).get(GPU_SHARE) if plan.resume else None
    if recorded:
        return GpuShare(float(recorded["share"]), str(recorded["evidence"]))
    counts = [count for count in COUNTS if count <= most_at_once(plan, request)]
    say(f"measuring how many trials share a GPU: up to {counts[-1]}")
    share = fastest_share(load(plan, usual_example(plan.space, plan.base)), counts, say)
    say(f"GPU: {share.share:g} of one a trial ({share.evidence})")
    return share


def most_at_once(plan: Plan, request: SweepRequest) -> int:
    """Trials that there can be at a time for any other reason than their GPU; 1 at least."""
    limits = [plan.trials]
    if request.concurrency:
        limits.append(request.concurrency)
    if not request.address:  # the cores of a cluster's nodes are not known here
        limits.append(hardware.cores())
    return max(1, min(limits))


def load(plan: Plan, config: TrialConfig) -> Load:
    """What a trial of the sweep with this configuration trains."""
    splits = plan.splits
    return Load(
        config=config.to_flat(),
        training=len(splits.training),
        validation=len(splits.validation),
        side=splits.training.images.shape[1],
        classes=len(splits.classes),
        backend=plan.backend,
    )
