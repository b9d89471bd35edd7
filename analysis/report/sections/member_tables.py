"""Who is in the ensemble, who was left out, and why."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from analysis import wording
from analysis.report.page_blocks import Block, Table, Text
from analysis.report.score_lookup import SINGLE
from analysis.report.sections.trials.trial_tables import copies_differ
from analysis.report.sweep_contents import SweepContents
from results.leaderboard import setting_text
from results.settings import SETTINGS
from results.varied import heading, varied

WORDS = frozenset(("trial", "role", "why"))

ALONE = "No ensemble: the single trial that was taken"

MOST = 600
"""Rows of the table of those left out."""


def member_blocks(contents: SweepContents) -> tuple[Block, ...]:
    """Members and the best single trial; then, folded, those left out."""
    table = contents.table("members")
    if table.empty:
        return ()
    inside = table[table["rank"].notna()].sort_values("rank")
    single = table[(table["role"] == SINGLE) & table["rank"].isna()]
    outside = table.drop(inside.index).drop(single.index)
    trials = {row["trial"]: row for row in _rows(contents.table("trials"))}
    names = varied(trials.values())
    copies = [split for split in ("validation", "test") if copies_differ(table, split)]
    as_cells = partial(_member, trials=trials, names=names, copies=copies)
    words = WORDS | {heading(name) for name in names if SETTINGS[name].choices}
    rows = [as_cells(row, contents.split) for row in (*_rows(inside), *_rows(single))]
    alone = contents.ensemble.get("rule") == SINGLE
    blocks: list[Block] = [_table(ALONE if alone else _inside(len(inside)), rows, words)]
    if not rows:
        blocks = [Text("It has no members.", "absent")]
    if len(outside):
        left = [as_cells(row, "validation") for row in _rows(outside)[:MOST]]
        heads = (*map(heading, names), "validation accuracy", "trial", "why")
        caption = f"{_counted(len(outside), 'trial')} left out, and why"
        left = [{head: row[head] for head in heads} for row in left]
        blocks.append(_table(caption, left, words, folded=True))
    return tuple(blocks)


def _inside(n: int) -> str:
    return f"{_counted(n, 'member')}{'; coefficients sum to 1' if n > 1 else ''}"


def _table(
    caption: str, rows: Sequence[Mapping[str, str]], words: frozenset[str], folded: bool = False
) -> Table:
    heads = tuple(rows[0]) if rows else ()
    cells = tuple(tuple(row.values()) for row in rows)
    trials = tuple(row["trial"] for row in rows)
    return Table(caption, heads, cells, words, folded=folded, trials=trials)


def _rows(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")


def _counted(n: int, thing: str) -> str:
    return f"{wording.count(n)} {thing}{'' if n == 1 else 's'}"


def _member(
    row: Mapping[Any, Any],
    split: str,
    trials: Mapping[str, Mapping[Any, Any]],
    names: Sequence[str],
    copies: Sequence[str],
) -> dict[str, str]:
    """A row's cells, the settings that varied first.

    Args:
        row: of `members.parquet`.
        split: whose accuracy is shown too, if it is test.
        trials: trial -> its row of `trials.parquet`.
        names: the settings that varied.
        copies: splits with copies of training images.
    """
    own = trials.get(row["trial"], row)
    cells = {heading(name): setting_text(name, own) for name in names}
    cells |= {
        "role": wording.text(row["role"]),
        "coefficient": wording.share(row["coefficient"]),
        "validation accuracy": wording.share(row["validation_accuracy"]),
    }
    if "validation" in copies:
        cells["without copies"] = wording.share(row["validation_accuracy_clean"])
    if split == "test":
        cells["test accuracy"] = wording.share(row["accuracy"])
    if split == "test" and "test" in copies:
        cells["test, without copies"] = wording.share(row["accuracy_clean"])
    return cells | {
        "trial": wording.text(row["trial"]),
        "parameters": wording.count(row["parameters"]),
        "why": wording.text(row["reason"]),
    }
