"""Steps: where the evidence was, by all methods of a sample, and by the leading one of every image.

Needs the members' nets and what the ensemble predicts; between the two, `evaluate_maps` judges the
methods on the sample. A worker explains some images by one member and leaves a part: rows as in
`cams.parquet`. What becomes of the parts: `gather_maps`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.explain.answer_memory import remembered
from analysis.explain.maps import Maps, rectified
from analysis.explain.methods.names import CAM, PASSES
from analysis.explain.targets import directions, target_rules
from analysis.pipeline.combine_predictions import CombinedPredictions
from analysis.pipeline.context import TaskContext
from analysis.pipeline.gather_maps import (
    MISSING_METHODS,
    ExplainedRows,
    cam_table,
    gather,
    gather_sample,
)
from analysis.pipeline.image_sample import balanced
from analysis.pipeline.leading_method import EXPECTED, LeadingMethod
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.select_members import SelectedMembers
from analysis.pipeline.task import Task
from results.schema import CAMS

if TYPE_CHECKING:
    from analysis.explain.network import Network

CHUNK = 512
"""Images of a task that asks methods about every image."""

COSTLY_CHUNK = 64
"""Images of a task that asks the others."""

APPROXIMATION = (
    "The ensemble's map is the mean of its members' maps, each divided by its maximum and resized "
    "to the finest grid among them, weighed by their coefficients. It would be the exact map of "
    "averaged logits only if all members' maps had the same scale."
)

POINTING = (
    "Whether maps point at the parts that carry the expression was not measured in this run. "
    "Elsewhere, of one net with a fully connected head and 521 drawn faces whose parts are known, "
    "the largest value lay on them in 51 % of Grad-CAM's maps and in 96 and 97 % of HiResCAM's "
    "and LayerCAM's (an even map: 15 %): one weight a channel loses the place. This run's own "
    "evidence is the table How far to trust the maps."
)


@dataclass(frozen=True)
class ExplainImages(Task):
    """Maps by some methods, at the prediction; where it is wrong, at the label and the contrast.

    Attributes:
        predictions: (n,) the ensemble's classes of these images.
        methods: names in `analysis.explain.methods.catalogue.METHODS`.
        flip: whether probabilities are those with mirrored images.
    """

    kind = "explain"

    predictions: NDArray[np.uint8]
    methods: tuple[str, ...]
    flip: bool


Questions = Sequence[Sequence[ExplainImages]]
"""Tasks that ask all members the same, question by question."""


@dataclass(frozen=True)
class SampleMaps:
    """Which maps there are of the sample that all methods explain.

    Attributes:
        sample: (n,) rows of the split.
        questions: whose parts hold the members' maps.
        pairs: (member, method).
        ensemble: the part that holds the ensemble's maps at its predictions.
    """

    sample: NDArray[np.int64]
    questions: Questions
    pairs: frozenset[tuple[str, str]]
    ensemble: str


def explain_sample(
    job: Postprocessing, selected: SelectedMembers, combined: CombinedPredictions
) -> SampleMaps:
    """Have every member explain the sample by every method."""
    labels, wanted = combined.images.labels, job.request.explain
    sample = balanced(labels, combined.classes, len(labels) if wanted is None else wanted)
    pieces = _pieces(sample, COSTLY_CHUNK)
    questions = _answered(job, selected, combined, [(rows, job.request.methods) for rows in pieces])
    if len(questions) and len(questions[0]) > 1:
        job.notes.caveats.append(APPROXIMATION)
    if "gradcam" in job.request.methods:
        job.notes.caveats.append(POINTING)
    pairs, ensemble = gather_sample(job, questions, selected, combined)
    return SampleMaps(sample, questions, pairs, ensemble)


def explain_every_image(
    job: Postprocessing,
    selected: SelectedMembers,
    combined: CombinedPredictions,
    maps: SampleMaps,
    leading: LeadingMethod,
) -> None:
    """Have every member explain every image by the leading method; write all tables of maps.

    Also by `EXPECTED`, for comparison. A method that costs more than a few passes explains no more
    than the sample.
    """
    n = len(combined.images.labels)
    wanted = [m for m in job.request.methods if m in (EXPECTED, leading.method) and m in PASSES]
    everywhere = tuple(wanted) if len(maps.sample) < n else ()
    pieces = _pieces(np.arange(n), CHUNK) if everywhere else ()
    questions = _answered(job, selected, combined, [(rows, everywhere) for rows in pieces])
    of_method = {m: questions if m in everywhere else maps.questions for m in job.request.methods}
    gather(job, of_method, selected, combined)


def _pieces(rows: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def _answered(
    job: Postprocessing,
    selected: SelectedMembers,
    combined: CombinedPredictions,
    samples: Sequence[tuple[NDArray[np.int64], tuple[str, ...]]],
) -> Questions:
    """Have all members explain rows by methods; without those members that were given up."""
    tasks = {
        trial: [_task(job, trial, rows, methods, combined) for rows, methods in samples]
        for trial in selected.choice.recipe.members
    }
    every = [task for each in tasks.values() for task in each]
    failures = job.run("explaining members", every, "explaining")
    kept = [each for trial, each in tasks.items() if trial not in failures]
    return list(zip(*kept, strict=True))


def _task(
    job: Postprocessing,
    trial: str,
    rows: NDArray[np.int64],
    methods: tuple[str, ...],
    combined: CombinedPredictions,
) -> ExplainImages:
    images = (job.model_digest(trial), job.request.split, rows, combined.classes[rows])
    return ExplainImages(trial, *images, methods, job.request.flip)


# --- what a worker does ----------------------------------------------------------------------


def explain_images(context: TaskContext, task: ExplainImages) -> pa.Table:
    """Every method's maps by every rule.

    Where the net has no maps to weigh, CAM methods are left out; the table's metadata
    `MISSING_METHODS` then says why.
    """
    network = context.network(task.trial)
    images = context.images(task.trial, task.split, task.rows)
    faces = context.faces(task.split)
    stored = context.stored_probabilities(task.trial, task.split, task.flip)
    methods, missing = task.methods, _no_maps(network)
    if missing:
        methods = tuple(name for name in methods if name not in CAM)
    tables = [CAMS.empty_table()]
    with remembered(network):
        for rule in target_rules(task.predictions, faces.labels[task.rows]):
            scores = directions(rule.targets, network.classes, rule.against)
            explain_by = maps_by if rule.against is None else contrasts_by
            by_method = explain_by(methods, network, images[rule.places], scores)
            rows, predictions = task.rows[rule.places], task.predictions[rule.places]
            explained = ExplainedRows(faces, rows, predictions, rule.targets, stored[rows])
            for method, maps in by_method.items():
                words = {"split": task.split, "member": task.trial}
                words |= {"rule": rule.name, "method": method}
                tables.append(cam_table(explained, words, maps))
    return pa.concat_tables(tables).replace_schema_metadata({MISSING_METHODS: missing})


def maps_by(
    names: Sequence[str], network: "Network", images: NDArray[Any], scores: NDArray[np.float32]
) -> dict[str, Maps]:
    """Name -> what `METHODS[name].maps` gives; methods that can share a pass through the net do.

    Raises:
        NoConvolution: where no layer gives maps and a method needs them.
    """
    from analysis.explain.methods.catalogue import METHODS, WEIGHINGS

    sharing = [name for name in names if name in WEIGHINGS]
    by_name = {n: METHODS[n].maps(network, images, scores) for n in names if n not in sharing}
    if sharing:
        _, values = network.weighed(images, scores, [WEIGHINGS[name] for name in sharing])
        shared = [rectified(Maps(each, network.layer)) for each in values]
        by_name |= zip(sharing, shared, strict=True)
    return {name: by_name[name] for name in names}


def contrasts_by(
    names: Sequence[str], network: "Network", images: NDArray[Any], scores: NDArray[np.float32]
) -> dict[str, Maps]:
    """Name -> what `METHODS[name].contrast` gives."""
    from analysis.explain.methods.catalogue import METHODS

    return {name: METHODS[name].contrast(network, images, scores) for name in names}


def _no_maps(network: "Network") -> str:
    """Why CAM methods cannot be asked of this net; "" where they can."""
    from analysis.explain.network import NoConvolution

    try:
        return "" if network.layer else "its last layer with maps has no name"
    except NoConvolution as reason:
        return str(reason)
