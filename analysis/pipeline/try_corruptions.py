"""Step: how members and ensemble hold where images are darker, blurred, covered, turned, ...

Needs the members' stored answers and, where corruptions are asked for, their nets; writes
`robustness.parquet`. A worker corrupts some images in one way, at every strength, and predicts them
with every member.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.ensemble.combine import EnsembleRecipe
from analysis.pipeline.combine_predictions import CombinedPredictions
from analysis.pipeline.context import TaskContext
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.select_members import SelectedMembers
from analysis.pipeline.task import ENSEMBLE, Task
from analysis.robustness.corruptions import CORRUPTIONS, LEVELS, corrupted
from analysis.robustness.measure import NONE, Labelled, Subject, corrupted_rows, plain_rows
from results.paths import Paths
from results.schema import table
from results.tables.robustness import ROBUSTNESS

CHUNK = 1024
"""Images a task, each predicted at five strengths by every member."""

SAMPLED = "Corruptions were tried on {n} of the {of} images, drawn by lot."


@dataclass(frozen=True)
class TryCorruption(Task):
    """What all say of these images after a corruption; `trial` is "ensemble".

    Attributes:
        corruption: name in `CORRUPTIONS`, or NONE.
        recipe: the ensemble, as JSON text.
        trials: members, and the best single trial.
    """

    kind = "corrupt"

    corruption: str
    recipe: str
    trials: tuple[str, ...]

    @property
    def group(self) -> str:
        """One corruption's failure is not another's."""
        return self.corruption


def try_corruptions(
    job: Postprocessing, selected: SelectedMembers, combined: CombinedPredictions
) -> None:
    """Write `robustness.parquet`: always by class and light, after corruptions where asked for."""
    subjects = [Subject(ENSEMBLE, None), *(_subject(job, t) for t in selected.trials)]
    rows: list[dict[str, Any]] = []
    every = _labelled(job, np.arange(len(job.faces)))
    answers = {ENSEMBLE: combined.classes} | {
        trial: combined.trials.take([trial]).probabilities[0].argmax(axis=1)
        for trial in selected.trials
    }
    for subject in subjects:
        rows += plain_rows(subject, answers[subject.who] == every.labels, every)
    if job.request.robustness != 0:
        rows += _corrupted(job, selected, subjects)
    job.store.write_table(Paths().robustness, table(ROBUSTNESS, rows))


def _subject(job: Postprocessing, trial: str) -> Subject:
    return Subject(trial, job.folder.config(trial).preprocessing)


def _labelled(job: Postprocessing, rows: NDArray[np.int64]) -> Labelled:
    faces = job.faces
    images, labels = np.asarray(faces.images[rows]), np.asarray(faces.labels[rows])
    return Labelled(job.request.split, images, labels, job.folder.classes)


def _corrupted(
    job: Postprocessing, selected: SelectedMembers, subjects: Sequence[Subject]
) -> Iterator[dict[str, Any]]:
    chosen = _sample(job)
    tasks = {name: list(_tasks(job, selected, name, chosen)) for name in (NONE, *CORRUPTIONS)}
    title, every = "trying corruptions", [task for each in tasks.values() for task in each]
    failures = job.run(title, every, "accuracy under")
    of = _labelled(job, chosen)
    right = {
        name: _right(pa.concat_tables(job.parts(each)), of)
        for name, each in tasks.items()
        if name not in failures
    }
    if NONE not in right:
        return
    for subject in subjects:
        after = {
            (name, level): made[level, subject.who]
            for name, made in right.items()
            if name != NONE
            for level in LEVELS
        }
        yield from corrupted_rows(subject, right[NONE][0, subject.who], after, of)


def _sample(job: Postprocessing) -> NDArray[np.int64]:
    """Places of the images that corruptions are tried on, in order."""
    most, n = job.request.robustness, len(job.faces)
    if most is None or most >= n:
        return np.arange(n)
    job.notes.caveats.append(SAMPLED.format(n=f"{most:,}", of=f"{n:,}"))
    return np.sort(np.random.default_rng(0).permutation(n)[:most])


def _tasks(
    job: Postprocessing, selected: SelectedMembers, name: str, chosen: NDArray[np.int64]
) -> Iterator[TryCorruption]:
    trials = tuple(selected.trials)
    digest, text = job.model_digest(*trials), json.dumps(selected.choice.recipe.to_json())
    for first in range(0, len(chosen), CHUNK):
        rows = chosen[first : first + CHUNK]
        yield TryCorruption(ENSEMBLE, digest, job.request.split, rows, name, text, trials)


def _right(content: pa.Table, of: Labelled) -> Mapping[tuple[int, str], NDArray[np.bool_]]:
    """(level, who) -> (n,) whether the answer is right, in the order of the images."""
    frame = content.to_pandas().sort_values("row", kind="stable")
    return {
        (int(level), str(who)): part["prediction"].to_numpy() == of.labels
        for (level, who), part in frame.groupby(["level", "who"])
    }


# --- what a worker does ----------------------------------------------------------------------


def answer_corrupted(context: TaskContext, task: TryCorruption) -> pa.Table:
    """Predicted classes, a row a (image, level, who)."""
    recipe = EnsembleRecipe.from_json(json.loads(task.recipe))
    faces = np.asarray(context.faces(task.split).images[task.rows])
    parts = []
    for level in (0,) if task.corruption == NONE else LEVELS:
        images = corrupted(task.corruption, level, faces, task.rows) if level else faces
        given = {
            trial: context.answers(trial, context.preprocessed(trial, images))
            for trial in task.trials
        }
        given[ENSEMBLE] = recipe.apply(np.stack([given[trial] for trial in recipe.members]))
        parts += [_part(task.rows, level, who, shares) for who, shares in given.items()]
    return pa.concat_tables(parts)


def _part(rows: NDArray[np.int64], level: int, who: str, shares: NDArray[np.floating]) -> pa.Table:
    n = len(rows)
    return pa.table(
        {
            "row": rows,
            "level": np.full(n, level),
            "who": np.full(n, who),
            "prediction": shares.argmax(axis=1).astype(np.uint8),
        }
    )
