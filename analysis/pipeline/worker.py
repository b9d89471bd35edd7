"""The workshop: takes a task, has it done, leaves its part."""

import os
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from analysis.pipeline import (
    evaluate_maps_task,
    explain_task,
    export_task,
    predict_task,
    visualise_features,
)
from analysis.pipeline.context import TaskContext
from analysis.pipeline.task import (
    Check,
    Cost,
    Explain,
    Features,
    Judge,
    JudgeTogether,
    Learned,
    Predict,
    Save,
    Task,
    Together,
)

DO: dict[type[Task], Callable[[TaskContext, Any], pa.Table | bytes]] = {
    Check: predict_task.check,
    Predict: predict_task.predict,
    Explain: explain_task.explain,
    Together: explain_task.explain_together,
    Judge: evaluate_maps_task.judge,
    JudgeTogether: evaluate_maps_task.judge_together,
    Learned: visualise_features.learned,
    Features: visualise_features.features,
    Cost: visualise_features.cost,
    Save: export_task.save,
}
"""Kind of task -> how it is done; one line adds one."""


class TaskWorker:
    """What every worker gets; pickled before its first task, it has loaded nothing yet."""

    def __init__(self, bench: TaskContext) -> None:
        self.bench = bench

    def do(self, task: Task) -> None:
        """Do a task and leave its part, whole or not at all.

        Raises:
            BadInput: where a member's weights, or the data, cannot be used.
            OSError: where the part cannot be written.
        """
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        content = DO[type(task)](self.bench, task)
        if isinstance(content, bytes):
            self.bench.store.write_bytes(task.part, content)
        else:
            self.bench.store.write_table(task.part, content)
