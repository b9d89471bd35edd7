"""How far maps can be believed, as rows of `faithfulness.parquet`."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.ensemble.combine import EnsembleRecipe
from analysis.explain.cam_table import ENSEMBLE, stacked
from analysis.pipeline.context import TaskContext
from analysis.pipeline.task import Judge, JudgeTogether
from orchestrator import metrics
from results.schema import CAMS, FAITHFULNESS, table


def judge(bench: TaskContext, task: Judge) -> pa.Table:
    """One method's maps of one member, or a reference that knows nothing of it."""
    from analysis.explain.evaluation import faithfulness
    from analysis.explain.methods.catalogue import METHODS
    from analysis.explain.network import directions

    network, images = bench.network(task.trial), bench.images(task.trial, task.split, task.rows)
    if task.method in faithfulness.REFERENCES:
        reference = faithfulness.REFERENCES[task.method]
        who = faithfulness.Subject(faithfulness.probabilities(network), reference)
    else:
        scores = directions(task.predictions, network.classes)
        forgotten = bench.forgotten(task.trial)
        who = faithfulness.subject(METHODS[task.method].maps, network, scores, forgotten)
    return _rows(bench, task, faithfulness.judge(who, images, task.predictions))


def judge_together(bench: TaskContext, task: JudgeTogether) -> pa.Table:
    """The ensemble's maps, held against what the ensemble answers.

    Stability and randomised weights are asked of its members alone: of the ensemble they would cost
    as much as of all members together, and be about their mean.
    """
    from analysis.explain.evaluation import faithfulness

    recipe = EnsembleRecipe.from_json(json.loads(task.recipe))
    faces = bench.faces(task.split)
    images = np.asarray(faces.images[task.rows], np.float32) / np.float32(255)
    if task.method in faithfulness.REFERENCES:
        values = faithfulness.REFERENCES[task.method](images).values
    else:
        values = _maps(bench, task, faces.ids[task.rows])
    curves, masked = faithfulness.ablate(
        predictor(bench, recipe, task.flip), images, task.predictions, values
    )
    drop, increase = faithfulness.average_drop(curves.deletion[:, 0], masked)
    columns = {
        "deletion": faithfulness.area(curves.deletion),
        "insertion": faithfulness.area(curves.insertion),
        "drop": drop,
        "increase": increase,
    }
    numbers = [
        {name: column[i].item() for name, column in columns.items()} for i in range(len(images))
    ]
    return _rows(bench, task, numbers)


def predictor(
    bench: TaskContext, recipe: EnsembleRecipe, flip: bool = False
) -> Callable[[NDArray[np.float32]], NDArray[np.float64]]:
    """The ensemble as a function of images (n, h, w) in 0 to 1 before any preprocessing."""

    def member(trial: str, faces: NDArray[np.uint8]) -> NDArray[np.float64]:
        return metrics.probabilities(bench.network(trial).logits(bench.preprocessed(trial, faces)))

    def predict(images: NDArray[np.float32]) -> NDArray[np.float64]:
        faces = np.rint(images * 255).clip(0, 255).astype(np.uint8)
        said = np.stack([member(trial, faces) for trial in recipe.members])
        if flip:
            mirrored = np.ascontiguousarray(faces[:, :, ::-1])
            said = (said + np.stack([member(trial, mirrored) for trial in recipe.members])) / 2
        return recipe.apply(said)

    return predict


def _maps(bench: TaskContext, task: JudgeTogether, ids: NDArray[np.str_]) -> NDArray[np.float32]:
    wanted = (pc.field("method") == task.method) & (pc.field("rule") == "prediction")
    rows = pa.concat_tables([bench.store.read_table(p, CAMS, wanted) for p in task.together])
    place = {name: i for i, name in enumerate(rows["image_id"].to_pylist())}
    return stacked(rows)[[place[name] for name in ids]]


def _rows(
    bench: TaskContext, task: Judge | JudgeTogether, numbers: Sequence[dict[str, Any]]
) -> pa.Table:
    faces = bench.faces(task.split)
    member = ENSEMBLE if isinstance(task, JudgeTogether) else task.trial
    rows = [
        {
            "image_id": str(faces.ids[row]),
            "split": task.split,
            "label": int(faces.labels[row]),
            "prediction": int(task.predictions[i]),
            "member": member,
            "method": task.method,
            **numbers[i],
        }
        for i, row in enumerate(task.rows)
    ]
    return table(FAITHFULNESS, rows)
