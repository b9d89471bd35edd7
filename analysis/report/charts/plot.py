"""A chart's frame in SVG, and the marks in it.

Colours come from the page's style sheet, by class, so that a chart is dark where the page is. All
text is escaped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from analysis.report.charts.scale import Scale

LEFT, RIGHT, TOP, BOTTOM = 56.0, 12.0, 12.0, 46.0
"""Pixels around the area in which marks lie."""

KEY_ROW = 18.0
"""Pixels from one line of a key to the next."""

MOST_LETTERS = 40
"""Of a line of a key: more would not fit into the drawing."""


@dataclass(frozen=True)
class Chart:
    """A block of the page: a drawing and what it shows."""

    kind: ClassVar[str] = "chart"
    svg: Markup
    caption: str


@dataclass(frozen=True)
class Plot:
    """The area that marks are drawn in.

    Attributes:
        x: the horizontal axis.
        y: the vertical one.
        x_title: what x shows, with its unit.
        y_title: what y shows.
        width: of the drawing in CSS pixels.
        height: likewise.
    """

    x: Scale
    y: Scale
    x_title: str
    y_title: str
    width: float = 560.0
    height: float = 300.0

    def left(self, value: float) -> float:
        """Pixels from the left edge."""
        return LEFT + self.x.place(value) * (self.width - LEFT - RIGHT)

    def top(self, value: float) -> float:
        """Pixels from the upper edge."""
        return TOP + (1 - self.y.place(value)) * (self.height - TOP - BOTTOM)

    def mark(self, x: float, y: float, names: str, radius: float = 4.5) -> Markup:
        """A disc at a point; names: its classes."""
        return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:g}"/>').format(
            names, self.left(x), self.top(y), radius
        )

    def line(self, points: Iterable[tuple[float, float]], names: str) -> Markup:
        """A line through points."""
        places = " ".join(f"{self.left(x):.1f},{self.top(y):.1f}" for x, y in points)
        return Markup('<polyline class="{}" points="{}"/>').format(names, places)

    def key(self, entries: Sequence[tuple[str, str]], at_top: bool = False) -> Markup:
        """Lines and what they are, below one another at the right end.

        Args:
            entries: (classes, words) of each.
            at_top: whether they stand at the upper end rather than at the lower.
        """
        right = self.width - RIGHT
        top = TOP + 12 if at_top else self.height - BOTTOM + 4 - KEY_ROW * len(entries)
        parts = []
        for row, (names, words) in enumerate(entries):
            y = top + KEY_ROW * row
            sample = '<polyline class="{}" points="{:.1f},{:.1f} {:.1f},{:.1f}"/>'
            parts.append(Markup(sample).format(names, right - 40, y, right - 8, y))
            short = words if len(words) <= MOST_LETTERS else f"{words[: MOST_LETTERS - 1]}\u2026"
            parts.append(_text(short, right - 46, y + 4, "end", "title"))
        return Markup("").join(parts)

    def svg(self, label: str, marks: Iterable[Markup]) -> Markup:
        """The drawing; label: read to those who cannot see it."""
        inside = Markup("").join([*self._frame(), *marks])
        return Markup(
            '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {:g} {:g}" width="{:g}" '
            'height="{:g}" xmlns="http://www.w3.org/2000/svg">{}</svg>'
        ).format(label, self.width, self.height, self.width, self.height, inside)

    def _frame(self) -> list[Markup]:
        bottom, right = self.height - BOTTOM, self.width - RIGHT
        parts = [_line("axis", (LEFT, bottom), (right, bottom))]
        for value, words in self.y.ticks:
            y = self.top(value)
            parts += [_line("grid", (LEFT, y), (right, y)), _text(words, LEFT - 6, y + 4, "end")]
        for value, words in self.x.ticks:
            x = self.left(value)
            parts += [_line("tick", (x, bottom), (x, bottom + 4)), _text(words, x, bottom + 17)]
        middle = (LEFT + right) / 2
        parts.append(_text(self.x_title, middle, self.height - 8, "middle", "title"))
        turned = Markup('<text class="title" text-anchor="middle" transform="{}">{}</text>')
        place = f"translate(13 {(TOP + bottom) / 2:.1f}) rotate(-90)"
        return [*parts, turned.format(place, self.y_title)]


def group(trial: str, title: str, marks: Iterable[Markup]) -> Markup:
    """Marks of one trial: they light up with whatever else the page has of it."""
    return Markup('<g class="trial" data-trial="{}"><title>{}</title>{}</g>').format(
        trial, title, Markup("").join(marks)
    )


def _line(name: str, start: tuple[float, float], end: tuple[float, float]) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        name, *start, *end
    )


def _text(words: str, x: float, y: float, anchor: str = "middle", name: str = "tick") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        name, x, y, anchor, words
    )


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
