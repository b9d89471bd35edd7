"""What the trials did: leaderboard and verdicts."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis import wording
from analysis.leaderboard import clean_accuracy, in_order, leaderboard
from analysis.report.page_blocks import Block, Part, Section, Table, Text
from analysis.report.sections.trials.binary_accuracy import binary_accuracy
from analysis.report.sections.trials.over_seeds import over_seeds_parts
from analysis.report.sweep_contents import SweepContents
from results.paths import Paths
from results.schema import PREDICTIONS
from results.store import DamagedResults
from results.varied import description, varied

LOW = "validation_accuracy_low"

MOST = 50
"""Trials in a table of the page; the rest stand in the files."""

OPEN = 6
"""Verdicts that are shown at once; the leaderboard has all, without their evidence."""

WORDS = frozenset(("settings", "trial", "status", "verdict", "evidence", "reason", "error"))

NONE_YET = "No trial has a measured accuracy yet; python -m orchestrator.sweep trains them."

PAUSED = (
    "A paused trial waits at a rung, its state stored, until it is sure whether it is among the "
    "best there and goes on."
)
ALL_FAILED = "No trial has a measured accuracy: all failed, see Verdicts."


def leaderboard_section(contents: SweepContents) -> Section:
    """What all trials share, then the trials, best first, the settings that varied in front."""
    trials = contents.table("trials")
    shown = [str(row["trial"]) for row in leaderboard(trials).rows[:MOST]]
    if not shown:
        none = ALL_FAILED if len(trials) and (trials["status"] == "failed").all() else NONE_YET
        return Section("leaderboard", "Leaderboard", (Part("", (Text(none, "absent"),)),))
    board = leaderboard(trials, clean_accuracies(contents, shown))
    n = wording.enumeration(
        [wording.count(n) for n in sorted(trials["validation_n"].dropna().unique())]
    )
    caption = f"Trials by validation accuracy (n = {n or 'unknown'}), best epoch of each"
    if len(board.rows) > MOST:
        total = wording.count(len(board.rows))
        caption += f"; the best {MOST} of {total}, all are in leaderboard.md"
    table = Table(
        caption,
        board.headings,
        tuple(board.table(MOST, digits=3)),
        board.wordy,
        trials=tuple(str(row["trial"]) for row in board.rows[:MOST]),
    )
    shared = (Text(board.common, "note"),) if board.common else ()
    blocks = (*shared, table, *_statuses(trials), *binary_accuracy(contents))
    repeated = over_seeds_parts(contents)  # what seeds agree on comes before any one of them
    parts = (*repeated, Part("Trial by trial" if repeated else "", blocks))
    return Section("leaderboard", "Leaderboard", parts)


def clean_accuracies(contents: SweepContents, trials: list[str]) -> dict[str, float]:
    """Trial -> accuracy without copies: from members.parquet, else from its predictions.

    Empty where no validation image is a copy.
    """
    members = contents.table("members").set_index("trial")
    own = members.loc[members["validation_accuracy_clean"].notna()]
    if len(own) and not copies_differ(own):
        return {}
    accuracies = {str(trial): float(v) for trial, v in own["validation_accuracy_clean"].items()}
    for trial in set(trials) - set(accuracies):
        file = Paths().prediction(trial)
        if contents.store.exists(file):
            try:
                predictions = contents.store.read_table(file, PREDICTIONS).to_pandas()
                accuracies[trial] = clean_accuracy(predictions)
            except DamagedResults as problem:
                contents.problems.append(str(problem))
    return {trial: value for trial, value in accuracies.items() if not wording.missing(value)}


def copies_differ(members: pd.DataFrame, split: str = "validation") -> bool:
    """Whether leaving copies out changes the accuracy of any of these rows of `members`."""
    name = "accuracy" if split == "test" else "validation_accuracy"
    both = members[[name, f"{name}_clean"]].dropna().astype(float)
    return bool((both[name] != both[f"{name}_clean"]).any())


def _statuses(trials: pd.DataFrame) -> tuple[Block, ...]:
    counts = trials["status"].fillna("unknown").value_counts()
    words = [f"{wording.count(n)} {str(s).replace('_', ' ')}" for s, n in counts.items()]
    trial = "trial" if len(trials) == 1 else "trials"
    sentence = f"Of {wording.count(len(trials))} {trial}, {wording.enumeration(words)}."
    intervals = " Intervals are Wilson's, 95 %." if trials[LOW].notna().any() else ""
    waiting = f" {PAUSED}" if "paused" in set(trials["status"]) else ""
    return (Text(f"{sentence}{waiting}{intervals}", "note"),)


def verdicts_section(contents: SweepContents) -> Section:
    """How each trial trained and the numbers behind that; what failed and why."""
    trials = contents.table("trials")
    order = in_order(trials)
    judged = order[order["verdict"].notna()]
    parts = [Part("", tuple(_judged(judged, varied(trials.to_dict("records")))))]
    failed = trials[trials["error"].notna() | (trials["status"] == "failed")]
    if len(failed):
        failed = failed.assign(error=failed["error"].fillna(failed["reason"]))
        heads = ("settings", "status", "error", "trial")
        rows = _cells(failed, heads, varied(trials.to_dict("records")))
        caption = f"Trials that failed{_of(failed)}"
        table = Table(caption, heads, rows, WORDS, trials=_signatures(failed))
        parts.append(Part("Failures", (table,)))
    return Section("verdicts", "Verdicts", tuple(parts))


def _judged(judged: pd.DataFrame, names: Sequence[str]) -> list[Block]:
    if judged.empty:
        return [Text("No trial has a verdict; a trial gets one with its first epoch.", "absent")]
    counts = judged["verdict"].value_counts()
    words = [f"{wording.count(n)} {wording.TIMES} {verdict}" for verdict, n in counts.items()]
    frame = judged.rename(columns={"verdict_evidence": "evidence"})
    heads = ("settings", "verdict", "evidence", "status", "reason", "trial")
    caption = f"What the learning curves say, best accuracy first{_of(judged)}"
    return [
        Text(f"{wording.enumeration(words)}."),
        Table(
            caption,
            heads,
            _cells(frame, heads, names),
            WORDS,
            folded=len(judged) > OPEN,
            trials=_signatures(frame),
        ),
    ]


def _signatures(frame: pd.DataFrame) -> tuple[str, ...]:
    return tuple(str(trial) for trial in frame["trial"].head(MOST))


def _cells(
    frame: pd.DataFrame, heads: Sequence[str], names: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(_cell({str(key): value for key, value in row.items()}, head, names) for head in heads)
        for row in frame.head(MOST).to_dict("records")
    )


def _cell(row: Mapping[str, Any], head: str, names: Sequence[str]) -> str:
    if head == "settings":
        return description(row, names) or wording.NONE
    text = wording.text(row[head])
    return text.replace("_", " ") if head == "status" else text


def _of(frame: pd.DataFrame) -> str:
    n = len(frame)
    return f"; the first {MOST} of {wording.count(n)}, all are in trials.parquet" * (n > MOST)
