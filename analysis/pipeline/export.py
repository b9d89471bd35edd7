"""Step: the ensemble as something to load and run, tried before it is believed.

Needs who is in the ensemble; writes the folder `ensemble/`. A worker writes it, loads it again and
holds its answers against those of the members' nets.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from analysis.ensemble.combine import EnsembleRecipe
from analysis.pipeline.context import TaskContext
from analysis.pipeline.image_sample import evenly_spaced
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.select_members import SelectedMembers
from analysis.pipeline.task import ENSEMBLE, Task
from orchestrator.errors import BadInput
from orchestrator.process import provenance
from results.paths import Paths
from results.store import DamagedResults

TRIED = 64
"""Images that the saved ensemble is asked about, to see that it answers as measured."""

TOLERANCE = 1e-3
"""Largest difference allowed between what was saved and what was measured."""

KERAS_FILE = "ensemble.keras"


@dataclass(frozen=True)
class ExportEnsemble(Task):
    """Write the ensemble's own folder; `trial` is "ensemble", the images are tried on it.

    Attributes:
        recipe: the ensemble, as JSON text.
        provenance: how it was obtained, as JSON text.
        flip: whether mirrored images were predicted too.
    """

    kind = "save"

    recipe: str
    provenance: str
    flip: bool


def export(job: Postprocessing, selected: SelectedMembers) -> str:
    """Write `ensemble/`; a sentence that says how to use it and whether Keras can load it."""
    recipe, flip = selected.choice.recipe, job.request.flip
    task = ExportEnsemble(
        ENSEMBLE,
        job.model_digest(*recipe.members),
        "validation",
        evenly_spaced(len(job.splits.validation), TRIED),
        json.dumps(recipe.to_json()),
        json.dumps({"sweep": job.folder.record.get("name"), "commit": provenance.commit()}),
        flip,
    )
    if not _stands(job, recipe):
        job.store.delete(task.part)  # somebody changed the folder: its part no longer holds
    failures = job.run("saving the ensemble", [task], "saving the")
    if failures:
        return f"It could not be saved: {failures[ENSEMBLE]}."
    reason = job.parts([task])[0]["not_exported"][0].as_py()
    load = f'`analysis.ensemble.load("{job.store.root}").predict(images)`, images (n, h, w) uint8'
    if flip:
        load = load.replace("(images)", "(images, flip=True)")
    if reason:
        return f"Use: {load}. It is not exported as one Keras model: {reason}."
    return f"Use: {load}; or, as one Keras model, {Paths().ensemble}/{KERAS_FILE}."


def _stands(job: Postprocessing, recipe: EnsembleRecipe) -> bool:
    """Whether what stands in the folder is this ensemble, with all its files."""
    try:
        stored = job.store.read_json(f"{Paths().ensemble}/ensemble.json")["recipe"]
    except (DamagedResults, KeyError, TypeError):
        return False
    files = [f"{Paths().ensemble}/{trial}.safetensors" for trial in recipe.members]
    return bool(stored == recipe.to_json()) and all(job.store.exists(name) for name in files)


def export_ensemble(context: TaskContext, task: ExportEnsemble) -> pa.Table:
    """Write `ensemble/`, load it again, compare on the task's images; export it if that can be.

    Raises:
        BadInput: where the loaded ensemble answers otherwise.
    """
    from analysis.ensemble.saved import Contents, load, save

    recipe, splits = EnsembleRecipe.from_json(json.loads(task.recipe)), context.splits
    height, width = splits.validation.images.shape[1:]
    contents = Contents(
        recipe=recipe,
        configs={trial: context.folder.config(trial) for trial in recipe.members},
        classes=splits.classes,
        size=(height, width),
        data=splits.digest,
        provenance=json.loads(task.provenance),
    )
    weights = {t: context.store.read_bytes(Paths().weight(t)) for t in recipe.members}
    save(context.store, contents, weights)
    folder = context.store.below(Paths().ensemble)
    loaded = load(folder.place)
    faces = np.asarray(context.faces(task.split).images[task.rows])
    expected = context.ensemble(recipe, task.flip)(faces.astype(np.float32) / np.float32(255))
    apart = float(np.abs(loaded.predict(faces, task.flip) - expected).max(initial=0))
    if not apart <= TOLERANCE:
        raise BadInput(f"{folder.root} answers otherwise than what was measured (by {apart:.3g})")
    with tempfile.TemporaryDirectory() as scratch:  # Keras writes to local folders alone
        file = Path(scratch) / KERAS_FILE
        reason = loaded.export(file)
        if reason is None:
            folder.write_bytes(KERAS_FILE, file.read_bytes())
    return pa.table({"apart": [apart], "not_exported": [reason or ""]})
