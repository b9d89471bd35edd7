"""Step: what the members and the best single trial predict of the split that was asked for.

Needs who is in the ensemble; writes `predictions/<trial>-<split>.parquet`, as the sweep writes
those of validation. A worker predicts a few thousand images with one net.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.pipeline.context import TaskContext, prediction_file
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.task import Task
from results.columns import lists, matrix
from results.schema import PREDICTIONS
from results.store import DamagedResults

MODEL = b"model"
"""Key of a prediction file's metadata: `Postprocessing.model_digest` of who predicted."""

CHUNK = 2048
"""Images a task: enough to keep the net busy, few enough to lose little with a worker."""


@dataclass(frozen=True)
class PredictImages(Task):
    """Probabilities of some images; `flip` averages with those of the mirrored images."""

    kind = "predict"

    flip: bool


@dataclass(frozen=True)
class SplitImages:
    """Images of one split.

    Attributes:
        split: its name.
        ids: (n,).
        labels: (n,).
        in_training: ids of those that also stand in training.
        classes: k names.
    """

    split: str
    ids: NDArray[np.str_]
    labels: NDArray[np.uint8]
    in_training: Collection[str]
    classes: Sequence[str]

    @property
    def clean(self) -> NDArray[np.bool_]:
        """(n,) which have no exact copy in training."""
        return ~np.isin(self.ids, list(self.in_training))


def split_images(job: Postprocessing) -> SplitImages:
    """The images of the split that was asked for."""
    faces = job.faces
    return SplitImages(
        job.request.split,
        np.asarray(faces.ids),
        np.asarray(faces.labels),
        job.ids_in_training,
        job.folder.classes,
    )


def sweep_predicted(job: Postprocessing) -> bool:
    """Whether the sweep itself has predicted what was asked for: validation, not mirrored."""
    return job.request.split == "validation" and not job.request.flip


def unpredicted(job: Postprocessing, trials: Sequence[str]) -> list[str]:
    """Trials whose probabilities of the split are not stored, or are of other weights."""
    missing = []
    for trial in trials:
        try:
            metadata = job.store.read_table(_file(job, trial), PREDICTIONS).schema.metadata or {}
        except DamagedResults:
            missing.append(trial)
            continue
        digest = metadata.get(MODEL, b"").decode()
        if not sweep_predicted(job) and digest != job.model_digest(trial):
            missing.append(trial)
    return missing


def predict(job: Postprocessing, trials: Sequence[str]) -> None:
    """Have these trials' probabilities of the split computed and stored.

    Raises:
        RuntimeError: where a trial's cannot be computed.
    """
    split = job.request.split
    tasks = {trial: list(_tasks(job, trial)) for trial in trials}
    failures = job.run(
        f"predicting {split}",
        [task for each in tasks.values() for task in each],
        f"predicting {split} by",
    )
    if failures:
        reasons = "; ".join(f"{trial}: {why}" for trial, why in failures.items())
        raise RuntimeError(f"{split} could not be predicted ({reasons})")
    for trial in trials:
        parts = pa.concat_tables(job.parts(tasks[trial]))
        epoch = int(job.folder.row(trial)["best_epoch"])
        content = prediction_table(split_images(job), matrix(parts["probability"]), epoch)
        content = content.replace_schema_metadata({MODEL: job.model_digest(trial)})
        job.store.write_table(_file(job, trial), content)


def _tasks(job: Postprocessing, trial: str) -> Iterator[PredictImages]:
    n, request = len(job.faces), job.request
    for first in range(0, n, CHUNK):
        rows = np.arange(first, min(n, first + CHUNK))
        yield PredictImages(trial, job.model_digest(trial), request.split, rows, request.flip)


def _file(job: Postprocessing, trial: str) -> str:
    return prediction_file(trial, job.request.split, job.request.flip)


def predict_images(context: TaskContext, task: PredictImages) -> pa.Table:
    """Probabilities of images, in the order of `task.rows`."""
    probabilities = context.probabilities(task.trial, task.split, task.rows, task.flip)
    return pa.table({"row": task.rows, "probability": list(probabilities.astype(np.float32))})


def prediction_table(
    images: SplitImages, probabilities: NDArray[np.floating], epoch: int
) -> pa.Table:
    """Rows of `results.schema.PREDICTIONS`, in the order of the images.

    Args:
        images: of the split.
        probabilities: (n, k).
        epoch: whose weights predicted.
    """
    n = len(images.ids)
    columns = {
        "image_id": images.ids.astype(str),
        "split": np.full(n, images.split),
        "label": images.labels,
        "label_name": np.asarray(images.classes, dtype=str)[images.labels],
        "probability": lists(probabilities.astype(np.float16)),
        "epoch": np.full(n, epoch),
        "also_in_training": ~images.clean,
    }
    return pa.table([pa.array(columns[name]) for name in PREDICTIONS.names], schema=PREDICTIONS)
