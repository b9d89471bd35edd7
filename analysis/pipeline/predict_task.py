"""What members say of images."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.pipeline.context import TaskContext
from analysis.pipeline.task import Check, Predict
from orchestrator import metrics
from orchestrator.errors import BadInput
from results.paths import Paths

TOLERANCE = 0.1
"""Mean distance between probabilities above which weights are not those that predicted.

Nets trained in bfloat16 are rebuilt in float32, and stored probabilities have 11 bits: that makes
about 0.01. Another epoch's weights, or damaged ones, make several tenths.
"""


def check(bench: TaskContext, task: Check) -> pa.Table:
    """Predict some validation images again and compare with what the trial stored.

    Raises:
        BadInput: where the weights cannot be used, or are not those that predicted.
    """
    found = _probabilities(bench, task.trial, task.split, task.rows, flip=False)
    stored = bench.stored(task.trial, task.split)[task.rows]
    distance = float(np.abs(found - stored).sum(axis=1).mean() / 2)
    if not distance <= TOLERANCE:
        raise BadInput(
            f"{bench.store.root}/{Paths().weight(task.trial)} does not give what its trial "
            f"predicted: probabilities differ by {distance:.2f} on average, expected at most "
            f"{TOLERANCE}; the file is damaged or another trial's"
        )
    return pa.table({"trial": [task.trial], "distance": [distance]})


def predict(bench: TaskContext, task: Predict) -> pa.Table:
    """Probabilities of images, in the order of `task.rows`."""
    found = _probabilities(bench, task.trial, task.split, task.rows, task.flip)
    return pa.table({"row": task.rows, "probability": list(found.astype(np.float32))})


def _probabilities(
    bench: TaskContext, trial: str, split: str, rows: NDArray[np.int64], flip: bool
) -> NDArray[np.float64]:
    network, images = bench.network(trial), bench.images(trial, split, rows)
    found = metrics.probabilities(network.logits(images))
    if flip:
        faces = np.asarray(bench.faces(split).images[rows])
        mirrored = bench.preprocessed(trial, np.ascontiguousarray(faces[:, :, ::-1]))
        found = (found + metrics.probabilities(network.logits(mirrored))) / 2
    return found
