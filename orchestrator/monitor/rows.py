"""A trial's story as one row of `trials.parquet`, with its verdict and an interval."""

import statistics
from typing import Any

from orchestrator import metrics
from orchestrator.plan import Question
from orchestrator.scheduling.ledger import Entry, Ledger
from orchestrator.scheduling.outcome import METRIC
from orchestrator.training.history import EpochRow
from orchestrator.training.verdict import verdict
from results.settings import LATER
from results.varied import value_in_force

BEST_COLUMNS = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "validation_binary_accuracy",
    "validation_macro_f1",
    "validation_ece",
    "validation_top2",
)
"""Columns of the best epoch that stand in a trial's row."""


def trial_row(question: Question, entry: Entry, best: float | None = None) -> dict[str, Any]:
    """One row for `results.schema.TRIALS`; what is not known yet is absent.

    A setting that changes nothing in the trial is None; the journal has what was asked for.

    Args:
        question: what it was asked.
        entry: its story.
        best: the highest validation accuracy of the sweep, which its verdict is held against.
    """
    configuration = LATER | entry.config  # a journal of before lacks them
    row: dict[str, Any] = {
        "trial": entry.trial,
        "number": entry.number,
        "sweep": question.sweep,
        **{name: value_in_force(name, configuration) for name in configuration},
        "status": entry.status,
        "ended_by": entry.ended_by or None,
        "reason": entry.reason,
        "epochs_trained": len(entry.rows),
        "hardware": entry.metadata.get("hardware"),
        "parameters": entry.metadata.get("parameters"),
        "backend": question.backend,
        "threads": entry.metadata.get("threads"),
        "code": entry.metadata.get("code"),
        "start_seconds": entry.metadata.get("start_seconds"),
        "continued_from": entry.metadata.get("continued_from"),
        "error": entry.error or None,
        "reused_from": entry.reused_from or None,
    }
    return row | _measured(question, entry, best)


def _measured(question: Question, entry: Entry, best_accuracy: float | None) -> dict[str, Any]:
    rows = [entry.rows[epoch] for epoch in sorted(entry.rows)]
    if not rows:
        return {}
    history = [EpochRow.from_flat(row) for row in rows]
    judged = verdict(history, question.classes, question.majority, best_accuracy)
    measured: dict[str, Any] = {
        "verdict": judged.name,
        "verdict_evidence": judged.evidence,
        "seconds": sum(row["seconds"] for row in rows),
        "images_per_second": statistics.median(
            row["images_per_second"] for row in rows[1:] or rows
        ),
    }
    best = entry.best_row(METRIC)
    if best is None:
        return measured
    n = question.validation_n
    low, high = metrics.interval(round(best[METRIC] * n), n)
    return measured | {
        "best_epoch": best["epoch"],
        **{name: best[name] for name in BEST_COLUMNS},
        "validation_n": n,
        "validation_accuracy_low": low,
        "validation_accuracy_high": high,
    }


def trial_rows(question: Question, ledger: Ledger) -> list[dict[str, Any]]:
    """All trials' rows, in the order asked."""
    best = max((rank[0] for e in ledger.entries.values() if (rank := rank_of(e))), default=None)
    return [trial_row(question, entry, best) for entry in ledger.entries.values()]


def epoch_rows(ledger: Ledger) -> list[dict[str, Any]]:
    """One row a (trial, epoch), for `results.schema.EPOCHS`."""
    return [
        {"trial": entry.trial, **entry.rows[epoch]}
        for entry in ledger.entries.values()
        for epoch in sorted(entry.rows)
    ]


def ranked(ledger: Ledger) -> list[Entry]:
    """Trials with a measured epoch, best first."""
    ranks = [(rank, e) for e in ledger.entries.values() if (rank := rank_of(e))]
    return [entry for _, entry in sorted(ranks, key=lambda pair: pair[0], reverse=True)]


def rank_of(entry: Entry) -> tuple[float, float, int] | None:
    """The higher the better: accuracy, then loss, then which was asked for earlier.

    The order of `results.leaderboard`; None before the first measured epoch.
    """
    row = entry.best_row(METRIC)
    return (row[METRIC], -row["validation_loss"], -entry.number) if row else None
