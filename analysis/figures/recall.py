"""How many faces of each class are found: the ensemble against the best single model."""

import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.figures.confusion import split_named
from analysis.figures.style import GREY, ORANGE, RED, percent, shown, whiskers
from analysis.figures.sweep_tables import SweepTables
from orchestrator.metrics import interval

WHO = {
    "ensemble": ("prediction", RED, "D", 0.13),
    "best single": ("best_single", ORANGE, "s", -0.13),
}
"""Whose answers -> column of `answers`, colour, mark, and shift from the class's line."""


def data(tables: SweepTables) -> pd.DataFrame:
    """A row a (class, who): class, place, who, recall, low, high (0 to 1; Wilson), n, split.

    The split is in words. The class that the ensemble finds best comes last (the best single model,
    where that was taken); classes without images are left out.
    """
    classes, rows = tables.classes, []
    whose = {who: look for who, look in WHO.items() if not (tables.alone and who == "ensemble")}
    leading = "best single" if tables.alone else "ensemble"
    for who, (column, *_) in whose.items():
        answered = tables.answers.dropna(subset=[column])
        for label, part in answered.groupby("label"):
            right = int((part[column] == part["label"]).sum())
            low, high = interval(right, len(part))
            rows.append(
                {
                    "class": classes[int(label)],
                    "who": who,
                    "recall": right / len(part),
                    "low": low,
                    "high": high,
                    "n": len(part),
                    "split": split_named(tables),
                }
            )
    columns = ["class", "who", "recall", "low", "high", "n", "split"]
    frame = pd.DataFrame(rows, columns=columns)
    order = frame[frame["who"] == leading].sort_values(["recall", "class"])["class"]
    frame["place"] = frame["class"].map({name: place for place, name in enumerate(order)})
    return frame.sort_values(["place", "who"]).reset_index(drop=True)


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    table = frame.pivot(index="class", columns="who", values="recall")
    order = frame.drop_duplicates("class")["class"][::-1]
    leading = "ensemble" if "ensemble" in table else "best single"
    by_class = "; ".join(
        f"{name} {percent(table.loc[name, leading])}"
        + (
            f" (best single {percent(table.loc[name, 'best single'])})"
            if {"best single", "ensemble"} <= set(table)
            else ""
        )
        for name in order
    )
    n = int(frame[frame["who"] == leading]["n"].sum())
    return (
        f"Share of each class's images that the {leading} answers rightly, "
        f"{frame['split'].iloc[0]}, n = {n:,}, with 95 % Wilson intervals: {by_class}."
    )


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """A line a class with two marks, joined: who finds more of it."""
    names = frame.drop_duplicates("place").sort_values("place")
    canvas.set_size_inches(8.5, 1.8 + 0.5 * len(names))
    ax = canvas.subplots()
    for who, (_, colour, mark, shift) in WHO.items():
        part = frame[frame["who"] == who]
        if part.empty:
            continue
        lengths = whiskers(part["recall"], part["low"], part["high"])
        ax.errorbar(part["recall"], part["place"] + shift, xerr=lengths, fmt=mark, color=colour,
                    capsize=3, label=who)  # fmt: skip
        for _, row in part.iterrows():
            at = (row["high"], row["place"] + shift)
            text = f"{row['recall']:.2f}"
            ax.annotate(text, at, (5, 0), textcoords="offset points", va="center", size=8)
    ax.hlines([p + 0.5 for p in names["place"][:-1]], 0, 1, color=GREY, alpha=0.3, linewidth=0.8)
    words = [f"{shown(row['class'])} (n = {row['n']:,})" for _, row in names.iterrows()]
    ax.set_yticks(names["place"], words)
    ax.set_xlim(0, 1.06)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.set_xlabel(f"recall, {frame['split'].iloc[0]}, 95 % interval")
    ax.grid(axis="x", alpha=0.3)
    canvas.legend(loc="outside lower center", ncols=2, fontsize=9)
