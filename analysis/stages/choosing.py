"""Who is in the ensemble: chosen from stored probabilities, then held against the weights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.ensemble.bank import Bank, read
from analysis.ensemble.choose import Choice, choose
from analysis.stages.job import Job
from analysis.workshop.tasks import Check
from orchestrator.errors import BadInput

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

    bank: Bank
    choice: Choice

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
        chosen = Chosen(bank, choose(bank, job.request.members))
        damaged = job.work("checking members", [_check(job, t) for t in chosen.trials])
        if not damaged:
            return chosen
        job.notes.left_out |= damaged
        candidates = [trial for trial in bank.trials if trial not in damaged]
    job.notes.caveats.append(NOBODY)
    return None


def _check(job: Job, trial: str) -> Check:
    n = len(job.splits.validation)
    return Check(trial, "validation", rows_spread(n, CHECKED))


def rows_spread(n: int, wanted: int) -> NDArray[np.int64]:
    """At most `wanted` rows of n, evenly spaced."""
    return np.unique(np.linspace(0, n - 1, min(n, wanted)).astype(np.int64))
