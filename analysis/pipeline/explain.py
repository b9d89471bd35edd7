"""Step: where the evidence was; cheap maps of every image, costly ones of a sample.

Needs the members' nets and what the ensemble predicts. A worker explains some images by one
member and leaves a part: rows as in `cams.parquet`. Parts are read once, a few hundred images of
all members at a time; the ensemble's maps are combined from them, and all of it goes to
`cams.parquet`. Also written: `class_means.parquet`, `regions.parquet`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.explain.class_means import ClassMeans
from analysis.explain.evaluation.baselines import canonical_baselines, drawn_baselines, region_rows
from analysis.explain.face_regions import REGIONS as FACE_REGIONS
from analysis.explain.face_regions import shares
from analysis.explain.maps import Maps, combine, normalise, rectified, stacked
from analysis.explain.methods.names import CAM, QUICK
from analysis.explain.targets import RULES, directions, target_rules
from analysis.pipeline.combine_predictions import CombinedPredictions
from analysis.pipeline.context import TaskContext
from analysis.pipeline.image_sample import balanced
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.select_members import SelectedMembers
from analysis.pipeline.task import ENSEMBLE, Task
from orchestrator.data.faces import Faces
from results.paths import Paths
from results.schema import CAMS, CLASS_MEANS, REGIONS, table

if TYPE_CHECKING:
    from analysis.explain.network import Network

CHUNK = 512
"""Images of a task that asks methods about every image."""

COSTLY_CHUNK = 64
"""Images of a task that asks the others."""

MISSING_METHODS = b"skipped"
"""Key of a part's metadata: why methods are missing; empty if none is."""

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


@dataclass(frozen=True)
class AvailableMaps:
    """Which maps there are.

    Attributes:
        pairs: (member, method).
        sample: (n,) rows of the split that the costly methods explain.
        tasks: whose parts hold the members' maps.
    """

    pairs: frozenset[tuple[str, str]]
    sample: NDArray[np.int64]
    tasks: tuple[ExplainImages, ...]


def explain(
    job: Postprocessing, selected: SelectedMembers, combined: CombinedPredictions
) -> AvailableMaps:
    """Have every member explain every image; write cams, class_means and regions."""
    labels, wanted = combined.images.labels, job.request.explain
    sample = balanced(labels, combined.classes, len(labels) if wanted is None else wanted)
    questions = list(_questions(job, len(labels), sample))
    tasks = {
        trial: [_task(job, trial, rows, methods, combined) for rows, methods in questions]
        for trial in selected.choice.recipe.members
    }
    every = [task for each in tasks.values() for task in each]
    failures = job.run("explaining members", every, "explaining")
    tasks = {trial: each for trial, each in tasks.items() if trial not in failures}
    if len(tasks) > 1:
        job.notes.caveats.append(APPROXIMATION)
    if "gradcam" in job.request.methods:
        job.notes.caveats.append(POINTING)
    pairs = _gather(job, list(zip(*tasks.values(), strict=True)), selected, combined)
    return AvailableMaps(pairs, sample, tuple(task for each in tasks.values() for task in each))


def _questions(
    job: Postprocessing, n: int, sample: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], tuple[str, ...]]]:
    """Rows of the split, and the methods that explain them, task by task."""
    leading = job.request.methods[0]
    everywhere = [m for m in job.request.methods if m == "gradcam" or (m == leading and m in QUICK)]
    others = tuple(method for method in job.request.methods if method not in everywhere)
    for first in range(0, n if everywhere else 0, CHUNK):
        yield np.arange(first, min(n, first + CHUNK)), tuple(everywhere)
    for first in range(0, len(sample) if others else 0, COSTLY_CHUNK):
        yield sample[first : first + COSTLY_CHUNK], others


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


# --- maps as rows ----------------------------------------------------------------------------


@dataclass(frozen=True)
class ExplainedRows:
    """Some images of a split that were explained.

    Attributes:
        faces: the split.
        rows: (n,) which of them.
        predictions: (n,) the ensemble's.
        targets: (n,) classes whose score is explained.
        probabilities: (n, k) of whoever is explained.
    """

    faces: Faces
    rows: NDArray[np.int64]
    predictions: NDArray[np.uint8]
    targets: NDArray[np.uint8]
    probabilities: NDArray[np.floating]


def cam_table(explained: ExplainedRows, words: Mapping[str, str], maps: Maps) -> pa.Table:
    """Rows of `results.schema.CAMS`.

    Args:
        explained: the images.
        words: split, member, method, rule.
        maps: (n, h', w') not normalised.
    """
    faces, rows = explained.faces, explained.rows
    every, labels = np.arange(len(rows)), faces.labels[rows]
    masks = None if faces.regions is None else np.asarray(faces.regions[rows])
    by_region = shares(normalise(maps.values)[0], masks)
    columns = {
        "image_id": faces.ids[rows].astype(str),
        "label": labels,
        "prediction": explained.predictions,
        "target": explained.targets,
        "p_prediction": explained.probabilities[every, explained.predictions],
        "p_label": explained.probabilities[every, labels],
        **maps.columns(),
    }
    columns |= {word: np.full(len(rows), value) for word, value in words.items()}
    columns |= {region: by_region[:, i] for i, region in enumerate(FACE_REGIONS)}
    return pa.table([pa.array(columns[f.name]).cast(f.type) for f in CAMS], schema=CAMS)


# --- parts become tables ---------------------------------------------------------------------


def _gather(
    job: Postprocessing,
    questions: Sequence[Sequence[ExplainImages]],
    selected: SelectedMembers,
    combined: CombinedPredictions,
) -> frozenset[tuple[str, str]]:
    """Write the tables, with one task's images in memory at a time; which maps there are.

    Args:
        job: whose store.
        questions: tasks that ask all members the same.
        selected: the members' coefficients.
        combined: the ensemble's probabilities.
    """
    faces = job.faces
    masks = None if faces.regions is None else np.asarray(faces.regions)
    baselines = canonical_baselines() if masks is None else drawn_baselines(masks, faces.ids)
    means: list[dict[str, Any]] = []
    regions: list[dict[str, Any]] = []
    with job.store.table_writer(Paths().cams, CAMS) as write:
        for method in sorted(job.request.methods):
            moments, without_maps = ClassMeans(), []
            for tasks in (some for some in questions if method in some[0].methods):
                members = _members_maps(job, tasks, method)
                for rows in [*members.values(), *_ensemble_maps(job, members, selected, combined)]:
                    write(rows)
                    moments.add(rows.to_pandas())
                    without_maps.append(rows.drop_columns(["cam"]))
            if without_maps:
                means += moments.rows()
                regions += region_rows(pa.concat_tables(without_maps).to_pandas(), baselines)
    job.store.write_table(Paths().class_means, table(CLASS_MEANS, sorted(means, key=_order)))
    job.store.write_table(Paths().regions, table(REGIONS, sorted(regions, key=_order)))
    return frozenset((row["member"], row["method"]) for row in means)


def _order(row: Mapping[str, Any]) -> tuple[bool, str, str]:
    return row["member"] == ENSEMBLE, row["member"], row["method"]


def _members_maps(
    job: Postprocessing, tasks: Sequence[ExplainImages], method: str
) -> dict[str, pa.Table]:
    """Trial -> rows of one method out of its part; a trial that has none is not in it."""
    tables = {}
    for task in tasks:
        rows = job.store.read_table(task.part, CAMS, pc.field("method") == method)
        reason = (rows.schema.metadata or {}).get(MISSING_METHODS, b"").decode()
        if reason and ("CAM methods", reason) not in job.notes.skipped:
            job.notes.skipped.append(("CAM methods", reason))
        if len(rows):
            tables[task.trial] = rows.cast(CAMS)
    return tables


def _ensemble_maps(
    job: Postprocessing,
    members: Mapping[str, pa.Table],
    selected: SelectedMembers,
    combined: CombinedPredictions,
) -> Iterator[pa.Table]:
    """The same images' maps of the ensemble, a table a rule, where at least one member has any."""
    recipe = selected.choice.recipe
    coefficients = dict(zip(recipe.members, recipe.coefficients, strict=True))
    for rule in RULES:
        tables = {t: rows.filter(pc.field("rule") == rule) for t, rows in members.items()}
        tables = {trial: rows for trial, rows in tables.items() if len(rows)}
        if not tables:
            continue
        first = next(iter(tables.values()))
        rows = job.rows_of(first["image_id"].to_pylist())
        explained = ExplainedRows(
            job.faces,
            rows,
            first["prediction"].to_numpy(),
            first["target"].to_numpy(),
            combined.ensemble.probabilities[rows].astype(np.float32),
        )
        words = {"split": job.request.split, "member": ENSEMBLE}
        words |= {"rule": rule, "method": first["method"][0].as_py()}
        maps = combine([stacked(t) for t in tables.values()], [coefficients[t] for t in tables])
        yield cam_table(explained, words, Maps(maps, "of each member"))
