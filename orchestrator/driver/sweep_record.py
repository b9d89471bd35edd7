"""What stands in `sweep.json`: how the results of a sweep were obtained."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from orchestrator.driver.gpu_sharing import GPU_SHARE
from orchestrator.plan import Plan
from orchestrator.process import provenance
from orchestrator.process.provenance import describe
from orchestrator.training.throughput.gpu_share import GpuShare
from results.formats import FORMAT, KEY, NOT_EMBEDDED


def record(
    plan: Plan,
    data: str | None,
    share: GpuShare | None = None,
    earlier: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What stands in `sweep.json`: how the sweep's results were obtained.

    Args:
        plan: of the sweep, its precision and its backend settled.
        data: path of the data set as the user gave it; None for the embedded faces.
        share: of a GPU that a trial gets; None where none gets any.
        earlier: what was taken from earlier sweeps (`EarlierTrials.event`); empty without that.
    """
    splits = plan.splits
    named = ("training", "validation", "test")
    faces = {"embedded": plan.source.embedded, "seed": plan.source.seed}
    return {
        KEY: FORMAT,
        "name": plan.name,
        "sweep": plan.sweep.name,
        "question": plan.sweep.question,
        **describe(),
        "identity": plan.identity(),
        "trials": plan.trials,
        "backend": plan.backend,
        "backend_reason": plan.backend_reason,
        "precision": plan.precision,
        GPU_SHARE: None if share is None else dataclasses.asdict(share),
        **_comparison(plan),
        "overrides": dataclasses.asdict(plan.overrides),
        "extended": [],
        "warm_start": _warm_start(earlier) if earlier else None,
        "data": {
            "path": data or f"embedded faces ({plan.source.embedded})",
            **(NOT_EMBEDDED if data else faces),
            "split_by": plan.source.reading.split_by,
            "labels": plan.source.reading.labels or None,
            "digest": splits.digest,
            "classes": list(splits.classes),
            "images": {name: len(getattr(splits, name)) for name in named},
            "test_images_also_in_training": len(splits.seen_test_ids),
            "notes": list(splits.notes),
        },
    }


def _warm_start(earlier: Mapping[str, Any]) -> dict[str, Any]:
    counts = {key: len(earlier[key]) for key in ("trials", "first")}
    return {"sweeps": list(earlier["sweeps"]), **counts}


def extended_record(content: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """What stands in `sweep.json` once the sweep was extended: how, and what is asked now.

    Args:
        content: of the file so far.
        plan: of the sweep, with `changes`.
    """
    extension = {
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": provenance.command(),
        "commit": provenance.commit(),
        "changes": [dataclasses.asdict(change) for change in plan.changes],
        "overrides": dataclasses.asdict(plan.overrides),
    }
    return {
        **content,
        "identity": plan.identity(),
        "trials": plan.trials,
        **_comparison(plan),
        "extended": [*content.get("extended", ()), extension],
    }


def _comparison(plan: Plan) -> dict[str, Any]:
    """Where trials are compared, one in how many goes on, and how many at least."""
    setup = plan.comparison
    return {
        "rungs": list(setup.rungs.epochs),
        "reduction_factor": setup.reduction_factor,
        "finalists": setup.finalists,
    }
