"""What the trials did: leaderboard and verdicts."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis import wording
from analysis.leaderboard import clean_accuracy, leaderboard
from analysis.report.page_blocks import Block, Part, Section, Table, Text
from analysis.report.sweep_contents import SweepContents
from results.paths import Paths
from results.schema import PREDICTIONS
from results.store import DamagedResults

MOST = 50
"""Trials in a table of the page; the rest stand in the files."""

WORDS = frozenset(
    ("trial", "architecture", "preprocessing", "status", "verdict", "evidence", "reason", "error")
)

NONE_YET = "No trial has a measured accuracy yet; python -m orchestrator.sweep trains them."


def leaderboard_section(contents: SweepContents) -> Section:
    """Trials, best first, with intervals and the accuracy without copies."""
    trials = contents.table("trials")
    board = leaderboard(trials)
    if board.empty:
        return Section("leaderboard", "Leaderboard", (Part("", (Text(NONE_YET, "absent"),)),))
    shown = board.head(MOST)
    clean = clean_accuracies(contents, shown["trial"].tolist())
    rows = tuple(_row(row, clean) for row in shown.to_dict("records"))
    n = wording.enumeration(
        [wording.count(n) for n in sorted(trials["validation_n"].dropna().unique())]
    )
    caption = f"Trials by validation accuracy (n = {n or 'unknown'}), best epoch of each"
    if len(board) > MOST:
        caption += f"; the best {MOST} of {wording.count(len(board))}, all are in leaderboard.md"
    table = Table(caption, tuple(rows[0]), tuple(tuple(r.values()) for r in rows), WORDS)
    return Section("leaderboard", "Leaderboard", (Part("", (table, *_statuses(trials))),))


def _row(row: Mapping[Any, Any], clean: Mapping[str, float]) -> dict[str, str]:
    return {
        "trial": wording.text(row["trial"]),
        "accuracy": wording.interval(row["accuracy"], row["from"], row["to"]),
        "without copies": wording.share(clean.get(row["trial"])),
        "architecture": wording.text(row["architecture"]),
        "preprocessing": wording.text(row["preprocessing"]),
        "learning rate": wording.short(row["learning rate"]),
        "macro F1": wording.share(row["macro F1"]),
        "ECE": wording.share(row["calibration error"]),
        "best epoch": f"{wording.count(row['best epoch'])} of {wording.count(row['epochs'])}",
        "status": wording.text(row["status"]).replace("_", " "),
        "verdict": wording.text(row["verdict"]),
        "parameters": wording.count(row["parameters"]),
        "images/s": wording.count(row["images/s"]),
    }


def clean_accuracies(contents: SweepContents, trials: list[str]) -> dict[str, float]:
    """Trial -> accuracy without copies: from members.parquet, else from its predictions."""
    members = contents.table("members").set_index("trial")["validation_accuracy_clean"]
    accuracies = {str(trial): float(value) for trial, value in members.dropna().items()}
    for trial in set(trials) - set(accuracies):
        file = Paths().prediction(trial)
        if contents.store.exists(file):
            try:
                predictions = contents.store.read_table(file, PREDICTIONS).to_pandas()
                accuracies[trial] = clean_accuracy(predictions)
            except DamagedResults as problem:
                contents.problems.append(str(problem))
    return accuracies


def _statuses(trials: pd.DataFrame) -> tuple[Block, ...]:
    counts = trials["status"].fillna("unknown").value_counts()
    words = [f"{wording.count(n)} {str(s).replace('_', ' ')}" for s, n in counts.items()]
    sentence = f"Of {wording.count(len(trials))} trials, {wording.enumeration(words)}."
    return (Text(f"{sentence} Intervals are Wilson's.", "note"),)


def verdicts_section(contents: SweepContents) -> Section:
    """How each trial trained and the numbers behind that; what failed and why."""
    trials = contents.table("trials")
    order = trials.sort_values("validation_accuracy", ascending=False, na_position="last")
    judged = order[order["verdict"].notna()]
    parts = [Part("", tuple(_judged(judged)))]
    failed = trials[trials["error"].notna()]
    if len(failed):
        heads = ("trial", "architecture", "status", "error")
        rows = _cells(failed, heads)
        caption = f"Trials that failed{_of(failed)}"
        parts.append(Part("Failures", (Table(caption, heads, rows, WORDS),)))
    return Section("verdicts", "Verdicts", tuple(parts))


def _judged(judged: pd.DataFrame) -> list[Block]:
    if judged.empty:
        return [
            Text("No trial has a verdict yet; the sweep writes one when a trial ends.", "absent")
        ]
    counts = judged["verdict"].value_counts()
    words = [f"{wording.count(n)} {wording.TIMES} {verdict}" for verdict, n in counts.items()]
    frame = judged.rename(columns={"verdict_evidence": "evidence"})
    heads = ("trial", "architecture", "verdict", "evidence", "status", "reason")
    caption = f"What the learning curves say, best accuracy first{_of(judged)}"
    return [
        Text(f"{wording.enumeration(words)}."),
        Table(caption, heads, _cells(frame, heads), WORDS, folded=len(judged) > 12),
    ]


def _cells(frame: pd.DataFrame, heads: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(
            wording.text(row[h]).replace("_", " ") if h == "status" else wording.text(row[h])
            for h in heads
        )
        for row in frame.head(MOST).to_dict("records")
    )


def _of(frame: pd.DataFrame) -> str:
    n = len(frame)
    return f"; the first {MOST} of {wording.count(n)}, all are in trials.parquet" * (n > MOST)
