"""Who is in the ensemble: chosen from stored probabilities, then held against the weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.ensemble.calibrate import COLDEST, HOTTEST
from analysis.ensemble.choose import EnsembleChoice, choose
from analysis.ensemble.stored_predictions import StoredPredictions, read
from analysis.pipeline.job import Failure, Job
from analysis.pipeline.task import Check
from orchestrator.errors import BadInput
from results.store import DamagedResults

CHECKED = 64
"""Validation images that a member's weights predict again before it is believed."""

NOBODY = (
    "No trial can be a member of an ensemble (see the reasons below), so there is no ensemble and "
    "nothing is explained."
)


@dataclass(frozen=True)
class Chosen:
    """A choice whose members' weights have been tried.

    Attributes:
        bank: what it was made from.
        choice: members, coefficients, how good.
    """

    bank: StoredPredictions
    choice: EnsembleChoice

    @property
    def trials(self) -> tuple[str, ...]:
        """Members, and the best single trial if it is none of them."""
        members = self.choice.recipe.members
        (single,) = self.choice.best_single.members
        return members if single in members else (*members, single)


def choose_members(job: Job) -> Chosen | None:
    """The ensemble, chosen anew without a trial whose weights turn out to be of no use.

    Returns:
        None where no trial can be a member; `job.notes` says why.
    """
    job.notes.left_out |= job.folder.left_out
    candidates = list(job.folder.candidates())
    while candidates:
        try:
            bank, unusable = read(job.store, candidates)
        except BadInput as problem:
            job.notes.caveats.append(str(problem))
            break
        job.notes.left_out |= unusable
        for trial, why in unusable.items():
            job.say(f"note: {trial} is left out: {why}")
        chosen = Chosen(bank, choose(bank, job.request.members))
        left = _usable(job, chosen.trials)
        if len(left) == len(chosen.trials):
            _note_limits(job, chosen)
            return chosen
        gone = set(chosen.trials) - set(left)
        candidates = [trial for trial in bank.trials if trial not in gone]
    job.notes.caveats.append(NOBODY)
    job.say(f"note: {NOBODY}")
    return None


def _note_limits(job: Job, chosen: Chosen) -> None:
    temperature = chosen.choice.recipe.temperature
    if not COLDEST * 1.01 < temperature < HOTTEST * 0.99:
        job.notes.caveats.append(
            f"The temperature stands at its limit ({temperature:.3g}): the validation images are "
            "too few, or the answers too poor, to calibrate; read the probabilities accordingly."
        )


def _usable(job: Job, trials: Sequence[str]) -> list[str]:
    """Those whose weights give what was predicted; the others are noted with the reason.

    Raises:
        RuntimeError: where none can be tried, for reasons that lie in no file.
    """
    rows = rows_spread(len(job.splits.validation), CHECKED)
    failures: dict[str, Failure] = {}
    tasks = []
    for trial in trials:
        try:
            tasks.append(Check(trial, job.model(trial), "validation", rows))
        except DamagedResults as problem:  # gone since the folder was listed
            failures[trial] = Failure(str(problem), lasting=True)
    failures |= job.work("checking members", tasks)
    passing = {trial: f.reason for trial, f in failures.items() if not f.lasting}
    if len(passing) == len(trials):
        raise RuntimeError(f"no member could be tried: {next(iter(passing.values()))}")
    job.notes.unfinished += [f"trying {trial}: {reason}" for trial, reason in passing.items()]
    job.notes.left_out |= {trial: failure.reason for trial, failure in failures.items()}
    for trial, failure in failures.items():
        job.say(f"note: {trial} is left out: {failure.reason}")
    return [trial for trial in trials if trial not in failures]


def rows_spread(n: int, wanted: int) -> NDArray[np.int64]:
    """At most `wanted` rows of n, evenly spaced."""
    return np.unique(np.linspace(0, n - 1, min(n, wanted)).astype(np.int64))
