"""The ensemble as a folder that anybody can load, tried before it is believed."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from analysis.ensemble.combine import EnsembleRecipe
from analysis.pipeline.context import TaskContext
from analysis.pipeline.evaluate_maps_task import predictor
from analysis.pipeline.task import Save
from orchestrator.errors import BadInput
from results.paths import Paths

TOLERANCE = 1e-3
"""Largest difference allowed between what was saved and what was measured."""

EXPORT = "ensemble.keras"


def save(bench: TaskContext, task: Save) -> pa.Table:
    """Write `ensemble/`, load it again, compare on the task's images; export it if that can be.

    Raises:
        BadInput: where the loaded ensemble answers otherwise.
    """
    from analysis.ensemble.saved import Contents, load
    from analysis.ensemble.saved import save as write

    recipe, splits = EnsembleRecipe.from_json(json.loads(task.recipe)), bench.splits
    height, width = splits.validation.images.shape[1:]
    contents = Contents(
        recipe=recipe,
        configs={trial: bench.folder.config(trial) for trial in recipe.members},
        classes=splits.classes,
        size=(height, width),
        data=splits.digest,
        provenance=json.loads(task.provenance),
    )
    weights = {t: bench.store.read_bytes(Paths().weight(t)) for t in recipe.members}
    write(bench.store, contents, weights)
    saved = bench.store.below(Paths().ensemble)
    loaded = load(saved.place)
    faces = np.asarray(bench.faces(task.split).images[task.rows])
    expected = predictor(bench, recipe, task.flip)(faces.astype(np.float32) / np.float32(255))
    apart = float(np.abs(loaded.predict(faces, task.flip) - expected).max(initial=0))
    if not apart <= TOLERANCE:
        raise BadInput(f"{saved.root} answers otherwise than what was measured (by {apart:.3g})")
    with tempfile.TemporaryDirectory() as scratch:  # Keras writes to local folders alone
        file = Path(scratch) / EXPORT
        reason = loaded.export(file)
        if reason is None:
            saved.write_bytes(EXPORT, file.read_bytes())
    return pa.table({"apart": [apart], "not_exported": [reason or ""]})
