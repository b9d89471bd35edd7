"""Step: who is in the ensemble; chosen from stored probabilities, then held against the weights.

Needs the probabilities that the sweep stored; writes `members.parquet` once those of the split
that was asked for are known too. A worker predicts some validation images again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from analysis.ensemble.calibrate import COLDEST, HOTTEST
from analysis.ensemble.choose import EnsembleChoice, choose
from analysis.ensemble.stored_predictions import StoredPredictions, read
from analysis.pipeline.context import TaskContext
from analysis.pipeline.image_sample import evenly_spaced
from analysis.pipeline.postprocessing import GivenUp, Postprocessing
from analysis.pipeline.task import Task
from orchestrator.errors import BadInput
from results.paths import Paths
from results.schema import MEMBERS, table
from results.store import DamagedResults

CHECKED = 64
"""Validation images that a member's weights predict again before it is believed."""

TOLERANCE = 0.1
"""Mean distance between probabilities above which weights are not those that predicted.

Nets trained in bfloat16 are rebuilt in float32, and stored probabilities have 11 bits: that makes
about 0.01. Another epoch's weights, or damaged ones, make several tenths.
"""

NOBODY = (
    "No trial can be a member of an ensemble (see the reasons below), so there is no ensemble and "
    "nothing is explained."
)

BOTH = "member and best single"
"""Role of the most accurate trial alone where it is a member too."""

NOT_TAKEN = "It was searched, and the rule gave it no say."


@dataclass(frozen=True)
class SelectedMembers:
    """A choice whose members' weights have been tried.

    Attributes:
        candidates: probabilities of validation by all that could be chosen.
        choice: members, coefficients, how good.
    """

    candidates: StoredPredictions
    choice: EnsembleChoice

    @property
    def trials(self) -> tuple[str, ...]:
        """Members, and the best single trial if it is none of them."""
        members = self.choice.recipe.members
        (single,) = self.choice.best_single.members
        return members if single in members else (*members, single)


def select_members(job: Postprocessing) -> SelectedMembers | None:
    """The ensemble, chosen anew without a trial whose weights turn out to be of no use.

    Returns:
        None where no trial can be a member; `job.notes` says why.

    Raises:
        RuntimeError: where none can be tried, for reasons that lie in no file.
    """
    job.notes.left_out |= job.folder.left_out
    trials = list(job.folder.candidates())
    while trials:
        try:
            candidates, unusable = read(job.store, trials)
        except BadInput as problem:
            job.notes.caveats.append(str(problem))
            break
        _leave_out(job, unusable)
        selected = SelectedMembers(candidates, choose(candidates, job.request.members))
        usable = _usable(job, selected.trials)
        if len(usable) == len(selected.trials):
            _note_limits(job, selected)
            return selected
        unusable_trials = set(selected.trials) - set(usable)
        trials = [trial for trial in candidates.trials if trial not in unusable_trials]
    job.notes.caveats.append(NOBODY)
    job.notify(f"note: {NOBODY}")
    return None


def _leave_out(job: Postprocessing, reasons: Mapping[str, str]) -> None:
    job.notes.left_out |= reasons
    for trial, reason in reasons.items():
        job.notify(f"note: {trial} is left out: {reason}")


def _note_limits(job: Postprocessing, selected: SelectedMembers) -> None:
    temperature = selected.choice.recipe.temperature
    if not COLDEST * 1.01 < temperature < HOTTEST * 0.99:
        job.notes.caveats.append(
            f"The temperature stands at its limit ({temperature:.3g}): the validation images are "
            "too few, or the answers too poor, to calibrate; read the probabilities accordingly."
        )


# --- are these the weights? ----------------------------------------------------------------------


@dataclass(frozen=True)
class CheckWeights(Task):
    """Whether the weights give what the trial predicted: its stored validation probabilities."""

    kind = "check"


def _usable(job: Postprocessing, trials: Sequence[str]) -> list[str]:
    """Those whose weights give what was predicted; the others are noted with the reason."""
    rows = evenly_spaced(len(job.splits.validation), CHECKED)
    failures: dict[str, GivenUp] = {}
    tasks = []
    for trial in trials:
        try:
            tasks.append(CheckWeights(trial, job.model_digest(trial), "validation", rows))
        except DamagedResults as problem:  # gone since the folder was listed
            failures[trial] = GivenUp(str(problem), lasting=True)
    failures |= job.runner("checking members", tasks)
    passing = {trial: f.reason for trial, f in failures.items() if not f.lasting}
    if len(passing) == len(trials):
        raise RuntimeError(f"no member could be tried: {next(iter(passing.values()))}")
    job.notes.unfinished += [f"trying {trial}: {reason}" for trial, reason in passing.items()]
    _leave_out(job, {trial: failure.reason for trial, failure in failures.items()})
    return [trial for trial in trials if trial not in failures]


def check_weights(context: TaskContext, task: CheckWeights) -> pa.Table:
    """Predict some validation images again and compare with what the trial stored.

    Raises:
        BadInput: where the weights cannot be used, or are not those that predicted.
    """
    predicted = context.probabilities(task.trial, task.split, task.rows)
    stored = context.stored_probabilities(task.trial, task.split)[task.rows]
    distance = float(np.abs(predicted - stored).sum(axis=1).mean() / 2)
    if not distance <= TOLERANCE:
        raise BadInput(
            f"{context.store.root}/{Paths().weight(task.trial)} does not give what its trial "
            f"predicted: probabilities differ by {distance:.2f} on average, expected at most "
            f"{TOLERANCE}; the file is damaged or another trial's"
        )
    return pa.table({"trial": [task.trial], "distance": [distance]})


# --- members.parquet -----------------------------------------------------------------------------


def write_members(job: Postprocessing, selected: SelectedMembers, split: StoredPredictions) -> None:
    """Write `members.parquet`.

    Args:
        job: whose trials.
        selected: who is in.
        split: probabilities of the split that was asked for, by members and the best single trial.
    """
    accuracy = {
        "validation_accuracy": accuracies(selected.candidates),
        "accuracy": accuracies(split),
    }
    rows = member_rows(job.folder.trials, selected.choice, accuracy, job.notes.left_out)
    job.store.write_table(Paths().members, table(MEMBERS, rows))


def member_rows(
    trials: pd.DataFrame,
    choice: EnsembleChoice,
    accuracy: Mapping[str, Mapping[str, tuple[float, float]]],
    left_out: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Rows of `results.schema.MEMBERS`: members, the best single trial, then those left out.

    Args:
        trials: `trials.parquet`.
        choice: what was chosen.
        accuracy: column -> what `accuracies` gives; the second number goes to `<column>_clean`.
        left_out: trial -> why it could not be searched.
    """
    rows = []
    for trial in trials.to_dict("records"):
        row = {key: trial[key] for key in ("trial", "architecture", "preprocessing")}
        parameters = trial["parameters"]
        row["parameters"] = None if pd.isna(parameters) else int(parameters)
        for column, by_trial in accuracy.items():
            if trial["trial"] in by_trial:
                row[column], row[f"{column}_clean"] = by_trial[trial["trial"]]
        rows.append(row | _role(trial["trial"], choice, left_out))
    roles = (BOTH, "member", "best single", "left out")
    order = {role: max(1, place) for place, role in enumerate(roles)}
    return sorted(rows, key=lambda row: (order[row["role"]], row.get("rank", 0)))


def _role(trial: str, choice: EnsembleChoice, left_out: Mapping[str, str]) -> dict[str, Any]:
    recipe = choice.recipe
    if trial in recipe.members:
        place = recipe.members.index(trial)
        reason = f"Chosen by the rule {choice.rule}."
        coefficient = recipe.coefficients[place]
        role = BOTH if trial in choice.best_single.members else "member"
        return {"role": role, "rank": place + 1, "coefficient": coefficient, "reason": reason}
    if trial in choice.best_single.members:
        reason = "The most accurate trial alone; for comparison."
        return {"role": "best single", "reason": reason}
    return {"role": "left out", "reason": left_out.get(trial, NOT_TAKEN)}


def accuracies(predictions: StoredPredictions) -> dict[str, tuple[float, float]]:
    """Trial -> accuracy on all images, and on clean ones (NaN if there are none)."""
    right: NDArray[np.bool_] = predictions.probabilities.argmax(axis=2) == predictions.labels
    clean = predictions.clean
    on_clean = right[:, clean].mean(axis=1) if clean.any() else np.full(len(right), np.nan)
    pairs = zip(right.mean(axis=1).tolist(), on_clean.tolist(), strict=True)
    return dict(zip(predictions.trials, pairs, strict=True))
