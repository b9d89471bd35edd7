"""Step: everything that is looked at: figures of tables, maps on faces, what nets have learned.

Needs all tables and what `visualise_features` gives; writes `images/` and `images.parquet`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

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
from analysis.pictures.picture import RenderedPicture, write_pictures
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.select_members import SelectedMembers
from analysis.pipeline.visualise_features import LearnedFeatures, learned_features
from results.schema import TABLES, table

SHOWN = 4
"""Faces whose feature maps are drawn, half of them recognised."""

HOW = (
    "Found by gradient ascent from noise, held to be smooth: one image of many that would do, and "
    "no typical face."
)


def draw(job: Postprocessing, selected: SelectedMembers | None, method: str = "") -> None:
    """Figures; where there is an ensemble, also its maps and what its members have learned.

    Args:
        job: whose tables and pictures.
        selected: the ensemble; None where there is none.
        method: the leading one, whose maps galleries show; "" without an ensemble.
    """
    write_pictures(job.store, _pictures(job, selected, method))


def _pictures(
    job: Postprocessing, selected: SelectedMembers | None, method: str
) -> Iterator[RenderedPicture]:
    yield from figures(job, selected, method)
    if selected is not None:
        evidence = Evidence.of_ensemble(job.store, job.faces, job.folder.classes, method)
        yield from maps(job, evidence)
        yield from learned(job, selected, evidence)


def figures(
    job: Postprocessing, selected: SelectedMembers | None, method: str
) -> Iterator[RenderedPicture]:
    """Figures of tables; one that has nothing to show is noted."""
    tables = SweepTables(
        trials=job.folder.trials,
        epochs=job.folder.epochs,
        record=job.folder.record,
        choice=[] if selected is None else rules_compared(selected),
        leading=method,
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


def rules_compared(selected: SelectedMembers) -> list[dict[str, Any]]:
    """The ensemble rules, as figures and the report want them."""
    return [
        {
            "rule": one.rule,
            "accuracy": one.accuracy,
            "accuracy_gap": one.accuracy_gap,
            "accuracy_gap_se": one.accuracy_gap_se,
            "nll": one.nll,
            "members": one.members,
            "in_sample_accuracy": one.in_sample_accuracy,
            "chosen": one.rule == selected.choice.rule,
        }
        for one in selected.choice.outcomes
    ]


def maps(job: Postprocessing, evidence: Evidence) -> Iterator[RenderedPicture]:
    """Galleries, class means, methods side by side."""
    yield overview.overview(evidence)
    yield class_mean_grid.class_mean_grid(frame(job, "class_means"), evidence)
    methods = sorted(job.request.methods, key=lambda name: name != evidence.method)
    if len(methods) > 1:
        faithfulness = frame(job, "faithfulness")
        yield method_comparison.method_comparison(evidence, methods, faithfulness)
    yield from galleries.wrongs(evidence)
    yield from galleries.rights(evidence)
    yield contact_sheet.contact_sheet(evidence)


def learned(
    job: Postprocessing, selected: SelectedMembers, evidence: Evidence
) -> Iterator[RenderedPicture]:
    """Every member's filters; the leading member's feature maps and ideal images."""
    cases = shown_cases(evidence)
    rows = job.rows_of(case.image_id for case in cases)
    for trial, features in learned_features(job, selected, rows):
        yield from _learned(features, trial, cases, evidence)


def _learned(
    features: LearnedFeatures, trial: str, cases: Sequence[Case], evidence: Evidence
) -> Iterator[RenderedPicture]:
    if features.kernel is not None:
        yield filter_grid.filter_grid(features.kernel, features.first, trial)
    for place, case in enumerate(cases if features.maps else []):
        layers = {name: maps[place] for name, maps in features.maps.items()}
        yield feature_map_grid.feature_map_grid(
            evidence.face(case), layers, case, evidence.classes, trial
        )
    galleries_of = {
        "its classes": features.classes,
        f"filters of {features.last}": features.filters,
    }
    for title, gallery in galleries_of.items():
        if gallery is not None:
            scores = dict(zip(gallery.names, gallery.scores.tolist(), strict=True))
            how = f"Answers are {gallery.score}. {HOW}"
            yield ideal_images.ideal_images(gallery.images, scores, title, trial=trial, how=how)


def shown_cases(evidence: Evidence) -> list[Case]:
    """A few faces, right and wrong by turns, most confident first, each of another class."""
    shown: list[Case] = []
    for right in (True, False) * (SHOWN // 2):
        taken = {case.label for case in shown}
        fitting = [c for c in evidence.cases if c.right == right and c.label not in taken]
        shown += sorted(fitting, key=lambda c: (-c.p_prediction, c.image_id))[:1]
    return shown


def frame(job: Postprocessing, name: str) -> pd.DataFrame:
    """A table of the sweep; one that is not there has no rows."""
    file = f"{name}.parquet"
    if not job.store.exists(file):
        return table(TABLES[name], []).to_pandas()
    return job.store.read_table(file, TABLES[name]).to_pandas()
