"""On which part of the face the evidence lies: a panel a class, right answers beside wrong ones."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis import wording
from analysis.figures.regions import ORDER
from analysis.report.charts import scale, svg
from analysis.report.charts.figures.confusion import MOST_CLASSES
from analysis.report.charts.plot import Plot

WIDTH, HEIGHT, HEAD = 280.0, 210.0, 40.0
"""Pixels of a panel, and above its area."""

BAR = 0.38
"""Width of a bar, in steps from one region to the next."""

SWATCH = 10.0
"""Pixels: side of the squares that say what a bar is."""

LONGEST = 34
"""Letters of a class's name."""

SIDES = ((True, "right", "bar", -0.4), (False, "wrong", "bar hollow", 0.02))
"""Whether the answers were right, their word, classes of their bars, where these begin."""


def draw(frame: pd.DataFrame, label: str) -> Markup:
    """Two bars a region with their 95 % intervals, and the two baselines across them.

    Nothing for more classes than a page can hold.
    """
    if frame["label"].nunique() > MOST_CLASSES:
        return Markup("")
    ends = frame[["share", "high", "uniform", "centre"]].stack()
    y = replace(scale.linear([0.0, *ends]), low=0.0)
    x = scale.names(ORDER)
    panels = [_panel(rows, x, y, label) for _, rows in frame.groupby("label")]
    return Markup("").join(panels)


def _panel(rows: pd.DataFrame, x: scale.Scale, y: scale.Scale, label: str) -> Markup:
    first = rows.iloc[0]
    share = "share of the map"
    plot = Plot(x, y, "part of the face", share, width=WIDTH, height=HEIGHT, head=HEAD)
    name = svg.shortened(first["name"], LONGEST)
    parts = [svg.text(name, (8, 14), "start", "title"), *_key(rows)]
    for bar in rows.to_dict("records"):
        parts.append(_bar(plot, bar))
    for region in rows.drop_duplicates("place").to_dict("records"):
        parts.append(_baselines(plot, region))
    return plot.svg(f"{first['name']}. {label}", parts)


def _key(rows: pd.DataFrame) -> Iterator[Markup]:
    """A square as the bars are filled, and how many images they stand for."""
    left = 9.0
    for correct, word, look, _ in SIDES:
        part = rows[rows["correct"].astype(bool) == correct]
        words = f"{int(part['n'].max()):,} {word}" if len(part) else f"none {word}"
        if len(part):
            yield svg.box(look, (left, 22), SWATCH, SWATCH)
        yield svg.text(words, (left + SWATCH + 5, 31), "start")
        left += SWATCH + 21 + svg.LETTER * len(words)


def _bar(plot: Plot, bar: dict[Any, Any]) -> Markup:
    _, word, look, shift = next(side for side in SIDES if side[0] == bool(bar["correct"]))
    begin = bar["place"] + shift
    (left, top), right = plot.at(begin, bar["share"]), plot.left(begin + BAR)
    marks = [svg.box(look, (left, top), right - left, plot.top(0.0) - top)]
    if pd.notna(bar["low"]) and pd.notna(bar["high"]):
        middle = (left + right) / 2
        low = plot.top(max(bar["low"], plot.y.low))
        marks.append(svg.line("error", (middle, low), (middle, plot.top(bar["high"]))))
    share = wording.interval(bar["share"], bar["low"], bar["high"])
    answers = f"{int(bar['n']):,} {word} answer{'' if bar['n'] == 1 else 's'}"
    return svg.titled(f"{bar['name']}, {bar['region']}, {answers}: {share}", marks)


def _baselines(plot: Plot, region: dict[Any, Any]) -> Markup:
    place, marks, words = region["place"], [], []
    if pd.notna(region["uniform"]):
        ends = [plot.at(place + shift, region["uniform"]) for shift in (-0.46, 0.46)]
        marks.append(svg.line("bound stopped", *ends))
        words.append(f"uniform map {wording.share(region['uniform'])}")
    if pd.notna(region["centre"]):
        marks.append(svg.diamond("centre", plot.at(place, region["centre"]), 5))
        words.append(f"Gaussian at the centre {wording.share(region['centre'])}")
    return svg.titled(f"{region['region']}: {', '.join(words)}", marks)
