"""Who went on at each rung, and who did not."""

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.figures.rungs import FATES
from analysis.report.charts import scale, svg
from analysis.report.charts.plot import Plot
from analysis.report.charts.rows import HEAD, KEY_ROW, key_lines, marks_key

LOOKS = ("dot", "dot hollow", "dot second hollow", "dot second")
"""Classes of the marks of `FATES`, in their order."""

LAST_KEPT = "last kept, had all arrived at once"
LINES_WORDS = 38 + svg.LETTER * len(LAST_KEPT)
"""What the dotted lines are, and the pixels that it takes with its line."""


def draw(frame: pd.DataFrame, label: str, width: float) -> Markup:
    """A column a rung: a mark a trial by its fate, and where the line would be in the end."""
    rungs = frame.drop_duplicates("column").sort_values("column").to_dict("records")
    names = [f"after epoch {r['rung']}: {r['kept']} of {r['reached']} went on" for r in rungs]
    x_title = "rung"
    narrow = width < svg.USUAL
    if narrow:
        names = [f"{r['rung']}: {r['kept']} of {r['reached']}" for r in rungs]
        x_title = "rung (epoch: how many went on)"
    else:
        width = max(width, 215.0 * len(rungs))
    looks = dict(zip(FATES, LOOKS, strict=False))
    key = {looks[fate]: fate for fate in FATES if (frame["fate"] == fate).any()}
    free = width if narrow else width - LINES_WORDS
    key_rows = len(key_lines(list(key.items()), free))  # the lines' words stand below, or beside
    head = HEAD + KEY_ROW * (key_rows - (not narrow))
    y = scale.linear(frame["accuracy"])
    plot = Plot(scale.names(names), y, x_title, "validation accuracy", width, head=head)
    lines = [_line(plot, rung) for rung in rungs if pd.notna(rung["cut"])]
    marks = [
        _trial(plot, str(trial), steps, looks)
        for trial, steps in frame.sort_values("rung").groupby("trial", sort=False)
    ]
    return plot.svg(
        label,
        [
            *lines,
            *marks,
            marks_key(key, width=free),
            _key_of_lines(plot, lines, key_rows * narrow),
        ],
    )


def _line(plot: Plot, rung: dict) -> Markup:
    y = plot.top(rung["cut"])
    ends = (plot.left(rung["column"] - 0.45), plot.left(rung["column"] + 0.45))
    return svg.line("axis stopped", (ends[0], y), (ends[1], y))


def _key_of_lines(plot: Plot, lines: list[Markup], row: int) -> Markup:
    if not lines:
        return Markup("")
    right, y = plot.width - 8, 11 + KEY_ROW * row
    words = svg.text(LAST_KEPT, (right, y + 4), "end")
    x = right - svg.LETTER * len(LAST_KEPT)
    return Markup("").join([svg.line("axis stopped", (x - 30, y), (x - 6, y)), words])


def _trial(plot: Plot, trial: str, steps: pd.DataFrame, looks: dict[str, str]) -> Markup:
    rows = steps.to_dict("records")
    way = plot.line([(row["x"], row["accuracy"]) for row in rows], "link")
    marks = [plot.mark(row["x"], row["accuracy"], looks[row["fate"]]) for row in rows]
    last = rows[-1]
    title = f"{wording.share(last['accuracy'])} after epoch {last['rung']}, {last['fate']}"
    return svg.group(trial, title, [way, *marks])
