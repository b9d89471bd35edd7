"""Configurations over their seeds: this sweep's own, or its finalists as a refit trained them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis import wording
from analysis.repeats.bands import bands
from analysis.repeats.words import TESTS, WORDY, sentences, table_of
from analysis.report.charts import seed_bands
from analysis.report.page_blocks import Block, Part, Points, Table, Text
from analysis.report.sweep_contents import SweepContents

REFIT = (
    "The finalists were trained again, to the end and with several seeds that the search had not "
    "used: a sweep of its own, beside this one, with its own page."
)


def over_seeds_parts(contents: SweepContents) -> tuple[Part, ...]:
    """A part for each of the two that is there."""
    own, refit = (_rows(contents.table(name)) for name in ("groups", "seeds"))
    # A refit's own folder has both, about the same trials: there the finalists say more.
    refitted = bool(refit) and not _is_refit(contents, refit)
    parts = [
        *([_part("Over seeds", own, (), _curves(contents))] if own else []),
        *([_part("Finalists over seeds", refit, (Text(REFIT),), ())] if refitted else []),
    ]
    return tuple(parts)


def _is_refit(contents: SweepContents, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the first sweep, whose trials the rows name, is another one than this."""
    return not {row["first_trial"] for row in rows} <= set(contents.table("trials")["trial"])


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with None where nothing stands."""
    return [
        {str(key): None if wording.missing(value) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _curves(contents: SweepContents) -> tuple[Block, ...]:
    made = bands(contents.table("groups"), contents.table("epochs"), "validation_accuracy")
    return (seed_bands.draw(made),) if made else ()


def _part(
    title: str,
    rows: Sequence[Mapping[str, Any]],
    opening: tuple[Text, ...],
    charts: tuple[Block, ...],
) -> Part:
    heads, cells = table_of([_whole(row) for row in rows])
    caption = "Validation accuracy by configuration, a mean over seeds each, best first"
    return Part(
        title,
        (
            *opening,
            Points(tuple(sentences([_whole(row) for row in rows]))),
            Table(caption, heads, tuple(cells), WORDY, folded=False),
            Text(TESTS, "note"),
            *charts,
        ),
    )


WHOLE = ("place", "begun", "n", "pairs", "first_place", "first_epochs")
"""Columns of whole numbers: with nulls among them pandas gives them as real ones."""


def _whole(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: int(value) if key in WHOLE and value is not None else value
        for key, value in row.items()
    }
