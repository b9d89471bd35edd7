"""Step: what an explanation costs beside a prediction.

Needs the leading member's net. A worker measures and leaves a small table, which
`postprocess.json` repeats.
"""

from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from analysis.pipeline.context import TaskContext
from analysis.pipeline.image_sample import evenly_spaced
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.select_members import SelectedMembers
from analysis.pipeline.task import Task
from orchestrator.process import hardware

TIMED = 512
"""Images that speed is measured on."""

QUICKLY_TIMED = 128
"""The same where a request is quick."""

DEVICE = b"device"
"""Key of a part's metadata: where it was measured."""


@dataclass(frozen=True)
class MeasureSpeed(Task):
    """What an explanation costs beside a prediction, on these images."""

    kind = "cost"


def explanation_speed(job: Postprocessing, selected: SelectedMembers) -> dict[str, Any]:
    """Kind -> images a second, or times the prediction; and the device; empty if not measured."""
    trial = selected.choice.recipe.members[0]
    rows = evenly_spaced(len(job.faces), QUICKLY_TIMED if job.request.quick else TIMED)
    task = MeasureSpeed(trial, job.model_digest(trial), job.request.split, rows)
    if job.run("timing", [task], "timing"):
        return {}
    (part,) = job.parts([task])
    values = dict(zip(part["kind"].to_pylist(), part["value"].to_pylist(), strict=True))
    return values | {"device": (part.schema.metadata or {}).get(DEVICE, b"").decode()}


def measure_speed(context: TaskContext, task: MeasureSpeed) -> pa.Table:
    """Images a second: of prediction alone, with a map of one class, with maps of all classes."""
    from analysis.backends.catalogue import current
    from analysis.explain.evaluation.cost import cost

    images = context.images(task.trial, task.split, task.rows)
    values = asdict(cost(context.network(task.trial), images))
    where = hardware.describe(context.threads or hardware.cores(), current().gpu_name())
    table = pa.table({"kind": list(values), "value": list(values.values())})
    return table.replace_schema_metadata({DEVICE: where})
