"""How each trial's validation accuracy grew, and what ended it."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from analysis.figures.style import DARK, STATUSES, count, shown, status_key
from analysis.figures.sweep_tables import SweepTables

LABELLED = 4
"""Curves that are named at their end, the best ones."""


def data(tables: SweepTables) -> pd.DataFrame:
    """A row a (trial, epoch): trial, label, status, epoch, accuracy, best (0 to 1), rung (bool).

    Epochs whose accuracy is not a number are left out.
    """
    trials = tables.trials[["trial", "status", "validation_accuracy"]]
    trials = trials.rename(columns={"validation_accuracy": "best"})
    rows = tables.epochs[["trial", "epoch", "validation_accuracy"]].merge(trials, on="trial")
    rows = rows.rename(columns={"validation_accuracy": "accuracy"}).dropna(subset=["accuracy"])
    rows["label"] = rows["trial"].map(tables.labels())
    rows["rung"] = rows["epoch"].isin(tables.record.get("rungs") or [])
    order = ["trial", "label", "status", "epoch", "accuracy", "best", "rung"]
    return rows.sort_values(["trial", "epoch"])[order].reset_index(drop=True)


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    ends = frame.groupby("trial").last()
    best = ends.loc[ends["best"].fillna(-1.0).idxmax()]
    fates = ", ".join(f"{n} {status}" for status, n in ends["status"].value_counts().items())
    rungs = frame.loc[frame["rung"], "epoch"].unique()
    compared = f" Rungs, where trials are compared: epochs {', '.join(map(str, sorted(rungs)))}"
    return (
        f"Validation accuracy after each epoch of {count(len(ends), 'trial')} "
        f"({fates.replace('_', ' ')}). The best, {best['label']}, reached {best['best']:.3f}."
        + (f"{compared} (dotted lines)." if len(rungs) else "")
        + " A name ends with the first four digits of the trial's signature; beside it, its best."
    )


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """One curve a trial, its last epoch marked by what ended it; the best ones are named."""
    ax = canvas.subplots()
    for rung in frame.loc[frame["rung"], "epoch"].unique():
        ax.axvline(rung, color=DARK, linestyle=":", linewidth=1, zorder=1)
    ends = frame.groupby("trial").last().sort_values("best")
    named = ends.tail(LABELLED)
    for trial, end in ends.iterrows():
        colour, mark = STATUSES[end["status"]]
        curve = frame[frame["trial"] == trial]
        strong = trial in named.index
        look: dict[str, Any] = {
            "color": colour,
            "alpha": 0.95 if strong else 0.4,
            "zorder": 3 if strong else 2,
        }
        ax.plot(curve["epoch"], curve["accuracy"], linewidth=1.8 if strong else 1.0, **look)
        look["alpha"] = 0.95 if strong else 0.7
        ax.plot(end["epoch"], end["accuracy"], mark, markersize=6 if strong else 4, **look)
    _name(named, ax)
    ax.set_xlabel("epoch")
    ax.set_ylabel("validation accuracy")
    ax.grid(axis="y", alpha=0.3)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if frame["rung"].any():
        ax.set_xlabel("epoch (dotted lines: rungs, where trials are compared)")
    ax.legend(handles=status_key(ends["status"]), title="ended as", fontsize=8, loc="lower right")


def _name(ends: pd.DataFrame, ax: Axes) -> None:
    """Write each curve's name at the right, a thin line to its end, names above one another."""
    low, high = ax.get_ylim()
    gap, place = 0.045 * (high - low), float("inf")
    for _, end in ends.sort_values("accuracy", ascending=False).iterrows():
        place = min(end["accuracy"], place - gap)
        ax.annotate(
            f"{shown(end['label'])}  {end['best']:.3f}",
            (end["epoch"], end["accuracy"]),
            xytext=(1.02, place),
            textcoords=ax.get_yaxis_transform(),
            fontsize=8,
            va="center",
            arrowprops={
                "arrowstyle": "-",
                "color": DARK,
                "linewidth": 0.5,
                "shrinkB": 4,
                "relpos": (0.0, 0.5),
            },
        )
