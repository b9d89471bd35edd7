"""How much of the trials' differences each setting explains, beside what chance gives."""

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.figures.importance import SHUFFLES
from analysis.report.charts import rows, scale, svg
from results.varied import heading

HALF = 9.0
"""Pixels; half of a bar's width, and less than half of the mark across it."""

BARS = {True: "bar", False: "bar hollow"}
"""Whether a setting explains more than chance gives -> classes of its bar."""


def draw(frame: pd.DataFrame, label: str, width: float) -> Markup:
    """A bar a setting, filled if beyond what chance gives, which is marked across it."""
    made = frame.to_dict("records")
    ends = [0.0, *frame["importance"], *frame["chance"]]
    measure, trials = made[0]["measure"], int(made[0]["trials"])
    key = rows.key_lines(_entries(frame), width)
    head = rows.HEAD + rows.KEY_ROW * (len(key) - 1)
    plot = rows.rows_plot(
        [heading(str(row["setting"])) for row in made],
        scale.linear(ends),
        f"share of the variance explained ({trials:,} trials)",
        rows.RowLayout(width, head=head),
    )
    parts = [_bar(plot, place, row) for place, row in enumerate(made)]
    return plot.svg(f"{label} ({measure})", [*parts, *_key(key)])


def _bar(plot: rows.Plot, place: int, row: dict) -> Markup:
    left, y = plot.at(0.0, place)
    right, chance = plot.left(row["importance"]), plot.left(row["chance"])
    name, share = heading(str(row["setting"])), f"{row['importance']:.2f}"
    words = f"{name}: {share}; by chance up to {row['chance']:.2f}"
    return svg.titled(
        words,
        [
            svg.box(BARS[bool(row["beyond"])], (left, y - HALF), right - left, 2 * HALF),
            svg.line("bound", (chance, y - HALF - 3), (chance, y + HALF + 3)),
            svg.text(share, (max(right, chance) + 7, y + 4), "start"),
        ],
    )


def _entries(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """What bars and the line across them are, as far as they occur."""
    kinds = {True: "beyond chance", False: "no more than chance"}
    there = [kind for kind in kinds if (frame["beyond"] == kind).any()]
    most = f"most by chance ({wording.count(SHUFFLES)} shuffles)"
    return [*((BARS[kind], kinds[kind]) for kind in there), ("bound", most)]


def _key(lines: list[list[tuple[float, str, str]]]) -> Iterator[Markup]:
    for line, entries in enumerate(lines):
        y = rows.KEY_ROW * line
        for x, look, words in entries:
            if look == "bound":
                yield svg.line(look, (x, y + 3), (x, y + 18))
            else:
                yield svg.box(look, (x - 7, y + 5), 14, 11)
            yield svg.text(words, (x + rows.BESIDE + 2, y + 15), "start")
