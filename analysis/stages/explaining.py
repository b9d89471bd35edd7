"""Where the evidence was: cheap maps of every image, costly ones of a sample."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.explain.baselines import canonical_baselines, drawn_baselines, region_rows
from analysis.explain.class_means import class_mean_rows
from analysis.findings.maps import ENSEMBLE
from analysis.stages.answering import Answered
from analysis.stages.choosing import Chosen
from analysis.stages.job import Job
from analysis.workshop.explaining import SKIPPED
from analysis.workshop.tasks import Explain, Together
from results.paths import Paths
from results.schema import CAMS, CLASS_MEANS, REGIONS, table

CHUNK = 512
"""Images of a task that asks the leading method."""

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
        cams: rows of `cams.parquet`.
        sample: (n,) rows of the split that the costly methods explain.
        together: parts with the ensemble's maps.
    """

    cams: pa.Table
    sample: NDArray[np.int64]
    together: tuple[str, ...]


def explain(job: Job, chosen: Chosen, answered: Answered) -> Explained:
    """Ask every member about every image; write cams, class_means and regions."""
    recipe = chosen.choice.recipe
    chosen_rows = sample(answered, job.request.explain)
    blocks = list(_blocks(job, len(job.faces), chosen_rows))
    asked = {t: [_question(job, t, b, answered) for b in blocks] for t in recipe.members}
    failed = job.work("explaining members", [task for each in asked.values() for task in each])
    for trial, why in failed.items():
        job.notes.skipped.append((f"explanations of {trial}", why))
        del asked[trial]
    say = dict(zip(recipe.members, recipe.coefficients, strict=True))
    together = _together(job, asked, say) if asked else []
    parts = [task.part for each in asked.values() for task in each]
    parts += [task.part for task in together]
    if "gradcam" in job.request.methods:
        job.notes.caveats.append(POINTING)
    cams = _gathered(job, parts)
    _write(job, cams)
    return Explained(cams, chosen_rows, tuple(task.part for task in together))


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
    leading, *others = job.request.methods
    for first in range(0, n, CHUNK):
        yield Block(np.arange(first, min(n, first + CHUNK)), (leading,))
    for first in range(0, len(chosen) if others else 0, COSTLY_CHUNK):
        yield Block(chosen[first : first + COSTLY_CHUNK], tuple(others))


def _question(job: Job, trial: str, block: Block, answered: Answered) -> Explain:
    predictions = answered.predictions[block.rows]
    split, flip = job.request.split, job.request.flip
    return Explain(trial, split, block.rows, predictions, block.methods, flip)


def _together(
    job: Job, asked: Mapping[str, Sequence[Explain]], say: Mapping[str, float]
) -> list[Together]:
    coefficients = tuple(say[trial] for trial in asked)
    tasks = []
    for questions in zip(*asked.values(), strict=True):
        one, parts = questions[0], tuple(question.part for question in questions)
        about = (one.split, one.rows, one.predictions, one.methods)
        tasks.append(Together(ENSEMBLE, *about, coefficients, parts))
    failed = job.work("explaining the ensemble", tasks)
    if failed:
        job.notes.skipped.append(("explanations of the ensemble", failed[ENSEMBLE]))
        return []
    if len(asked) > 1:
        job.notes.caveats.append(APPROXIMATION)
    return tasks


def _gathered(job: Job, parts: Sequence[str]) -> pa.Table:
    tables = [CAMS.empty_table()]
    reasons = set()
    for part in parts:
        rows = job.store.read_table(part, CAMS)
        reasons.add((rows.schema.metadata or {}).get(SKIPPED, b"").decode())
        tables.append(rows.select(CAMS.names).cast(CAMS))
    for reason in sorted(reasons - {""}):
        job.notes.skipped.append(("CAM methods", reason))
    order = [(name, "ascending") for name in ("member", "method", "rule", "label", "prediction")]
    return pa.concat_tables(tables).sort_by(order)


def _write(job: Job, cams: pa.Table) -> None:
    job.store.write_table(Paths().cams, cams)
    frame = cams.to_pandas()
    faces = job.faces
    masks = None if faces.regions is None else np.asarray(faces.regions)
    known = canonical_baselines() if masks is None else drawn_baselines(masks, faces.ids)
    job.store.write_table(Paths().class_means, table(CLASS_MEANS, class_mean_rows(frame)))
    job.store.write_table(Paths().regions, table(REGIONS, region_rows(frame, known)))
