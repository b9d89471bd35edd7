"""Everything that is looked at: figures of tables, maps on faces, what the nets have learned."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.ensemble.choose import EnsembleChoice
from analysis.ensemble.stored_predictions import StoredPredictions
from analysis.explain.cam_table import ENSEMBLE
from analysis.explain.methods.names import TITLES
from analysis.features.arrays import Known, unpacked
from analysis.figures.figure_catalogue import FIGURES
from analysis.figures.render import render
from analysis.figures.sweep_tables import SweepTables
from analysis.pictures import (
    class_mean_grid,
    contact_sheet,
    feature_map_grid,
    filter_grid,
    galleries,
    ideal_images,
    method_comparison,
    overview,
)
from analysis.pictures.evidence import Case, Evidence
from analysis.pictures.picture import RenderedPicture
from analysis.pipeline.job import Job
from analysis.pipeline.select_members import Chosen
from analysis.pipeline.task import Learned
from results.paths import Paths
from results.schema import IMAGES, TABLES, table
from results.store import DamagedResults

SHOWN = 4
"""Faces whose feature maps are drawn, half of them recognised."""

HOW = (
    "Found by gradient ascent from noise, held to be smooth: one image of many that would do, and "
    "no typical face."
)


def draw(job: Job, pictures: Iterator[RenderedPicture]) -> None:
    """Write pictures and their index; pictures of an earlier run that are not drawn now go."""
    before = _drawn_before(job)
    rows = []
    for picture in pictures:
        job.store.write_bytes(f"{Paths().images}/{picture.file}", picture.content)
        rows.append(picture.row())
    job.store.write_table(Paths().images_index, table(IMAGES, rows))
    for file in before - {row["file"] for row in rows}:
        job.store.delete(f"{Paths().images}/{file}")


def everything(job: Job, chosen: Chosen) -> Iterator[RenderedPicture]:
    """Figures, maps, what was learned."""
    yield from figures(job, chosen)
    evidence = evidence_of(job)
    yield from maps(job, evidence)
    yield from learned(job, chosen, evidence)


def figures(job: Job, chosen: Chosen | None) -> Iterator[RenderedPicture]:
    """Figures of tables; one that has nothing to show is noted."""
    tables = SweepTables(
        trials=job.folder.trials,
        epochs=job.folder.epochs,
        record=job.folder.record,
        choice=[] if chosen is None else rules_compared(chosen.choice, chosen.bank),
        **{
            name: frame(job, name)
            for name in ("answers", "scores", "members", "regions", "faithfulness")
        },
    )
    for name, figure in FIGURES.items():
        picture, reason = render(name, figure, tables)
        if picture is None:
            job.notes.skipped.append((f"figure {name}", reason))
        else:
            yield picture


def rules_compared(choice: EnsembleChoice, bank: StoredPredictions) -> list[dict[str, Any]]:
    """The ensemble rules, as figures and the report want them."""
    n = max(1, int(bank.clean.sum()))

    def error(accuracy: float | None) -> float | None:
        return None if accuracy is None else math.sqrt(accuracy * (1 - accuracy) / n)

    return [
        {
            "rule": one.rule,
            "accuracy": one.accuracy,
            "accuracy_se": error(one.accuracy),
            "standard_error": error(one.accuracy),
            "nll": one.nll,
            "members": one.members,
            "in_sample_accuracy": one.in_sample_accuracy,
            "chosen": one.rule == choice.rule,
        }
        for one in choice.outcomes
    ]


def maps(job: Job, evidence: Evidence) -> Iterator[RenderedPicture]:
    """Galleries, class means, methods side by side."""
    yield overview.overview(evidence)
    yield class_mean_grid.class_mean_grid(frame(job, "class_means"), evidence)
    if len(job.request.methods) > 1:
        yield method_comparison.method_comparison(
            evidence, job.request.methods, frame(job, "faithfulness")
        )
    yield from galleries.wrongs(evidence)
    yield from galleries.rights(evidence)
    yield contact_sheet.contact_sheet(evidence)


def learned(job: Job, chosen: Chosen, evidence: Evidence) -> Iterator[RenderedPicture]:
    """Every member's filters; the leading member's feature maps and ideal images."""
    cases = shown_cases(evidence)
    rows = rows_of(job, [case.image_id for case in cases])
    members = chosen.choice.recipe.members
    tasks = [
        Learned(t, job.model(t), job.request.split, rows if not i else rows[:0], full=not i)
        for i, t in enumerate(members)
    ]
    failed = job.done("looking at what was learned", tasks, "what was learned by")
    for task in tasks:
        if task.trial not in failed:
            known = unpacked(job.store.read_bytes(task.part))
            if known.skipped:
                job.notes.skipped.append((f"what {task.trial} has learned", known.skipped))
            yield from _learned(known, task.trial, cases, evidence)


def _learned(
    known: Known, trial: str, cases: Sequence[Case], evidence: Evidence
) -> Iterator[RenderedPicture]:
    if known.kernel is not None:
        yield filter_grid.filter_grid(known.kernel, known.first, trial)
    for place, case in enumerate(cases if known.maps else []):
        layers = {name: maps[place] for name, maps in known.maps.items()}
        yield feature_map_grid.feature_map_grid(
            evidence.face(case), layers, case, evidence.classes, trial
        )
    for ideals, of in ((known.classes, "its classes"), (known.filters, f"filters of {known.last}")):
        if ideals is not None:
            said = dict(zip(ideals.names, ideals.scores.tolist(), strict=True))
            how = f"Answers are {ideals.score}. {HOW}"
            yield ideal_images.ideal_images(ideals.images, said, of, trial=trial, how=how)


def shown_cases(evidence: Evidence) -> list[Case]:
    """A few faces, right and wrong by turns, most confident first, each of another class."""
    found: list[Case] = []
    for right in (True, False) * (SHOWN // 2):
        taken = {case.label for case in found}
        fitting = [c for c in evidence.cases if c.right == right and c.label not in taken]
        found += sorted(fitting, key=lambda c: (-c.p_prediction, c.image_id))[:1]
    return found


def rows_of(job: Job, ids: Sequence[str]) -> NDArray[np.int64]:
    """Where images stand in the split."""
    place = {str(name): row for row, name in enumerate(job.faces.ids)}
    return np.array([place[name] for name in ids], np.int64)


def evidence_of(job: Job) -> Evidence:
    """The ensemble's answers and maps, over the faces of the split."""
    return Evidence(
        np.asarray(job.faces.images),
        [str(name) for name in job.faces.ids],
        job.folder.classes,
        frame(job, "answers"),
        frame(job, "cams", pc.field("member") == ENSEMBLE),
        member=ENSEMBLE,
        method=job.request.methods[0],
        titles=TITLES,
    )


def frame(job: Job, name: str, where: Any = None) -> pd.DataFrame:
    """A table of the sweep, or some rows of it; one that is not there has no rows."""
    file = f"{name}.parquet"
    if not job.store.exists(file):
        return table(TABLES[name], []).to_pandas()
    return job.store.read_table(file, TABLES[name], where).to_pandas()


def _drawn_before(job: Job) -> set[str]:
    try:
        return set(job.store.read_table(Paths().images_index, IMAGES)["file"].to_pylist())
    except DamagedResults:
        return set()
