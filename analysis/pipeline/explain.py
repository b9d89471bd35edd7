"""Where the evidence was: cheap maps of every image, costly ones of a sample."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.explain.cam_table import ENSEMBLE
from analysis.explain.class_means import class_mean_rows
from analysis.explain.evaluation.baselines import canonical_baselines, drawn_baselines, region_rows
from analysis.explain.methods.names import QUICK
from analysis.pipeline.explain_task import SKIPPED
from analysis.pipeline.job import Job
from analysis.pipeline.predict import Answered
from analysis.pipeline.select_members import Chosen
from analysis.pipeline.task import Explain, Together
from results.paths import Paths
from results.schema import CAMS, CLASS_MEANS, REGIONS, table

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
    "On drawn faces, whose parts are known, Grad-CAM's largest value lies on the parts that carry "
    "the expression far more often than chance or the middle of the image would, but for nets "
    "with fully connected heads the share of its mass there is no larger than that of a spot in "
    "the middle: one weight a channel loses the place. HiResCAM and LayerCAM keep it; where they "
    "and Grad-CAM differ, believe them."
)


@dataclass(frozen=True)
class Block:
    """Some images and the methods that explain them.

    Attributes:
        rows: (n,) of the split.
        methods: names in `METHODS`.
    """

    rows: NDArray[np.int64]
    methods: tuple[str, ...]


@dataclass(frozen=True)
class Explained:
    """What was found.

    Attributes:
        asked: (member, method) of which there are maps.
        sample: (n,) rows of the split that the costly methods explain.
        together: the ensemble's maps, task by task.
    """

    asked: frozenset[tuple[str, str]]
    sample: NDArray[np.int64]
    together: tuple[Together, ...]


def explain(job: Job, chosen: Chosen, answered: Answered) -> Explained:
    """Ask every member about every image; write cams, class_means and regions."""
    recipe = chosen.choice.recipe
    chosen_rows = sample(answered, job.request.explain)
    blocks = list(_blocks(job, len(job.faces), chosen_rows))
    asked = {t: [_question(job, t, b, answered) for b in blocks] for t in recipe.members}
    questions = [task for each in asked.values() for task in each]
    failed = job.done("explaining members", questions, "explaining")
    asked = {trial: each for trial, each in asked.items() if trial not in failed}
    together = _together(job, asked, chosen) if asked else []
    if "gradcam" in job.request.methods:
        job.notes.caveats.append(POINTING)
    everything: list[Explain | Together] = [task for each in asked.values() for task in each]
    there = _gather(job, [*everything, *together])
    return Explained(there, chosen_rows, tuple(together))


def sample(answered: Answered, wanted: int | None) -> NDArray[np.int64]:
    """(n,) rows of the split that costly methods explain; all where `wanted` is None."""
    labels = answered.asked.labels
    return spread_over(labels, answered.predictions, len(labels) if wanted is None else wanted)


def spread_over(
    labels: NDArray[np.uint8], predictions: NDArray[np.uint8], wanted: int, seed: int = 0
) -> NDArray[np.int64]:
    """At most `wanted` places, drawn by lot, dealt out evenly over (true class, right or wrong).

    Where a kind has fewer images than its part, the others get more, as evenly as can be.
    """
    n = len(labels)
    order = np.random.default_rng(seed).permutation(n)
    kinds = labels[order].astype(np.int64) * 2 + (predictions[order] != labels[order])
    turn = np.empty(n, np.int64)
    for kind in np.unique(kinds):
        mine = np.flatnonzero(kinds == kind)
        turn[mine] = np.arange(len(mine))  # how many of its kind come before it
    return np.sort(order[np.argsort(turn, kind="stable")[:wanted]])


def _blocks(job: Job, n: int, chosen: NDArray[np.int64]) -> Iterator[Block]:
    leading = job.request.methods[0]
    everywhere = [m for m in job.request.methods if m == "gradcam" or (m == leading and m in QUICK)]
    others = tuple(method for method in job.request.methods if method not in everywhere)
    for first in range(0, n if everywhere else 0, CHUNK):
        yield Block(np.arange(first, min(n, first + CHUNK)), tuple(everywhere))
    for first in range(0, len(chosen) if others else 0, COSTLY_CHUNK):
        yield Block(chosen[first : first + COSTLY_CHUNK], others)


def _question(job: Job, trial: str, block: Block, answered: Answered) -> Explain:
    predictions = answered.predictions[block.rows]
    about = (trial, job.model(trial), job.request.split, block.rows, predictions)
    return Explain(*about, block.methods, job.request.flip)


def _together(job: Job, asked: Mapping[str, Sequence[Explain]], chosen: Chosen) -> list[Together]:
    recipe = chosen.choice.recipe
    say = dict(zip(recipe.members, recipe.coefficients, strict=True))
    coefficients, text = tuple(say[trial] for trial in asked), json.dumps(recipe.to_json())
    tasks = []
    for questions in zip(*asked.values(), strict=True):
        one, parts = questions[0], tuple(question.part for question in questions)
        about = (job.model(*asked), one.split, one.rows, one.predictions, one.methods)
        tasks.append(Together(ENSEMBLE, *about, text, coefficients, parts, one.flip))
    if job.done("explaining the ensemble", tasks, "explaining the"):
        return []
    if len(asked) > 1:
        job.notes.caveats.append(APPROXIMATION)
    return tasks


def _gather(job: Job, tasks: Sequence[Explain | Together]) -> frozenset[tuple[str, str]]:
    """Write the tables, one member and method in memory at a time; which of them there are."""
    faces = job.faces
    masks = None if faces.regions is None else np.asarray(faces.regions)
    known = canonical_baselines() if masks is None else drawn_baselines(masks, faces.ids)
    means: list[dict[str, Any]] = []
    regions: list[dict[str, Any]] = []
    there = set()
    with job.store.table_writer(Paths().cams, CAMS) as write:
        for member, method in _pairs(tasks):
            parts = [t.part for t in tasks if t.trial == member and method in t.methods]
            rows = _rows(job, parts, method)
            if len(rows):
                there.add((member, method))
                frame = rows.to_pandas()
                means += class_mean_rows(frame)
                regions += region_rows(frame, known)
                write(rows)
    job.store.write_table(Paths().class_means, table(CLASS_MEANS, means))
    job.store.write_table(Paths().regions, table(REGIONS, regions))
    for reason in sorted(_reasons(job, tasks)):
        job.notes.skipped.append(("CAM methods", reason))
    return frozenset(there)


def _pairs(tasks: Sequence[Explain | Together]) -> list[tuple[str, str]]:
    found = {(task.trial, method): None for task in tasks for method in task.methods}
    return sorted(found, key=lambda pair: (pair[0] == ENSEMBLE, pair))


def _rows(job: Job, parts: Sequence[str], method: str) -> pa.Table:
    wanted = pc.field("method") == method
    tables = [job.store.read_table(part, CAMS, wanted).cast(CAMS) for part in parts]
    order = [(name, "ascending") for name in ("rule", "label", "prediction")]
    return pa.concat_tables(tables).sort_by(order)


def _reasons(job: Job, tasks: Sequence[Explain | Together]) -> set[str]:
    """Why members lack methods."""
    nothing = pc.field("method") == ""
    firsts = {task.trial: task.part for task in reversed(tasks)}
    tables = [job.store.read_table(part, None, nothing) for part in firsts.values()]
    said = {(found.schema.metadata or {}).get(SKIPPED, b"").decode() for found in tables}
    return said - {""}
