"""What the ensemble answers: predictions of members, their combination, what it is worth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.ensemble.answers import Asked, answers
from analysis.ensemble.choose import Answers, EnsembleChoice
from analysis.ensemble.combine import EnsembleRecipe
from analysis.ensemble.member_rows import Standing, member_rows
from analysis.ensemble.prediction_table import prediction_table
from analysis.ensemble.score import Row, Truth, diversity_rows, paired, scores
from analysis.ensemble.stored_predictions import StoredPredictions, read
from analysis.pipeline.context import prediction_file
from analysis.pipeline.job import Job
from analysis.pipeline.select_members import Chosen
from analysis.pipeline.task import Predict
from orchestrator.errors import BadInput
from results.columns import matrix
from results.paths import Paths
from results.schema import MEMBERS, PREDICTIONS, SCORES, table
from results.store import DamagedResults

MODEL = b"model"
"""Key of a prediction file's metadata: `Job.model` of the weights that predicted."""

CHUNK = 2048
"""Images a task: enough to keep the net busy, few enough to lose little with a worker."""


@dataclass(frozen=True)
class Answered:
    """What was said of the images of one split.

    Attributes:
        asked: the images.
        bank: each trial's own probabilities, best single included.
        ensemble: of the ensemble, calibrated and not.
        single: of the best single trial.
    """

    asked: Asked
    bank: StoredPredictions
    ensemble: Answers
    single: Answers

    @property
    def predictions(self) -> NDArray[np.uint8]:
        """(n,) the ensemble's classes."""
        return self.ensemble.probabilities.argmax(axis=1).astype(np.uint8)


def unpredicted(job: Job, trials: Sequence[str]) -> list[str]:
    """Trials whose probabilities of the split are not stored, or are of other weights."""
    missing = []
    for trial in trials:
        try:
            found = job.store.read_table(_file(job, trial), PREDICTIONS).schema.metadata or {}
            if _is_own(job) and found.get(MODEL, b"").decode() != job.model(trial):
                missing.append(trial)
        except DamagedResults:
            missing.append(trial)
    return missing


def predict(job: Job, trials: Sequence[str]) -> None:
    """Have these trials' probabilities of the split computed and stored.

    Raises:
        RuntimeError: where a trial's cannot be computed.
    """
    tasks = {trial: list(_tasks(job, trial)) for trial in trials}
    failed = job.done(
        f"predicting {job.request.split}",
        [task for each in tasks.values() for task in each],
        f"predicting {job.request.split} by",
    )
    if failed:
        reasons = "; ".join(f"{trial}: {why}" for trial, why in failed.items())
        raise RuntimeError(f"{job.request.split} could not be predicted ({reasons})")
    for trial in trials:
        parts = pa.concat_tables(job.tables(tasks[trial]))
        epoch = int(job.folder.row(trial)["best_epoch"])
        content = prediction_table(asked_of(job), matrix(parts["probability"]), epoch)
        content = content.replace_schema_metadata({MODEL: job.model(trial)})
        job.store.write_table(_file(job, trial), content)


def answer(job: Job, chosen: Chosen) -> Answered:
    """Combine the stored probabilities of the split; write answers, scores and members."""
    split, flip = job.request.split, job.request.flip
    bank, unusable = read(job.store, chosen.trials, lambda t: prediction_file(t, split, flip))
    if unusable:
        (trial, why), *_ = unusable.items()
        raise BadInput(f"stored probabilities of {trial} on {split} cannot be used: {why}")
    recipe, single = chosen.choice.recipe, chosen.choice.best_single
    asked = asked_of(job)
    bank = _in_order(bank, asked)
    if _is_own(job):
        both = [_answers(one, bank) for one in (recipe, single)]
    else:  # these images were chosen on: only answers without an image's own fold are honest
        place = {str(name): row for row, name in enumerate(chosen.bank.ids)}
        order = [place[name] for name in asked.ids.tolist()]
        both = [_ordered(one, order) for one in (chosen.choice.ensemble, chosen.choice.single)]
    answered = Answered(asked, bank, *both)
    members = answered.bank.take(recipe.members).probabilities
    content = answers(
        asked, answered.ensemble.probabilities, members, answered.single.probabilities
    )
    job.store.write_table(Paths().answers, content)
    job.store.write_table(Paths().scores, table(SCORES, _score_rows(job, chosen, answered)))
    standing = Standing(chosen.bank, answered.bank)
    rows = member_rows(job.folder.trials, chosen.choice, standing, job.notes.left_out)
    job.store.write_table(Paths().members, table(MEMBERS, rows))
    return answered


def asked_of(job: Job) -> Asked:
    """The images of the split that was asked for."""
    faces = job.faces
    return Asked(
        job.request.split,
        np.asarray(faces.ids),
        np.asarray(faces.labels),
        job.seen,
        job.folder.classes,
    )


def _tasks(job: Job, trial: str) -> Iterator[Predict]:
    n = len(job.faces)
    for first in range(0, n, CHUNK):
        rows = np.arange(first, min(n, first + CHUNK))
        yield Predict(trial, job.model(trial), job.request.split, rows, job.request.flip)


def _file(job: Job, trial: str) -> str:
    return prediction_file(trial, job.request.split, job.request.flip)


def _is_own(job: Job) -> bool:
    """Whether post-processing predicts the split itself: the sweep has predicted validation."""
    return job.request.split != "validation" or job.request.flip


def _ordered(answers: Answers, order: Sequence[int]) -> Answers:
    return Answers(answers.probabilities[order], answers.uncalibrated[order])


def _in_order(bank: StoredPredictions, asked: Asked) -> StoredPredictions:
    """The bank with its images in the split's own order.

    Raises:
        BadInput: where it is about other images.
    """
    place = {str(name): row for row, name in enumerate(bank.ids)}
    if set(place) != set(asked.ids.tolist()):
        raise BadInput(
            f"stored probabilities of {asked.split} are of {len(place)} images, the data set has "
            f"{len(asked.ids)} others; run this again with --force"
        )
    order = np.array([place[name] for name in asked.ids.tolist()], np.int64)
    return StoredPredictions(
        bank.trials,
        bank.probabilities[:, order],
        bank.labels[order],
        bank.ids[order],
        bank.clean[order],
    )


def _answers(recipe: EnsembleRecipe, bank: StoredPredictions) -> Answers:
    own = bank.take(recipe.members).probabilities
    return Answers(recipe.apply(own), recipe.uncalibrated(own))


def _score_rows(job: Job, chosen: Chosen, answered: Answered) -> list[Row]:
    """Validation by cross-validation; test, where it was asked for, as measured."""
    bank, choice, classes = chosen.bank, chosen.choice, job.folder.classes
    truth = Truth(bank.labels, bank.clean, classes, "validation", choice.how)
    rows = _compared(choice, choice.ensemble, choice.single, truth)
    own = bank.take(choice.recipe.members).probabilities
    if job.request.split == "validation":  # also with mirrored images: how is said in the caveats
        return rows + diversity_rows(own, truth)
    asked = answered.asked
    truth = Truth(asked.labels, asked.clean, classes, asked.split, "measured")
    rows += _compared(choice, answered.ensemble, answered.single, truth)
    own = answered.bank.take(choice.recipe.members).probabilities
    for trial, said in zip(choice.recipe.members, own, strict=True):
        rows += scores(trial, Answers(said, said), truth)
    return rows + diversity_rows(own, truth)


def _compared(
    choice: EnsembleChoice, ensemble: Answers, single: Answers, truth: Truth
) -> list[Row]:
    (trial,) = choice.best_single.members
    rows = scores("ensemble", ensemble, truth) + scores("best single", single, truth)
    if choice.recipe.members != choice.best_single.members:
        rows += paired(ensemble, single, trial, truth)
    return rows
