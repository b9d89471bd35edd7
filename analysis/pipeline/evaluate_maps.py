"""Step: how far maps can be believed: pixels go and come, weights are forgotten, noise is added.

Needs the maps and the sample of images that the costly methods explain; writes
`faithfulness.parquet`. A worker judges one method's maps of some images, of a member or of the
ensemble.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.ensemble.combine import EnsembleRecipe
from analysis.explain.maps import stacked
from analysis.explain.methods.names import PASSES, REFERENCES
from analysis.explain.targets import directions
from analysis.pipeline.combine_predictions import CombinedPredictions
from analysis.pipeline.context import TaskContext
from analysis.pipeline.explain import COSTLY_CHUNK, SampleMaps
from analysis.pipeline.image_sample import balanced
from analysis.pipeline.leading_method import LeadingMethod, judgement, leading_method
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.select_members import SelectedMembers
from analysis.pipeline.task import ENSEMBLE, Task
from results.paths import Paths
from results.schema import CAMS, FAITHFULNESS, table

EXTENT = (
    "Costly methods are judged on the leading member and on the ensemble's answers alone; "
    "stability and randomised weights are asked of members, never of the ensemble."
)

COSTLY = 28
"""Images of the sample that costly methods are judged on, at hundreds of passes an image."""


@dataclass(frozen=True)
class EvaluateMaps(Task):
    """How far one method's maps of these images can be believed.

    Attributes:
        predictions: (n,) the ensemble's classes of these images.
        method: name in `METHODS`, or of a reference.
    """

    kind = "judge"

    predictions: NDArray[np.uint8]
    method: str

    @property
    def group(self) -> str:
        """One method's failure is not another's."""
        return f"{self.trial} {self.method}"


@dataclass(frozen=True)
class EvaluateEnsembleMaps(EvaluateMaps):
    """How far the ensemble's maps can be believed; `trial` is "ensemble".

    Attributes:
        recipe: the ensemble, as JSON text.
        maps: the part that holds its maps.
        flip: whether mirrored images are predicted too.
    """

    kind = "judge-together"

    recipe: str
    maps: str
    flip: bool


def evaluate(
    job: Postprocessing,
    selected: SelectedMembers,
    combined: CombinedPredictions,
    maps: SampleMaps,
) -> LeadingMethod:
    """Judge maps on the sample; write `faithfulness.parquet`; which method leads."""
    tasks = [
        task
        for method in (*job.request.methods, *REFERENCES)
        for task in (
            *_of_members(job, selected, combined, maps, method),
            *_of_ensemble(job, selected, combined, maps, method),
        )
    ]
    failures = job.run("judging maps", tasks, "judging the maps of")
    content = pa.concat_tables([FAITHFULNESS.empty_table(), *job.parts(tasks, failures)])
    job.store.write_table(Paths().faithfulness, content)
    job.notes.caveats.append(EXTENT)
    rows = content.to_pandas()
    job.notes.judgement = judgement(rows)
    return leading_method(rows, job.request.methods)


def _of_members(
    job: Postprocessing,
    selected: SelectedMembers,
    combined: CombinedPredictions,
    maps: SampleMaps,
    method: str,
) -> Iterator[EvaluateMaps]:
    leading, *others = selected.choice.recipe.members
    quick = method in PASSES or method in REFERENCES
    rows = maps.sample if quick else fewer(maps.sample, combined)
    for trial in (leading, *others) if quick else (leading,):
        if _available(maps, trial, method):
            for some in _pieces(rows):
                images = (job.model_digest(trial), job.request.split, some)
                yield EvaluateMaps(trial, *images, combined.classes[some], method)


def _of_ensemble(
    job: Postprocessing,
    selected: SelectedMembers,
    combined: CombinedPredictions,
    maps: SampleMaps,
    method: str,
) -> Iterator[EvaluateEnsembleMaps]:
    if not _available(maps, ENSEMBLE, method):
        return
    recipe, flip = selected.choice.recipe, job.request.flip
    digest, text = job.model_digest(*recipe.members), json.dumps(recipe.to_json())
    for rows in _pieces(maps.sample):
        images = (digest, job.request.split, rows, combined.classes[rows])
        yield EvaluateEnsembleMaps(ENSEMBLE, *images, method, text, maps.ensemble, flip)


def _available(maps: SampleMaps, member: str, method: str) -> bool:
    return method in REFERENCES or (member, method) in maps.pairs


def _pieces(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for first in range(0, len(rows), COSTLY_CHUNK):
        yield rows[first : first + COSTLY_CHUNK]


def fewer(rows: NDArray[np.int64], combined: CombinedPredictions) -> NDArray[np.int64]:
    """At most `COSTLY` of the sample's rows, right and wrong and of all classes as evenly."""
    return rows[balanced(combined.images.labels[rows], combined.classes[rows], COSTLY)]


# --- what a worker does ----------------------------------------------------------------------


def evaluate_maps(context: TaskContext, task: EvaluateMaps) -> pa.Table:
    """One method's maps of one member, or a reference that knows nothing of it."""
    from analysis.explain.evaluation import faithfulness
    from analysis.explain.methods.catalogue import METHODS

    network = context.network(task.trial)
    images = context.images(task.trial, task.split, task.rows)
    if task.method in faithfulness.REFERENCES:
        reference = faithfulness.REFERENCES[task.method]
        subject = faithfulness.Subject(faithfulness.probabilities(network), reference)
    else:
        scores = directions(task.predictions, network.classes)
        randomised = context.randomised_network(task.trial)
        subject = faithfulness.subject(METHODS[task.method].maps, network, scores, randomised)
    return _table(context, task, faithfulness.judge(subject, images, task.predictions))


def evaluate_ensemble_maps(context: TaskContext, task: EvaluateEnsembleMaps) -> pa.Table:
    """The ensemble's maps, held against what the ensemble answers.

    Stability and randomised weights are asked of its members alone: of the ensemble they would cost
    as much as of all members together, and be about their mean.
    """
    from analysis.explain.evaluation import faithfulness

    recipe = EnsembleRecipe.from_json(json.loads(task.recipe))
    faces = context.faces(task.split)
    images = np.asarray(faces.images[task.rows], np.float32) / np.float32(255)
    if task.method in faithfulness.REFERENCES:
        values = faithfulness.REFERENCES[task.method](images).values
    else:
        values = _stored_maps(context, task, faces.ids[task.rows])
    predictor = context.ensemble(recipe, task.flip)
    curves, masked = faithfulness.ablate(predictor, images, task.predictions, values)
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
    return _table(context, task, numbers)


def _stored_maps(
    context: TaskContext, task: EvaluateEnsembleMaps, ids: NDArray[np.str_]
) -> NDArray[np.float32]:
    """(n, h', w') the ensemble's, at its predictions."""
    rows = context.store.read_table(task.maps, CAMS, [("method", "==", task.method)])
    place = {name: i for i, name in enumerate(rows["image_id"].to_pylist())}
    return stacked(rows)[[place[name] for name in ids.tolist()]]


def _table(context: TaskContext, task: EvaluateMaps, numbers: Sequence[dict[str, Any]]) -> pa.Table:
    faces = context.faces(task.split)
    rows = [
        {
            "image_id": str(faces.ids[row]),
            "split": task.split,
            "label": int(faces.labels[row]),
            "prediction": int(task.predictions[i]),
            "member": task.trial,
            "method": task.method,
            **numbers[i],
        }
        for i, row in enumerate(task.rows)
    ]
    return table(FAITHFULNESS, rows)
