"""Accuracy by strength of a corruption, and by kind of light: small charts side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.report.charts import scale, svg
from analysis.report.charts.plot import Chart, Plot

ENSEMBLE = "ensemble"

WIDTH, HEIGHT, LEFT = 290.0, 200.0, 44.0


@dataclass(frozen=True)
class Series:
    """One line of a small chart.

    Attributes:
        chart: which chart: a corruption, or a quantity of light.
        who: whose accuracy, in words.
        first: whether it is the ensemble's.
        points: (place, accuracy, low, high) in order.
        words: what stands below each place.
    """

    chart: str
    who: str
    first: bool
    points: tuple[tuple[float, float, float, float], ...]
    words: tuple[str, ...]


def under_corruptions(table: pd.DataFrame, names: Mapping[str, str]) -> list[Series]:
    """Accuracy of all images by strength, 0 for the same images as they are.

    Args:
        table: `robustness.parquet`.
        names: who -> in words; the others are left out.
    """
    rows = table[(table["by"] == "all") & (table["level"] > 0) & table["who"].isin(names)]
    made = []
    for (corruption, who), part in rows.groupby(["corruption", "who"], sort=False):
        ordered = part.sort_values("level")
        plain = float((ordered["accuracy"] + ordered["lost"]).iloc[0])
        points = [(0.0, plain, plain, plain)]
        points += [
            (float(level), float(value), float(low), float(high))
            for level, value, low, high in ordered[["level", "accuracy", "low", "high"]].to_numpy()
        ]
        words = ("0", *(str(int(level)) for level in ordered["level"]))
        made.append(Series(str(corruption), names[str(who)], who == ENSEMBLE, tuple(points), words))
    return made


def by_light(table: pd.DataFrame, names: Mapping[str, str]) -> list[Series]:
    """Standardised accuracy by stratum; arguments as of `under_corruptions`."""
    rows = table[table["standardised"].notna() & table["who"].isin(names)]
    made = []
    for (quantity, who), part in rows.groupby(["by", "who"], sort=False):
        ends = part[["standardised", "standardised_low", "standardised_high"]].to_numpy()
        points = tuple(
            (float(i), float(value), float(low), float(high))
            for i, (value, low, high) in enumerate(ends)
        )
        words = tuple(str(group) for group in part["group"])
        made.append(Series(str(quantity), names[str(who)], who == ENSEMBLE, points, words))
    return made


def draw(made: Sequence[Series], x_title: str, caption: str) -> Chart:
    """Small charts in one row or several, all with one axis of accuracy.

    Args:
        made: at least one line; the ensemble's is blue with its intervals, others are orange.
        x_title: what their places are.
        caption: what they show.
    """
    ends = [end for series in made for _, _, low, high in series.points for end in (low, high)]
    y = scale.linear(ends)
    charts: dict[str, list[Series]] = {}
    for series in made:
        charts.setdefault(series.chart, []).append(series)
    drawings = [_small(title, lines, y, x_title) for title, lines in charts.items()]
    return Chart(Markup("").join(drawings), caption)


def _small(title: str, lines: Sequence[Series], y: scale.Scale, x_title: str) -> Markup:
    places = [place for series in lines for place, *_ in series.points]
    words = max((series.words for series in lines), key=len)
    x = scale.linear(places, 0.08)
    ticks = tuple((float(i), word) for i, word in enumerate(words))
    if max(map(len, words)) > 2:  # bounds of strata: only their order has room
        ticks = tuple((float(i), str(i + 1)) for i in range(len(words)))
    axis = scale.Scale(x.low, x.high, ticks)
    plot = Plot(axis, y, f"{title}, {x_title}", "", WIDTH, HEIGHT, LEFT)
    marks = [_line(plot, series) for series in sorted(lines, key=lambda each: each.first)]
    return plot.svg(f"Accuracy by {title}", marks)


def _line(plot: Plot, series: Series) -> Markup:
    look, dot = ("curve best", "dot") if series.first else ("curve second", "dot second")
    spans = [
        f"{word}: {wording.interval(value, low, high)}"
        for word, (_, value, low, high) in zip(series.words, series.points, strict=True)
    ]
    parts = [plot.line([(place, value) for place, value, *_ in series.points], look)]
    if series.first:
        parts += [
            svg.line("whisker", plot.at(place, low), plot.at(place, high))
            for place, _, low, high in series.points
        ]
    parts += [plot.mark(place, value, dot, 2.5) for place, value, *_ in series.points]
    return svg.titled(f"{series.who}, {'; '.join(spans)}", parts)
