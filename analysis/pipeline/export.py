"""The ensemble as something to load and run."""

import json

from analysis.ensemble.combine import EnsembleRecipe
from analysis.explain.cam_table import ENSEMBLE
from analysis.pipeline.job import Job
from analysis.pipeline.select_members import Chosen, rows_spread
from analysis.pipeline.task import Save
from orchestrator.process import provenance
from results.paths import Paths
from results.store import DamagedResults

TRIED = 64
"""Images that the saved ensemble is asked about, to see that it answers as measured."""


def save(job: Job, chosen: Chosen) -> str:
    """Write `ensemble/`; a sentence that says how to use it and whether Keras can load it."""
    recipe = json.dumps(chosen.choice.recipe.to_json())
    about = {"sweep": job.folder.record.get("name"), "commit": provenance.commit()}
    rows = rows_spread(len(job.splits.validation), TRIED)
    model = job.model(*chosen.choice.recipe.members)
    flip = job.request.flip
    task = Save(ENSEMBLE, model, "validation", rows, recipe, json.dumps(about), flip)
    if not _stands(job, chosen.choice.recipe):
        job.store.delete(task.part)  # somebody changed the folder: its part no longer holds
    failed = job.done("saving the ensemble", [task], "saving the")
    if failed:
        return f"It could not be saved: {failed[ENSEMBLE]}."
    reason = job.tables([task])[0]["not_exported"][0].as_py()
    load = f'`analysis.ensemble.load("{job.store.root}").predict(images)`, images (n, h, w) uint8'
    if flip:
        load = load.replace("(images)", "(images, flip=True)")
    if reason:
        return f"Use: {load}. It is not exported as one Keras model: {reason}."
    return f"Use: {load}; or, as one Keras model, {Paths().ensemble}/ensemble.keras."


def _stands(job: Job, recipe: EnsembleRecipe) -> bool:
    """Whether what stands in the folder is this ensemble, with all its files."""
    try:
        said = job.store.read_json(f"{Paths().ensemble}/ensemble.json")["recipe"]
    except (DamagedResults, KeyError, TypeError):
        return False
    files = [f"{Paths().ensemble}/{trial}.safetensors" for trial in recipe.members]
    return bool(said == recipe.to_json()) and all(job.store.exists(name) for name in files)
