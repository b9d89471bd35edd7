"""What the search is told of a trial."""

import math

from orchestrator.scheduling.ledger import Entry
from orchestrator.search.strategy import TrialOutcome

METRIC = "validation_accuracy"
"""What trials are ranked by: 7-class accuracy on validation; higher is better."""


def outcome(entry: Entry, run: str = "") -> TrialOutcome:
    """What the search strategy is told of a trial.

    A pruned trial is told as pruned, with what it reached on the way; so is a diverged one, because
    a failure would make Optuna forget the place and ask for it again. A trial that raised an error
    says nothing about its configuration and is told as failed.

    Args:
        entry: of the trial.
        run: name of its run in TensorBoard, for people who open the study.
    """
    path = [(e, row[METRIC]) for e, row in sorted(entry.rows.items()) if math.isfinite(row[METRIC])]
    best = entry.best_row(METRIC)
    attributes: dict[str, str | int] = {"trial": entry.trial, "reason": entry.error or entry.reason}
    if run:
        attributes["run"] = run
    if best is not None:
        attributes["best_epoch"] = best["epoch"]
    if entry.status in ("completed", "stopped_early", "reused") and best is not None:
        return TrialOutcome("completed", best[METRIC], path, attributes)
    if entry.error or entry.status == "running" or not entry.rows:
        return TrialOutcome("failed", None, path, attributes)
    return TrialOutcome("pruned", None, path, attributes)
