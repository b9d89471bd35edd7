"""The ensemble as something to load and run."""

import json

from analysis.findings.maps import ENSEMBLE
from analysis.stages.choosing import Chosen, rows_spread
from analysis.stages.job import Job
from analysis.workshop.tasks import Save
from orchestrator import provenance
from results.paths import Paths

TRIED = 64
"""Images that the saved ensemble is asked about, to see that it answers as measured."""


def save(job: Job, chosen: Chosen) -> str:
    """Write `ensemble/`; a sentence that says how to use it and whether Keras can load it."""
    recipe = json.dumps(chosen.choice.recipe.to_json())
    about = {"sweep": job.folder.record.get("name"), "commit": provenance.commit()}
    rows = rows_spread(len(job.splits.validation), TRIED)
    task = Save(ENSEMBLE, "validation", rows, recipe, json.dumps(about))
    if not job.store.exists(f"{Paths().ensemble}/ensemble.json"):
        job.store.delete(task.part)  # somebody took the folder away: its part no longer holds
    failed = job.work("saving the ensemble", [task])
    if failed:
        job.notes.skipped.append(("saving the ensemble", failed[ENSEMBLE]))
        return f"It could not be saved: {failed[ENSEMBLE]}."
    reason = job.store.read_table(task.part)["not_exported"][0].as_py()
    load = f'Load it with `analysis.ensemble.load("{Paths().ensemble}")`'
    if reason:
        return f"{load}. It is not exported as one Keras model: {reason}."
    return f"{load}, or as one Keras model from {Paths().ensemble}/ensemble.keras."
