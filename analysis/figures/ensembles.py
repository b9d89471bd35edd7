"""Which rule made the ensemble, and what it gained over its members."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.figures.style import BLUE, DARK, ORANGE, RED, count, percent, shown, whiskers
from analysis.figures.sweep_tables import SweepTables

KINDS = {"ensemble": (RED, "D"), "best single": (ORANGE, "s"), "member": (BLUE, "o")}
"""Who -> colour and mark."""


RULES = ["rule", "accuracy", "low", "high", "members", "chosen"]
GAINS = ["who", "name", "kind", "place", "images", "accuracy", "low", "high", "n", "split", "how",
         "gain", "gain_low", "gain_high", "p"]  # fmt: skip


def rules(tables: SweepTables) -> pd.DataFrame:
    """A row a rule with a cross-validated accuracy, the highest last.

    Columns: rule, accuracy, low, high (0 to 1: one standard error to each side; NaN: not known),
    members (their number), chosen (bool).
    """
    rows = [_rule(row) for row in tables.choice if row.get("accuracy") is not None]
    frame = pd.DataFrame(rows, columns=RULES)
    return frame.sort_values(["accuracy", "chosen", "rule"]).reset_index(drop=True)


def _rule(row: Mapping[str, Any]) -> dict[str, object]:
    error = math.nan if row.get("accuracy_gap_se") is None else float(row["accuracy_gap_se"])
    accuracy = float(row["accuracy"])
    return {
        "rule": str(row["rule"]),
        "accuracy": accuracy,
        "low": accuracy - error,
        "high": accuracy + error,
        "members": row.get("members"),
        "chosen": bool(row.get("chosen", False)),
    }


def rules_caption(frame: pd.DataFrame) -> str:
    """What the picture of the rules shows, in words."""
    taken = "".join(
        f" Taken: {row['rule']}, {percent(row['accuracy'])}{_members(row, ', ', '')}."
        for _, row in frame[frame["chosen"]].iterrows()
    )
    best = frame.iloc[-1]
    return (
        f"Cross-validated accuracy of {count(len(frame), 'rule')} of making an ensemble, on "
        f"validation images only.{_whiskers(frame)} The highest: {best['rule']}, "
        f"{percent(best['accuracy'])}.{taken}"
    )


def _whiskers(frame: pd.DataFrame) -> str:
    """What a whisker is; "" where there is none: records of before had no paired error."""
    if frame["low"].isna().all():
        return ""
    return (
        " A whisker is one standard error of the difference to the highest, image by image: a "
        "rule whose whisker reaches the dotted line is within one standard error of the highest."
    )


def _members(row: pd.Series, before: str, after: str) -> str:
    if pd.isna(row["members"]):
        return ""
    return f"{before}{count(int(row['members']), 'member')}{after}"


def draw_rules(frame: pd.DataFrame, canvas: Canvas) -> None:
    """A line a rule: accuracy and one standard error; the one taken is a filled diamond."""
    canvas.set_size_inches(9.0, 1.7 + 0.4 * len(frame))
    ax = canvas.subplots()
    looks = ((False, BLUE, "o", "white", "compared"), (True, RED, "D", RED, "taken"))
    for chosen, colour, mark, face, label in looks:
        part = frame[frame["chosen"] == chosen]
        if len(part):
            ax.errorbar(
                part["accuracy"], part.index, fmt=mark, color=colour, capsize=4, markersize=7,
                xerr=whiskers(part["accuracy"], part["low"], part["high"]),
                markerfacecolor=face, label=label,
            )  # fmt: skip
    for place, row in frame.iterrows():
        end = row["accuracy"] if pd.isna(row["high"]) else row["high"]
        _number(f"{row['accuracy']:.4f}", end, float(place), ax)
    ax.axvline(frame["accuracy"].iloc[-1], color=DARK, linestyle=":", linewidth=1)
    names = [
        f"{shown(row['rule'])}{_members(row, ' (', ')')}{'  ◆' if row['chosen'] else ''}"
        for _, row in frame.iterrows()
    ]
    ax.set_yticks(frame.index, names)
    ax.set_ylim(-0.6, len(frame) - 0.4)
    whisker = (
        " (whisker: one standard error of the\ndifference to the highest, the dotted line)"
        if frame["low"].notna().any()
        else " (dotted line: the highest)"
    )
    ax.set_xlabel(f"cross-validated accuracy, validation images{whisker}")
    ax.grid(axis="x", alpha=0.3)
    ax.margins(x=0.16)
    canvas.legend(loc="outside lower center", ncols=2, fontsize=8)


def _number(text: str, x: float, y: float, ax: Axes) -> None:
    ax.annotate(text, (x, y), (6, 0), textcoords="offset points", va="center", size=8)


def gains(tables: SweepTables) -> pd.DataFrame:
    """A row a (who, all or clean images): the accuracies in `scores`, best last.

    Columns: who, name, kind (of `KINDS`), place, images, accuracy, low, high (0 to 1), n, split,
    how; and of the ensemble against the best single model on all images, NaN where not scored:
    gain, gain_low, gain_high (0 to 1), p (McNemar's). The test split where it was scored. No rows
    where the best single model was taken. What is equal stands once: the best single model where
    it is a member too, and clean images where all are.
    """
    if tables.alone:
        return pd.DataFrame(columns=GAINS)
    scores = tables.scores
    rows = scores[(scores["metric"] == "accuracy") & scores["value"].notna()].copy()
    split = "test" if (rows["split"] == "test").any() else "validation"
    rows = rows[rows["split"] == split].drop_duplicates(["who", "images"], keep="last")
    rows = _once(rows.rename(columns={"value": "accuracy"}), tables.members)
    rows["kind"] = [who if who in KINDS else "member" for who in rows["who"]]
    names = _names(tables)
    rows["name"] = [names.get(who, who) for who in rows["who"]]
    every = rows[rows["images"] == "all"].assign(rank=rows["kind"].map(list(KINDS)[::-1].index))
    order = every.sort_values(["accuracy", "rank", "who"])["who"]
    rows["place"] = rows["who"].map({who: place for place, who in enumerate(order)})
    paired = scores[(scores["images"] == "all") & (scores["split"] == split)]
    paired = paired.drop_duplicates("metric", keep="last").set_index("metric")
    for column, metric, end in (
        ("gain", "accuracy_gain", "value"),
        ("gain_low", "accuracy_gain", "low"),
        ("gain_high", "accuracy_gain", "high"),
        ("p", "mcnemar_p", "value"),
    ):
        rows[column] = paired.loc[metric, end] if metric in paired.index else math.nan
    return rows.dropna(subset=["place"])[GAINS].sort_values("place").reset_index(drop=True)


def _once(rows: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    sizes = rows.groupby("images")["n"].max()
    if sizes.get("clean") == sizes.get("all"):
        rows = rows[rows["images"] == "all"]
    both = set(members.loc[members["role"] == "member and best single", "trial"])
    single = rows[rows["who"] == "best single"].set_index("images")["accuracy"]
    same = rows["who"].isin(both) & (rows["accuracy"] == rows["images"].map(single))
    return rows[~same]


def _names(tables: SweepTables) -> dict[str, str]:
    """Who -> name, the best single model's with the trial that it is where that is known."""
    names, members = tables.labels(), tables.members
    if len(members):
        for trial in members.loc[members["role"].str.endswith("best single"), "trial"]:
            own = members.loc[members["trial"] == trial, "role"].iloc[0]
            also = ", a member" if own.startswith("member") else ""
            names["best single"] = f"best single{also}: {names.get(trial, trial)}"
    return names


def gains_caption(frame: pd.DataFrame) -> str:
    """What the picture of the gain shows, in words."""
    every = frame[frame["images"] == "all"].iloc[::-1]
    models = [
        f"the {row['name']} {percent(row['accuracy'])}{_interval(row, 'low', 'high')}"
        + (f", {row['how']}" if pd.notna(row["how"]) else "")
        for _, row in every.iterrows()
        if row["who"] in KINDS
    ]
    members = int((every["kind"] == "member").sum())
    own = f"{count(members, 'member')} by {'itself' if members == 1 else 'themselves'}"
    clean = frame[frame["images"] == "clean"]
    without = (
        f" Hollow: without the images that also stand in training, n = {int(clean['n'].max()):,}."
        if len(clean)
        else ""
    )
    return (
        f"Accuracy on the {frame['split'].iloc[0]} split, n = {int(every['n'].max()):,} images, "
        f"with 95 % intervals: {'; '.join(models) or 'no ensemble'}"
        f"{f'; {own}' if members else ''}. "
        "All answer the same images, so overlapping intervals do not say that two are equal"
        f"{f'; the paired test compares them. {gain}' if (gain := _gain(frame)) else '.'}{without}"
    )


def _interval(row: pd.Series, low: str, high: str) -> str:
    if pd.isna(row[low]) or pd.isna(row[high]):
        return ""
    return f" ({percent(row[low])} to {percent(row[high])})"


def _gain(frame: pd.DataFrame) -> str:
    """The paired comparison in words; "" where it was not made."""
    first = frame.iloc[0]
    if pd.isna(first["gain"]):
        return ""
    ends = (
        f" ({100 * first['gain_low']:+.1f} to {100 * first['gain_high']:+.1f})"
        if pd.notna(first["gain_low"]) and pd.notna(first["gain_high"])
        else ""
    )
    p = f"; McNemar's p = {first['p']:.2g}" if pd.notna(first["p"]) else ""
    return f"Ensemble less best single: {100 * first['gain']:+.1f} points{ends}{p}."


def draw_gains(frame: pd.DataFrame, canvas: Canvas) -> None:
    """A line a model: its accuracy, filled on all images, hollow on clean ones."""
    names = frame.drop_duplicates("place").sort_values("place")
    canvas.set_size_inches(9.0, 2.0 + 0.42 * len(names))
    ax = canvas.subplots()
    for kind in KINDS:
        _marks(frame[frame["kind"] == kind], kind, ax)
    for _, row in frame[frame["images"] == "all"].iterrows():
        end = row["accuracy"] if pd.isna(row["high"]) else row["high"]
        _number(f"{row['accuracy']:.3f}", end, row["place"], ax)
    ax.set_yticks(names["place"], [shown(name) for name in names["name"]])
    ax.set_ylim(-0.7, len(names) - 0.3)
    size = int(frame.loc[frame["images"] == "all", "n"].max())
    ax.set_xlabel(f"accuracy, {frame['split'].iloc[0]} split (95 % interval, n = {size:,})")
    ax.set_title(_gain(frame), size=9)
    ax.grid(axis="x", alpha=0.3)
    ax.margins(x=0.1)
    canvas.legend(loc="outside lower center", ncols=3, fontsize=8)


def _marks(rows: pd.DataFrame, kind: str, ax: Axes) -> None:
    colour, mark = KINDS[kind]
    for images, words, shift, size, face in (
        ("all", "all images", 0.0, 6, colour),
        ("clean", "without copies", -0.25, 4, "white"),
    ):
        part = rows[rows["images"] == images]
        if len(part):
            ax.errorbar(
                part["accuracy"], part["place"] + shift, fmt=mark, color=colour, capsize=3,
                xerr=whiskers(part["accuracy"], part["low"], part["high"]),
                markersize=size, markerfacecolor=face, linewidth=size / 4,
                label=f"{kind}, {words}",
            )  # fmt: skip
