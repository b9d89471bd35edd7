"""A chart's frame: two axes, what is written along them, and marks at values.

Colours come from the page's style sheet, by class, so that a chart is dark where the page is. All
text is escaped.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from markupsafe import Markup

from analysis.report.charts import svg
from analysis.report.charts.scale import Scale
from analysis.report.charts.svg import group

__all__ = ["Chart", "Charts", "Plot", "fitting", "group", "measured_words", "unfinished_words"]

LEFT, RIGHT, TOP, BOTTOM = 62.0, 12.0, 12.0, 46.0
"""Pixels around the area in which marks lie."""

KEY_ROW = 18.0
"""Pixels from one line of a key to the next."""

MOST_LETTERS = 40
"""Of a line of a key: more would not fit into the drawing."""

TURNED_LETTERS, RISE = 14, 4.4
"""Of a word that is turned by 40 degrees, as it has no room beside its neighbours: its letters at
most, and the pixels downwards that each takes."""

BETWEEN = 8.0
"""Pixels that words beside one another keep free between them."""


@dataclass(frozen=True)
class Chart:
    """A block of the page: a drawing and what it shows.

    Attributes:
        svg: one or several, which stand side by side where there is room.
        caption: what it shows, in words.
        title: what stands above the caption; "" where a heading says it.
        folded: whether the caption repeats the drawing, and is shown only when asked for.
        narrow: the same, drawn anew for a screen of 420 pixels; None where `svg` fits there.
    """

    kind: ClassVar[str] = "chart"
    svg: Markup
    caption: str
    title: str = ""
    folded: bool = False
    narrow: Markup | None = None


@dataclass(frozen=True)
class Charts:
    """Charts side by side where there is room."""

    kind: ClassVar[str] = "charts"
    charts: tuple[Chart, ...]


def fitting(draw: Callable[[float], Chart]) -> Chart:
    """A chart for any screen: letters stay as large, so it is not scaled but drawn twice.

    Args:
        draw: gives it for a width in pixels.
    """
    return replace(draw(svg.USUAL), narrow=draw(svg.NARROW).svg)


@dataclass(frozen=True)
class Plot:
    """The area that marks are drawn in.

    Attributes:
        x: the horizontal axis.
        y: the vertical one.
        x_title: what x shows, with its unit.
        y_title: what y shows; "" where its words say it.
        width: of the drawing in CSS pixels.
        height: likewise; more where words along x are turned.
        indent: pixels left of the area, for what is written along y.
        head: pixels above the area.
        tail: pixels right of it.
    """

    x: Scale
    y: Scale
    x_title: str
    y_title: str
    width: float = svg.USUAL
    height: float = 264.0
    indent: float = LEFT
    head: float = TOP
    tail: float = RIGHT

    def left(self, value: float) -> float:
        """Pixels from the left edge."""
        return self.indent + self.x.place(value) * (self.width - self.indent - self.tail)

    def top(self, value: float) -> float:
        """Pixels from the upper edge."""
        return self.head + (1 - self.y.place(value)) * (self.height - self.head - BOTTOM)

    def at(self, x: float, y: float) -> svg.Place:
        """Pixels of a point."""
        return self.left(x), self.top(y)

    def mark(self, x: float, y: float, names: str, radius: float = 4.5) -> Markup:
        """A disc at a point; names: its classes."""
        return svg.disc(names, self.at(x, y), radius)

    def line(self, points: Iterable[tuple[float, float]], names: str) -> Markup:
        """A line through points."""
        return svg.path(names, [self.at(x, y) for x, y in points])

    def key(self, entries: Sequence[tuple[str, str]], at_top: bool = False) -> Markup:
        """Lines and what they are, below one another at the right end.

        Args:
            entries: (classes, words) of each.
            at_top: whether they stand at the upper end rather than at the lower.
        """
        right = self.width - self.tail
        top = self.head + 12 if at_top else self.height - BOTTOM + 4 - KEY_ROW * len(entries)
        parts = []
        for row, (names, words) in enumerate(entries):
            y = top + KEY_ROW * row
            parts.append(svg.path(names, [(right - 40, y), (right - 8, y)]))
            short = svg.shortened(words, MOST_LETTERS)
            parts.append(svg.text(short, (right - 46, y + 4), "end", "title"))
        return Markup("").join(parts)

    def svg(self, label: str, marks: Iterable[Markup]) -> Markup:
        """The drawing; label: read to those who cannot see it."""
        height = self.height + self._below()
        return svg.drawing(label, self.width, height, [*self._frame(), *marks])

    def _crowd(self, ticks: Sequence[tuple[float, str]]) -> bool:
        """Whether words along x, written level, would run into one another."""
        places = [(self.left(value), svg.LETTER * len(words) / 2) for value, words in ticks]
        return any(
            after - before < half + other + BETWEEN
            for (before, half), (after, other) in itertools.pairwise(places)
        )

    def _below(self) -> float:
        """Pixels more that words along x take where they are turned."""
        if not (self.x.has_words and self._crowd(self.x.ticks)):
            return 0.0
        longest = max(min(len(words), TURNED_LETTERS) for _, words in self.x.ticks)
        return RISE * longest

    def _words_along_x(self, bottom: float) -> list[Markup]:
        """Names that crowd are turned, of numbers that do every other one is left out."""
        ticks = self.x.ticks
        while not self.x.has_words and self._crowd(ticks):
            ticks = ticks[::2]
        parts, is_turned = [], self._below() > 0
        for value, words in ticks:
            x = self.left(value)
            parts.append(svg.line("tick", (x, bottom), (x, bottom + 4)))
            if is_turned:
                short = svg.shortened(words, TURNED_LETTERS)
                parts.append(svg.turned(short, (x + 4, bottom + 14), "end", -40))
            else:
                room = self.width - svg.LETTER * len(words) / 2
                parts.append(svg.text(words, (min(x, room), bottom + 17)))
        return parts

    def _frame(self) -> list[Markup]:
        bottom, right = self.height - BOTTOM, self.width - self.tail
        parts = [svg.line("axis", (self.indent, bottom), (right, bottom))]
        for value, words in self.y.ticks:
            y = self.top(value)
            parts.append(svg.line("grid", (self.indent, y), (right, y)))
            parts.append(svg.text(words, (self.indent - 6, y + 4), "end"))
        parts += self._words_along_x(bottom)
        half = min(svg.TITLE_LETTER * len(self.x_title), self.width) / 2
        middle = min((self.indent + right) / 2, self.width - half)
        below = self.height + self._below() - 8
        parts.append(svg.text(self.x_title, (middle, below), "middle", "title"))
        if self.y_title:
            parts.append(svg.turned(self.y_title, (12, (self.head + bottom) / 2)))
        return parts


def unfinished_words(finished: Iterable[bool], look: str) -> str:
    """What the look of trials that were not trained to their end means; "" where there are none.

    Args:
        finished: of each trial drawn, whether it was trained to its end.
        look: of the others, e.g. "hollow".
    """
    others = sum(not each for each in finished)
    return f"; {look}: not trained to the end ({others})" if others else ""


def measured_words(n: int) -> str:
    """How many trials a chart shows."""
    return f"{n:,} measured trial{'' if n == 1 else 's'}"
