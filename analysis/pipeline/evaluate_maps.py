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
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from analysis.ensemble.combine import EnsembleRecipe
from analysis.explain.maps import stacked
from analysis.explain.methods.names import QUICK, REFERENCES, TITLES
from analysis.explain.targets import directions
from analysis.pipeline.combine_predictions import CombinedPredictions
from analysis.pipeline.context import TaskContext
from analysis.pipeline.explain import COSTLY_CHUNK, AvailableMaps
from analysis.pipeline.image_sample import balanced
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
        explained: the members' parts that its maps are made from; the maps are in `cams.parquet`.
        flip: whether mirrored images are predicted too.
    """

    kind = "judge-together"

    recipe: str
    explained: tuple[str, ...]
    flip: bool


def evaluate(
    job: Postprocessing,
    selected: SelectedMembers,
    combined: CombinedPredictions,
    maps: AvailableMaps,
) -> None:
    """Judge maps on the sample; write `faithfulness.parquet`."""
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
    job.notes.judgement = judgement(content.to_pandas())


def _of_members(
    job: Postprocessing,
    selected: SelectedMembers,
    combined: CombinedPredictions,
    maps: AvailableMaps,
    method: str,
) -> Iterator[EvaluateMaps]:
    leading, *others = selected.choice.recipe.members
    quick = method in QUICK or method in REFERENCES
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
    maps: AvailableMaps,
    method: str,
) -> Iterator[EvaluateEnsembleMaps]:
    if not _available(maps, ENSEMBLE, method):
        return
    recipe, flip = selected.choice.recipe, job.request.flip
    digest, text = job.model_digest(*recipe.members), json.dumps(recipe.to_json())
    explaining = [task for task in maps.tasks if method in task.methods]
    for rows in _pieces(maps.sample):
        parts = tuple(t.part for t in explaining if np.isin(rows, t.rows).any())
        images = (digest, job.request.split, rows, combined.classes[rows])
        yield EvaluateEnsembleMaps(ENSEMBLE, *images, method, text, parts, flip)


def _available(maps: AvailableMaps, member: str, method: str) -> bool:
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
        values = _stored_maps(context, task.method, faces.ids[task.rows])
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


def _stored_maps(context: TaskContext, method: str, ids: NDArray[np.str_]) -> NDArray[np.float32]:
    """(n, h', w') the ensemble's, at its predictions."""
    wanted = {"member": ENSEMBLE, "method": method, "rule": "prediction"}
    where = [(name, "==", value) for name, value in wanted.items()]
    rows = context.store.read_table(Paths().cams, CAMS, where)
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


# --- what it comes to ------------------------------------------------------------------------


def judgement(rows: pd.DataFrame) -> str:
    """Which methods' maps of the ensemble do better than maps that know nothing, in a sentence.

    Better is: image by image, lower deletion and higher insertion than both references, each by
    more than two standard errors of the mean difference.
    """
    own = rows[rows["member"] == ENSEMBLE]
    wide = own.pivot_table(index="image_id", columns="method", values=["deletion", "insertion"])
    methods = [name for name in own["method"].unique() if name not in REFERENCES]
    if not methods or not set(REFERENCES) <= set(own["method"]):
        return ""
    insertion = wide["insertion"].mean()
    order = sorted(methods, key=lambda name: -insertion[name])
    good = [TITLES[name] for name in order if _better(wide, name)]
    bad = [TITLES[name] for name in order if TITLES[name] not in good]
    beat = "random cells and a spot at the centre in deletion and insertion"
    images = f"On {len(wide)} images, half of them answered wrongly where there are as many, "
    if not good:
        return f"{images}no method's maps of the ensemble beat {beat} beyond chance."
    verdict = f"the maps of the ensemble by {', '.join(good)} beat {beat} beyond chance"
    rest = f"; those by {', '.join(bad)} did not: do not lean on them alone here" if bad else ""
    return f"{images}{verdict} (best insertion first){rest}."


def _better(wide: pd.DataFrame, method: str) -> bool:
    for measure, sign in (("deletion", -1), ("insertion", 1)):
        for reference in REFERENCES:
            gain = sign * (wide[measure, method] - wide[measure, reference])
            error = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.inf
            if not gain.mean() > 2 * error:
                return False
    return True
