"""Who went on at each rung, and who was ended there.

Source: Li et al. 2018, "A System for Massively Parallel Hyperparameter Tuning",
https://arxiv.org/abs/1810.05934: asynchronous successive halving, whose rungs these are.
"""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.figures.style import BLUE, DARK, GREY, count
from analysis.figures.sweep_tables import SweepTables
from results.statuses import UNDER_WAY

FATES = {"went on": (BLUE, "o"), "ended here": (GREY, "x"), "not ended": (DARK, ">")}
"""What became of a trial at a rung -> colour and mark."""

COMPARED = {
    "asha": "A trial is compared with those that came before it, never called back",
    "first_epochs": "A trial waits there until those that it is compared with have come",
    "halving": "A trial waits at a rung until those that it is compared with have come",
    "promotion": "A trial waits at a rung, and goes on once it is among the best that came",
    "delayed_promotion": "A trial waits at a rung, and goes on once it is among the best that came",
}
"""Scheduler that ranks the trials of a rung -> how. Others judge otherwise: no line is drawn."""

BEFORE = "asha"
"""What a sweep had whose record names no scheduler."""

SPREAD = 0.7
"""Share of a rung's column over which its trials stand, in the order they were asked for."""

COLUMNS = ["rung", "trial", "fate", "accuracy", "column", "x", "reached", "kept", "cut",
           "scheduler"]  # fmt: skip


def data(tables: SweepTables) -> pd.DataFrame:
    """A row a (rung, trial that reached it); no rows where nothing was compared.

    Columns: rung (epoch), trial, fate (of `FATES`), accuracy (0 to 1) there: the epoch's where the
    scheduler ranks by that, else the best so far; column and x (places
    on the axis), reached and kept (trials), cut (accuracy of the last that would be kept if all
    arrived at once; NaN where the record has no reduction factor).
    """
    rungs = tables.record.get("rungs") or []
    identity = tables.record.get("identity") or {}
    scheduler = str(identity.get("scheduler", BEFORE))
    factor = tables.record.get("reduction_factor") or identity.get("reduction_factor")
    factor = factor if scheduler in COMPARED else None
    finalists = None if scheduler == BEFORE else int(tables.record.get("finalists") or 1)
    trials = tables.trials[["trial", "number", "status", "epochs_trained"]]
    rows = tables.epochs[["trial", "epoch", "validation_accuracy"]].merge(trials, on="trial")
    if scheduler in COMPARED and scheduler != BEFORE:  # see below
        by_trial = rows.sort_values("epoch").groupby("trial")["validation_accuracy"]
        rows["validation_accuracy"] = by_trial.cummax()
    rows = rows.dropna(subset=["validation_accuracy"])
    parts = []
    for place, rung in enumerate(sorted(rungs)):
        there = rows[rows["epoch"] == rung].sort_values("number")
        if there.empty:
            continue
        accuracy = there["validation_accuracy"]
        fates = [_fate(row, rung) for _, row in there.iterrows()]
        steps = pd.Series(range(len(there)), index=there.index, dtype=float)
        parts.append(
            pd.DataFrame(
                {
                    "rung": rung,
                    "trial": there["trial"],
                    "fate": fates,
                    "accuracy": accuracy,
                    "column": place,
                    "x": place + SPREAD * ((steps + 0.5) / len(there) - 0.5),
                    "reached": len(there),
                    "kept": fates.count("went on"),
                    "cut": _cut(accuracy, factor, finalists),
                    "scheduler": scheduler,
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _fate(row: pd.Series, rung: int) -> str:
    if row["epochs_trained"] > rung:
        return "went on"
    return "not ended" if row["status"] in UNDER_WAY else "ended here"


def _cut(accuracy: pd.Series, factor: float | None, finalists: int | None) -> float:
    """The last that goes on of all that arrived; finalists: at least, None where nobody waits."""
    if not factor:
        return math.nan
    if finalists is None:
        kept = max(1, math.ceil(len(accuracy) / factor))
    else:
        kept = max(finalists, int(len(accuracy) // factor))
    return float(accuracy.nlargest(kept).iloc[-1])


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    steps = "; ".join(
        f"after epoch {rung}, {rows['kept'].iloc[0]} of {rows['reached'].iloc[0]} went on"
        for rung, rows in frame.groupby("rung")
    )
    under_way = int((frame["fate"] == "not ended").sum())
    waiting = (
        f" {count(under_way, 'trial')} had not ended where they stand last." if under_way else ""
    )
    return (
        f"{_measure(frame)} at each rung of {count(frame['trial'].nunique(), 'trial')}: "
        f"{steps}.{waiting} Within a rung trials stand in the order in which they were asked for. "
        f"{_compared(frame)}Who ended at a rung need not have been stopped by it."
    )


def _measure(frame: pd.DataFrame) -> str:
    ranked_by_best = frame["scheduler"].iloc[0] in set(COMPARED) - {BEFORE}
    return "Best validation accuracy so far" if ranked_by_best else "Validation accuracy"


def _compared(frame: pd.DataFrame) -> str:
    """How trials are compared at a rung; "" where that is no ranking."""
    scheduler = frame["scheduler"].iloc[0]
    lucky = ((frame["fate"] == "went on") & (frame["accuracy"] < frame["cut"])).any()
    early = ": early ones meet few rivals, so some below the line went on"
    how = COMPARED.get(scheduler, "")
    return f"{how}{early if lucky and scheduler == BEFORE else ''}. " if how else ""


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """A column a rung: a mark a trial by its fate, and where the line would be in the end."""
    ax = canvas.subplots()
    for _, steps in frame.sort_values("rung").groupby("trial"):
        ax.plot(steps["x"], steps["accuracy"], color=BLUE, alpha=0.25, linewidth=1, zorder=1)
    for fate, (colour, mark) in FATES.items():
        rows = frame[frame["fate"] == fate]
        if len(rows):
            ax.plot(rows["x"], rows["accuracy"], mark, color=colour, label=fate, zorder=3)
    _rungs(frame, ax)
    ax.set_xlabel("rung")
    ax.set_ylabel("validation accuracy at the rung")
    ax.grid(axis="y", alpha=0.3)
    ax.legend(loc="lower right", fontsize=8)


def _rungs(frame: pd.DataFrame, ax: Axes) -> None:
    """Each rung's name, how many went on, and its line."""
    names = {}
    for place, rows in frame.groupby("column"):
        first = rows.iloc[0]
        names[place] = f"after epoch {first['rung']}\n{first['kept']} of {first['reached']} went on"
        if pd.notna(first["cut"]):
            edge = (place - 0.45, place + 0.45)
            label = "last kept, had all arrived at once" if len(names) == 1 else None
            ax.plot(edge, [first["cut"]] * 2, "--", color=DARK, linewidth=1.2, label=label)
    ax.set_xticks(list(names), list(names.values()))
    ax.set_xlim(min(names) - 0.6, max(names) + 0.6)
