"""Every trial of each kind, and the best with the interval that its number of images allows."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.figures.style import BLUE, GREY, count, percent, shown, whiskers
from analysis.figures.sweep_tables import SweepTables
from results.statuses import FINISHED

COLUMNS = [
    "value",
    "place",
    "trial",
    "status",
    "finished",
    "accuracy",
    "low",
    "high",
    "n",
    "best",
    "shift",
]


GOLDEN = 0.6180339887498949
"""Its multiples modulo 1 lie apart from one another, however many there are."""

SPREAD = 0.4


def data(tables: SweepTables, by: str) -> pd.DataFrame:
    """A row a measured trial, grouped by the column `by`; the kind with the best trial comes last.

    Columns: value (of `by`), place (its row, from 0), trial, status, finished (bool), accuracy,
    low, high (0 to 1), n (images), best (bool: the one quoted for its kind), shift (up or down from
    its row, so that marks stay apart). No rows where there is only one kind.

    Only trials that were not stopped by ASHA compete where there are any: a pruned trial's accuracy
    is that of a shorter training.
    """
    measured = tables.trials["validation_accuracy"].notna() & tables.trials[by].notna()
    rows = tables.trials[measured].copy()
    if rows[by].nunique() < 2:
        return pd.DataFrame(columns=COLUMNS)
    rows = rows.rename(
        columns={"validation_accuracy": "accuracy", "validation_n": "n"}
        | {f"validation_accuracy_{end}": end for end in ("low", "high")}
    )
    rows["value"] = rows[by].astype(str)
    rows["finished"] = rows["status"].isin(FINISHED)
    first = rows.sort_values(["finished", "accuracy"], kind="stable").groupby("value").tail(1)
    rows["best"] = rows["trial"].isin(first["trial"])
    places = {value: place for place, value in enumerate(first["value"])}
    rows["place"] = rows["value"].map(places)
    rows = rows.sort_values(["place", "accuracy"])
    turns = rows.groupby("place").cumcount() * GOLDEN % 1.0
    rows["shift"] = np.where(rows["best"], 0.0, SPREAD * (turns - 0.5))
    return rows[COLUMNS].reset_index(drop=True)


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    best = frame[frame["best"]].sort_values("place", ascending=False)
    by_kind = "; ".join(
        f"{row['value']} {percent(row['accuracy'])}"
        + (
            f" ({percent(row['low'])} to {percent(row['high'])})"
            if pd.notna(row["low"]) and pd.notna(row["high"])
            else ""
        )
        + ("" if row["finished"] else f" ({row['status'].replace('_', ' ')})")
        for _, row in best.iterrows()
    )
    return (
        f"Validation accuracy of {count(len(frame), 'trial')}; the best of each kind: {by_kind}. "
        f"{_intervals(frame)}The best of several trials looks better than it is, for it was "
        "chosen on these images."
    )


def _intervals(frame: pd.DataFrame) -> str:
    if frame["low"].isna().all():
        return ""
    return (
        f"Intervals are Wilson's, 95 %{_images(frame)}; they speak of the images, not of another "
        "seed. "
    )


def _images(frame: pd.DataFrame) -> str:
    sizes = frame["n"].dropna().unique()
    return f", n = {int(sizes[0]):,} images" if len(sizes) == 1 else ""


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """A line a value, best at the top: a mark a trial, and the best one with its interval."""
    best = frame[frame["best"]].sort_values("place")
    canvas.set_size_inches(9.0, 1.9 + 0.55 * len(best))
    ax = canvas.subplots()
    for finished, colour, mark, label in (
        (False, GREY, "x", "not trained to the end"),
        (True, BLUE, "o", "finished"),
    ):
        rows = frame[(frame["finished"] == finished) & ~frame["best"]]
        if len(rows):
            ax.plot(
                rows["accuracy"],
                rows["place"] + rows["shift"],
                mark,
                color=colour,
                alpha=0.6,
                markersize=5,
                markerfacecolor="none",
                label=label,
                linestyle="",
            )
    centre = best["accuracy"].to_numpy(dtype=float)
    lengths = whiskers(centre, best["low"], best["high"])
    ax.errorbar(
        centre,
        best["place"],
        xerr=lengths,
        fmt="D",
        color=BLUE,
        capsize=4,
        label="best of its kind, 95 % interval",
    )
    ends = np.nan_to_num(best["high"].to_numpy(dtype=float), nan=0.0)
    for value, place, end in zip(centre, best["place"], ends, strict=True):
        at = (max(value, end), place)
        ax.annotate(f"{value:.3f}", at, (6, 0), textcoords="offset points", va="center", size=9)
    counts = frame["value"].value_counts()
    names = [f"{shown(v)}\n({count(int(counts[v]), 'trial')})" for v in best["value"]]
    ax.set_yticks(best["place"], names)
    ax.set_ylim(-0.6, len(best) - 0.4)
    ax.set_xlabel(f"validation accuracy (95 % interval{_images(frame)}; chosen on these images)")
    ax.grid(axis="x", alpha=0.3)
    ax.margins(x=0.1)
    canvas.legend(loc="outside lower center", ncols=3, fontsize=8)
