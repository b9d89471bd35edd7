"""What only where trials run can be told: what computes, how precisely, on a GPU or not."""

import dataclasses

from orchestrator import plan
from orchestrator.driver.run import SweepRun
from orchestrator.on_ray.precision_probe import GpuUnseen, probe
from orchestrator.on_ray.resources import TrialResources
from orchestrator.on_ray.trial import Trial
from orchestrator.plan import Plan
from orchestrator.process import backend as backends


def settle(work: SweepRun, resources: TrialResources) -> tuple[Plan, TrialResources]:
    """What `_settled` settles, and what a trial gets: no GPU that nobody asked for and none sees.

    Raises:
        GpuUnseen: where the user asked for the GPU, or the sweep began on one.
    """
    try:
        return _settled(work, resources), resources
    except GpuUnseen as unseen:
        if work.request.gpus_per_trial is not None or work.planned.resume:
            raise
        work.say(f"note: trials train on the CPU: {unseen}")
        without = dataclasses.replace(work.request, gpus_per_trial=0.0)
        resources = TrialResources.of(without, 0.0)
        return _settled(work, resources), resources


def _settled(work: SweepRun, resources: TrialResources) -> Plan:
    """The plan with what computes, and in which precision; those of a resumed sweep are known.

    Raises:
        GpuUnseen: where trials are given a share of a GPU that what computes does not see.
    """
    planned = work.planned
    if not planned.resume:
        choice = backends.choose(work.request.backend, resources.gpus > 0)
        planned = plan.with_backend(planned, choice)
        work.say(f"backend: {choice.backend} ({choice.evidence})")
    choices = planned.space.values("precision")
    undecided = "auto" in choices
    computes = work.trainable is Trial  # what rehearses needs no GPU where Ray believes in one
    if undecided or (resources.gpus and computes):
        seen = probe(planned.backend, resources, undecided, work.say)
        for note in seen.notes:
            work.say(f"note: {note}")
    if not undecided:
        return planned if planned.resume else plan.with_precision(planned, choices[0])
    work.say(f"precision: {seen.precision} ({seen.evidence})")
    return plan.with_precision(planned, seen.precision)
