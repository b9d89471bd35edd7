"""SVG elements. Colours come from the page's style sheet, by class; all text is escaped."""

from collections.abc import Iterable

from markupsafe import Markup

LETTER = 6.7
"""Pixels that a letter of the charts' type (12 px) takes, about."""

TITLE_LETTER = 7.2
"""Likewise of titles (13 px)."""

Place = tuple[float, float]
"""Pixels from the left and from the upper edge."""


def drawing(label: str, width: float, height: float, inside: Iterable[Markup]) -> Markup:
    """An image of so many CSS pixels; label: read to those who cannot see it."""
    return Markup(
        '<svg class="chart{}" role="img" aria-label="{}" viewBox="0 0 {:g} {:g}" width="{:g}" '
        'height="{:g}" xmlns="http://www.w3.org/2000/svg">{}</svg>'
    ).format(" wide" * (width > WIDE), label, width, height, width, height, Markup("").join(inside))


WIDE = 640.0
"""Pixels; wider drawings do not share a row."""

USUAL, NARROW = 560.0, 360.0
"""Pixels: width of a drawing in one of the page's columns, and where a screen has 420 pixels."""


def group(trial: str, title: str, marks: Iterable[Markup]) -> Markup:
    """Marks of one trial: they light up with whatever else the page has of it."""
    return Markup('<g class="trial" data-trial="{}"><title>{}</title>{}</g>').format(
        trial, title, Markup("").join(marks)
    )


def titled(title: str, marks: Iterable[Markup]) -> Markup:
    """Marks that say this to whoever points at them."""
    return Markup("<g><title>{}</title>{}</g>").format(title, Markup("").join(marks))


def line(name: str, start: Place, end: Place) -> Markup:
    """A straight line; name: its class."""
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        name, *start, *end
    )


def path(names: str, places: Iterable[Place], opacity: float = 1.0) -> Markup:
    """A line through places; names: its classes."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    faint = Markup(' opacity="{:.2f}"').format(opacity) if opacity < 1 else ""
    return Markup('<polyline class="{}" points="{}"{}/>').format(names, points, faint)


def disc(names: str, place: Place, radius: float) -> Markup:
    """A disc; names: its classes."""
    return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:g}"/>').format(
        names, *place, radius
    )


def diamond(names: str, place: Place, radius: float) -> Markup:
    """A square that stands on a corner; names: its classes; radius: from its middle to these."""
    x, y = place
    return polygon(names, ((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)))


def polygon(names: str, places: Iterable[Place]) -> Markup:
    """An area between places; names: its classes."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return Markup('<polygon class="{}" points="{}"/>').format(names, points)


def box(names: str, place: Place, width: float, height: float, opacity: float = 1.0) -> Markup:
    """A rectangle from its upper left corner; opacity: of what fills it, 0 to 1."""
    faint = Markup(' fill-opacity="{:.3f}"').format(opacity) if opacity < 1 else ""
    return Markup(
        '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"{}/>'
    ).format(names, *place, width, height, faint)


def text(words: str, place: Place, anchor: str = "middle", name: str = "tick") -> Markup:
    """Words at a place of their base line; anchor: start, middle or end."""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        name, *place, anchor, words
    )


def turned(words: str, place: Place, anchor: str = "middle", angle: int = -90) -> Markup:
    """Words that run upwards from a place, or at another angle in degrees."""
    form = '<text class="{}" text-anchor="{}" transform="translate({:.1f} {:.1f}) {}">{}</text>'
    name = "title" if angle == -90 else "tick"
    return Markup(form).format(name, anchor, *place, f"rotate({angle})", words)


def shortened(words: object, most: int) -> str:
    """Words on one line, cut in the middle where they are longer than so many letters."""
    line_of_words = " ".join(str(words).split())
    if len(line_of_words) <= most:
        return line_of_words
    head = (most - 1) * 2 // 3
    return f"{line_of_words[:head]}\N{HORIZONTAL ELLIPSIS}{line_of_words[head + 1 - most :]}"
