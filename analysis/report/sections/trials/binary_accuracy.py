"""What Keras would have called the accuracy of each trial, beside what it is."""

import pandas as pd

from analysis import wording
from analysis.leaderboard import in_order
from analysis.report.page_blocks import Folded, Table, Text
from analysis.report.sweep_contents import SweepContents

MOST = 20
"""Trials that are shown, the best ones."""


def binary_accuracy(contents: SweepContents) -> tuple[Folded, ...]:
    """A row a trial, at its best epoch; nothing where no trial has the figure."""
    names = contents.data.get("classes")
    k = len(names) if isinstance(names, list) else 0
    trials = in_order(contents.table("trials"))
    shown = trials[trials["validation_binary_accuracy"].notna()].head(MOST)
    if shown.empty or k < 2:
        return ()
    words = (
        f"Keras' BinaryAccuracy, which some programs report as accuracy, holds each of the {k} "
        "outputs against 0.5 by itself. With c the "
        "share of images whose true class has more than 0.5, and w the share where a wrong one "
        f"has, it is ({k} \N{MINUS SIGN} 1)/{k} + (c \N{MINUS SIGN} w)/{k}, so never far from "
        f"{(k - 1) / k:.3f}. For a pair that somebody else reports: python -m analysis.decode "
        "--loss L --accuracy A."
    )
    table = Table(
        f"The same nets by both measures, validation, best epoch of each{_of(shown, trials)}",
        ("trial", "accuracy", "loss (nats)", "binary accuracy", "c \N{MINUS SIGN} w"),
        tuple(_row(row, k) for _, row in shown.iterrows()),
        frozenset(("trial",)),
        trials=tuple(str(trial) for trial in shown["trial"]),
    )
    return (Folded("What programs report as binary accuracy", (Text(words, "note"), table)),)


def _row(row: pd.Series, k: int) -> tuple[str, ...]:
    binary = float(row["validation_binary_accuracy"])
    return (
        str(row["trial"]),
        wording.share(row["validation_accuracy"]),
        wording.short(row["validation_loss"]),
        f"{binary:.4f}",
        f"{k * binary - (k - 1):.3f}",
    )


def _of(shown: pd.DataFrame, trials: pd.DataFrame) -> str:
    return "" if len(shown) == len(trials) else f"; {len(shown)} of {len(trials)} trials"
