"""How much of each class is found: the ensemble against the best single model."""

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.report.charts.rows import RowLayout, RowMark, draw_rows

LOOKS = {"ensemble": ("dot", 0.15), "best single": ("dot second", -0.15)}
"""Whose answers -> classes of its mark, and its shift from the class's row."""


def draw(frame: pd.DataFrame, label: str, width: float) -> Markup:
    """A row a class; the one found best at the top."""
    names = frame.drop_duplicates("place").sort_values("place")
    together = frame["who"].nunique() > 1
    marks = []
    for row in frame.to_dict("records"):
        look, shift = LOOKS[row["who"]]
        share = wording.share(row["recall"])
        bounds = wording.interval(row["recall"], row["low"], row["high"])
        title = f"{row['class']}, {row['who']}: {bounds}"
        place = row["place"] + shift * together
        words = share if row["who"] == "ensemble" or not together else ""
        marks.append(RowMark(place, row["recall"], row["low"], row["high"], look, title, words))
    return draw_rows(
        [f"{row['class']} (n = {row['n']:,})" for row in names.to_dict("records")],
        marks,
        {look: who for who, (look, _) in LOOKS.items() if (frame["who"] == who).any()},
        f"recall, {frame['split'].iloc[0]} (95 % interval)",
        label,
        RowLayout(width),
    )
