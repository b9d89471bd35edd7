"""Which rule made the ensemble, and what it gained over its members."""

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.report.charts.rows import RowLayout, RowMark, draw_rows

KINDS = {"ensemble": "dot", "best single": "dot second", "member": "dot hollow"}
"""Who -> classes of its mark."""

CLEAN = "dot second hollow"
"""Classes of marks without copies of training images, which are small and lie below the others."""


def draw_rules(frame: pd.DataFrame, label: str, width: float) -> Markup:
    """A row a rule with one standard error to each side; the one taken is filled."""
    marks, names = [], []
    for place, row in enumerate(frame.to_dict("records")):
        accuracy = wording.share(row["accuracy"], 4)
        members = "" if pd.isna(row["members"]) else f" ({int(row['members'])})"
        look = "dot" if row["chosen"] else "dot hollow"
        title = f"{row['rule']}: {accuracy}{', taken' if row['chosen'] else ''}"
        names.append(f"{row['rule']}{members}")
        marks.append(
            RowMark(place, row["accuracy"], row["low"], row["high"], look, title, accuracy)
        )
    kinds = {"dot": "taken", "dot hollow": "compared"}
    key = {look: words for look, words in kinds.items() if any(m.look == look for m in marks)}
    highest = float(frame["accuracy"].iloc[-1])
    x_title = "cross-validated accuracy (in brackets: members)"
    return draw_rows(names, marks, key, x_title, label, RowLayout(width, dotted=highest))


def draw_gains(frame: pd.DataFrame, label: str, width: float) -> Markup:
    """A row a model: its accuracy with its interval, small and lower without copies."""
    names = frame.drop_duplicates("place").sort_values("place")
    marks = []
    for row in frame.to_dict("records"):
        clean = row["images"] == "clean"
        accuracy = wording.interval(row["accuracy"], row["low"], row["high"])
        title = f"{row['name']}{', without copies' if clean else ''}: {accuracy} (n = {row['n']:,})"
        marks.append(
            RowMark(
                place=row["place"] - 0.27 * clean,
                value=row["accuracy"],
                low=row["low"],
                high=row["high"],
                look=CLEAN if clean else KINDS[row["kind"]],
                title=title,
                words="" if clean else wording.share(row["accuracy"]),
                trial=str(row["who"]) if row["kind"] == "member" else "",
                radius=3 if clean else 4.5,
            )
        )
    key = {KINDS[kind]: kind for kind in KINDS if (frame["kind"] == kind).any()}
    if (frame["images"] == "clean").any():
        key[CLEAN] = "without copies"
    x_title = f"accuracy, {frame['split'].iloc[0]} split (95 % interval)"
    return draw_rows(
        [str(name) for name in names["name"]], marks, key, x_title, label, RowLayout(width)
    )
