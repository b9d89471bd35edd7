"""Step: what the ensemble answers and what that is worth.

Needs the members' stored probabilities of the split; writes `answers.parquet` and
`scores.parquet`. It needs no net, so there is no task.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.ensemble.choose import Answers, EnsembleChoice
from analysis.ensemble.combine import EnsembleRecipe
from analysis.ensemble.score import Row, Truth, diversity_rows, over_best_member, paired, scores
from analysis.ensemble.stored_predictions import StoredPredictions, read
from analysis.pipeline.context import prediction_file
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.predict import SplitImages, split_images, sweep_predicted
from analysis.pipeline.select_members import SelectedMembers
from orchestrator.errors import BadInput
from results.columns import lists
from results.paths import Paths
from results.schema import ANSWERS, SCORES, table


@dataclass(frozen=True)
class CombinedPredictions:
    """What is predicted of the images of one split.

    Attributes:
        images: of the split.
        trials: each trial's own probabilities, best single included.
        ensemble: of the ensemble, calibrated and not.
        single: of the best single trial.
    """

    images: SplitImages
    trials: StoredPredictions
    ensemble: Answers
    single: Answers

    @property
    def classes(self) -> NDArray[np.uint8]:
        """(n,) the ensemble's predictions."""
        return self.ensemble.probabilities.argmax(axis=1).astype(np.uint8)


def combine_predictions(job: Postprocessing, selected: SelectedMembers) -> CombinedPredictions:
    """Combine the stored probabilities of the split; write answers and scores.

    Raises:
        BadInput: where stored probabilities cannot be used, or are of other images.
    """
    split, flip = job.request.split, job.request.flip
    stored, unusable = read(job.store, selected.trials, lambda t: prediction_file(t, split, flip))
    if unusable:
        (trial, why), *_ = unusable.items()
        raise BadInput(f"stored probabilities of {trial} on {split} cannot be used: {why}")
    choice, images = selected.choice, split_images(job)
    trials = _in_order(stored, images)
    if sweep_predicted(job):  # chosen on these: only answers without an image's own fold are honest
        place = {str(name): row for row, name in enumerate(selected.candidates.ids)}
        order = [place[name] for name in images.ids.tolist()]
        both = [_reordered(one, order) for one in (choice.ensemble, choice.single)]
    else:
        both = [_answers(one, trials) for one in (choice.recipe, choice.best_single)]
    combined = CombinedPredictions(images, trials, *both)
    members = trials.take(choice.recipe.members).probabilities
    job.store.write_table(Paths().answers, answer_table(combined, members))
    job.store.write_table(Paths().scores, table(SCORES, _score_rows(job, selected, combined)))
    return combined


def _reordered(answers: Answers, order: Sequence[int]) -> Answers:
    return Answers(answers.probabilities[order], answers.uncalibrated[order])


def _in_order(stored: StoredPredictions, images: SplitImages) -> StoredPredictions:
    """Stored predictions with their images in the split's own order.

    Raises:
        BadInput: where they are of other images.
    """
    place = {str(name): row for row, name in enumerate(stored.ids)}
    if set(place) != set(images.ids.tolist()):
        raise BadInput(
            f"stored probabilities of {images.split} are of {len(place)} images, the data set has "
            f"{len(images.ids)} others; run this again with --force"
        )
    order = np.array([place[name] for name in images.ids.tolist()], np.int64)
    return StoredPredictions(
        stored.trials,
        stored.probabilities[:, order],
        stored.labels[order],
        stored.ids[order],
        stored.clean[order],
    )


def _answers(recipe: EnsembleRecipe, trials: StoredPredictions) -> Answers:
    members = trials.take(recipe.members).probabilities
    return Answers(recipe.apply(members), recipe.uncalibrated(members))


def answer_table(combined: CombinedPredictions, members: NDArray[np.floating]) -> pa.Table:
    """A row an image, as `results.schema.ANSWERS` says.

    Args:
        combined: what is predicted.
        members: (m, n, k), each member's probabilities.
    """
    images, best_single = combined.images, combined.single.probabilities
    shares = np.asarray(combined.ensemble.probabilities, np.float64)
    prediction = shares.argmax(axis=1)
    ordered = np.sort(shares, axis=1)
    runner_up = ordered[:, -2] if shares.shape[1] > 1 else np.zeros(len(shares))
    safe = np.maximum(shares, 1e-30)
    names = np.asarray(images.classes, dtype=str)
    columns = {
        "image_id": images.ids.astype(str),
        "split": np.full(len(shares), images.split),
        "label": images.labels.astype(np.uint8),
        "label_name": names[images.labels],
        "prediction": prediction.astype(np.uint8),
        "prediction_name": names[prediction],
        "correct": prediction == images.labels,
        "probability": lists(shares.astype(np.float32)),
        "confidence": ordered[:, -1],
        "margin": ordered[:, -1] - runner_up,
        "entropy": -(shares * np.log(safe)).sum(axis=1),
        "agreement": (members.argmax(axis=2) == prediction).mean(axis=0),
        "best_single": best_single.argmax(axis=1).astype(np.uint8),
        "also_in_training": ~images.clean,
    }
    return pa.table([pa.array(columns[name]) for name in ANSWERS.names], schema=ANSWERS)


def _score_rows(
    job: Postprocessing, selected: SelectedMembers, combined: CombinedPredictions
) -> list[Row]:
    """Validation by cross-validation; test, where it was asked for, as measured."""
    candidates, choice = selected.candidates, selected.choice
    classes = job.folder.classes
    truth = Truth(candidates.labels, candidates.clean, classes, "validation", choice.how)
    rows = _compared(choice, choice.ensemble, choice.single, truth)
    names = choice.recipe.members
    members = candidates.take(names).probabilities
    rows += over_best_member(choice.ensemble, names, members, truth)
    if job.request.split == "validation":  # also with mirrored images: how is said in the caveats
        return rows + diversity_rows(members, truth)
    images = combined.images
    truth = Truth(images.labels, images.clean, classes, images.split, "measured")
    rows += _compared(choice, combined.ensemble, combined.single, truth)
    members = combined.trials.take(names).probabilities
    rows += over_best_member(combined.ensemble, names, members, truth)
    for trial, probabilities in zip(names, members, strict=True):
        rows += scores(trial, Answers(probabilities, probabilities), truth)
    return rows + diversity_rows(members, truth)


def _compared(
    choice: EnsembleChoice, ensemble: Answers, single: Answers, truth: Truth
) -> list[Row]:
    (trial,) = choice.best_single.members
    rows = scores("ensemble", ensemble, truth) + scores("best single", single, truth)
    if choice.recipe.members != choice.best_single.members:
        rows += paired(ensemble, single, trial, truth)
    return rows
