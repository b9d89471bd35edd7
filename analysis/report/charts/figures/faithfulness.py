"""How far each explanation method can be trusted: a panel a measure, a row a method."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.figures.faithfulness import MEASURES, NAMES
from analysis.report.charts import scale, svg
from analysis.report.charts.plot import Plot
from analysis.report.charts.rows import RowLayout, RowMark, row_mark, rows_plot, upright

WIDTH, ROW, HEAD = 384.0, 21.0, 44.0
"""Pixels: of a panel, from one of its rows to the next, above its rows."""

FREE, NUMBERS = 14.0, 38.0
"""Pixels right of the rows; there stand the numbers of images, where these differ."""


def draw(frame: pd.DataFrame, label: str) -> Markup:
    """A dot with its 95 % interval a method; baselines hollow, the better of them dotted."""
    methods = frame.drop_duplicates("method").sort_values("place")
    names = [NAMES.get(str(name), str(name)) for name in methods["method"]]
    there = [name for name in MEASURES if (frame["measure"] == name).any()]
    panels = [_panel(frame[frame["measure"] == name], name, names, label) for name in there]
    return Markup("").join(panels)


def _panel(rows: pd.DataFrame, measure: str, names: list[str], label: str) -> Markup:
    title, hint, high_is_good = MEASURES[measure]
    least, most = int(rows["n"].min()), int(rows["n"].max())
    n = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    ends = rows[["value", "low", "high"]].stack()
    x = scale.linear(ends)
    layout = RowLayout(WIDTH, ROW, HEAD, FREE if least == most else NUMBERS)
    plot = rows_plot(names, x, f"mean, n = {n}", layout)
    arrow = "better \N{RIGHTWARDS ARROW}" if high_is_good else "\N{LEFTWARDS ARROW} better"
    parts = [
        svg.text(title, (8, 14), "start", "title"),
        svg.text(f"{hint}  {arrow}", (8, 31), "start"),
    ]
    base = rows.loc[rows["baseline"], "value"]
    if len(base):
        parts.append(upright(plot, float(base.max() if high_is_good else base.min())))
    for row in rows.to_dict("records"):
        name = names[int(row["place"])]
        parts.append(svg.titled(*_row(plot, row, name)))
        if least != most:
            number = (plot.width - NUMBERS + 4, plot.top(row["place"]) + 4)
            parts.append(svg.text(f"{row['n']:,}", number, "start"))
    return plot.svg(f"{title}. {label}", parts)


def _row(plot: Plot, row: dict[Any, Any], name: str) -> tuple[str, list[Markup]]:
    """What a mark says to whoever points at it, and the mark."""
    look = "dot second hollow" if row["baseline"] else "dot"
    value = wording.interval(row["value"], row["low"], row["high"])
    title = f"{name}: {value} (n = {row['n']:,})"
    mark = RowMark(row["place"], row["value"], row["low"], row["high"], look, title, radius=4)
    return title, row_mark(plot, mark)
