"""What a worker does: takes a task, has it done, leaves its part."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from analysis.pipeline import (
    evaluate_maps,
    explain,
    export,
    measure_speed,
    predict,
    select_members,
    try_corruptions,
    visualise_features,
)
from analysis.pipeline.context import TaskContext
from analysis.pipeline.task import Task

TASKS: Mapping[type[Task], Callable[[TaskContext, Any], pa.Table | bytes]] = {
    select_members.CheckWeights: select_members.check_weights,
    predict.PredictImages: predict.predict_images,
    export.ExportEnsemble: export.export_ensemble,
    explain.ExplainImages: explain.explain_images,
    evaluate_maps.EvaluateMaps: evaluate_maps.evaluate_maps,
    evaluate_maps.EvaluateEnsembleMaps: evaluate_maps.evaluate_ensemble_maps,
    try_corruptions.TryCorruption: try_corruptions.answer_corrupted,
    visualise_features.VisualiseFeatures: visualise_features.visualise_features,
    visualise_features.ProjectImages: visualise_features.project_images,
    measure_speed.MeasureSpeed: measure_speed.measure_speed,
}
"""Kind of task -> how it is done, in the order of the steps; one line adds one.

A function gives the content of the task's part: a table, or bytes.
"""


class TaskWorker:
    """What every worker gets; pickled before its first task, it has loaded nothing yet."""

    def __init__(self, context: TaskContext) -> None:
        self.context = context

    def do(self, task: Task) -> None:
        """Do a task and leave its part, whole or not at all.

        Raises:
            BadInput: where a member's weights, or the data, cannot be used.
            OSError: where the part cannot be written.
        """
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        content = TASKS[type(task)](self.context, task)
        if isinstance(content, bytes):
            self.context.store.write_bytes(task.part, content)
        else:
            self.context.store.write_table(task.part, content)
