"""How each trial's validation accuracy grew, and what ended it."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

STYLES = {
    "completed": ("tab:blue", "o"),
    "stopped_early": ("tab:cyan", "s"),
    "pruned": ("tab:gray", "x"),
    "failed": ("tab:red", "X"),
    "running": ("tab:green", ">"),
    "reused": ("tab:purple", "D"),
}
"""Status -> colour and mark of the last epoch: readable without the colour."""

LABELLED = 4
"""Curves that are named at their end, the best ones."""


def data(trials: pd.DataFrame, epochs: pd.DataFrame) -> pd.DataFrame:
    """A row a (trial, epoch): trial, label, status, epoch, accuracy (0 to 1), best (0 to 1)."""
    columns = ["trial", "architecture", "preprocessing", "status", "validation_accuracy"]
    known = trials[columns].rename(columns={"validation_accuracy": "best"})
    rows = epochs[["trial", "epoch", "validation_accuracy"]].merge(known, on="trial")
    rows["label"] = rows["architecture"] + ", " + rows["preprocessing"]
    rows = rows.rename(columns={"validation_accuracy": "accuracy"})
    order = ["trial", "label", "status", "epoch", "accuracy", "best"]
    return rows.sort_values(["trial", "epoch"])[order].reset_index(drop=True)


def draw(frame: pd.DataFrame, ax: Axes) -> None:
    """One curve a trial, its last epoch marked by what ended it."""
    named = frame.groupby("trial")["best"].first().nlargest(LABELLED).index
    seen: set[str] = set()
    for trial, curve in frame.groupby("trial"):
        status, last = curve["status"].iloc[0], curve.iloc[-1]
        colour, mark = STYLES[status]
        strength = 0.9 if trial in named else 0.45
        ax.plot(curve["epoch"], curve["accuracy"], color=colour, alpha=strength)
        label = None if status in seen else status.replace("_", " ")
        seen.add(status)
        ax.plot(last["epoch"], last["accuracy"], mark, color=colour, label=label)
    _name(frame[frame["trial"].isin(named)].groupby("trial").last(), ax)
    ax.set_xlabel("epoch")
    ax.set_ylabel("validation accuracy")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    first, last = ax.get_xlim()
    ax.set_xlim(first, last + 0.2 * (last - first))  # room for the names
    if seen:
        ax.legend(title="ended as", fontsize=8)


def _name(ends: pd.DataFrame, ax: Axes) -> None:
    """Write each curve's name beside its end, names above one another where ends are close."""
    low, high = ax.get_ylim()
    gap, place = 0.035 * (high - low), float("inf")
    for _, end in ends.sort_values("accuracy", ascending=False).iterrows():
        place = min(end["accuracy"], place - gap)
        ax.annotate(
            end["label"],
            (end["epoch"], place),
            xytext=(6, 0),
            textcoords="offset points",
            fontsize=8,
            va="center",
        )
