"""Text in pictures: crisp, of any script that the font has, and never wider than its place."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import matplotlib
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

INK: Colour = (26, 26, 26)
FAINT: Colour = (96, 96, 96)
PAPER: Colour = (255, 255, 255)
RIGHT: Colour = (0, 122, 78)
WRONG: Colour = (196, 38, 29)

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Line:
    """One line of text.

    Attributes:
        text: whatever stands in a class name or an id; made printable when drawn. Empty: a gap.
        size: of the letters, in pixels.
        bold: or not.
        colour: red, green, blue.
    """

    text: str = ""
    size: int = 14
    bold: bool = False
    colour: Colour = INK


def printable(text: str) -> str:
    """The text with what cannot be drawn made visible: U+4E2D for a letter that the font lacks."""
    drawn = "".join(_drawn(letter) for letter in text)
    return drawn if drawn.strip() else "(no name)"


def elided(text: str, width: float, size: int = 14, *, bold: bool = False) -> str:
    """The text, printable, its middle replaced by an ellipsis if it is wider than `width` pixels.

    Both ends stay: paths differ at their end, names at their beginning.
    """
    text = printable(text)
    if measured(text, size, bold=bold) <= width:
        return text
    low, high = 0, len(text)
    while high - low > 1:  # the most letters that fit
        middle = (low + high) // 2
        fits = measured(_without_middle(text, middle), size, bold=bold) <= width
        low, high = (middle, high) if fits else (low, middle)
    return _without_middle(text, low)


def measured(text: str, size: int, *, bold: bool = False) -> float:
    """Width in pixels."""
    return font(size, bold=bold).getlength(text)


def wrapped(text: str, width: int, size: int = 14, *, bold: bool = False) -> list[str]:
    """Lines no wider than `width` pixels, broken between words."""
    lines: list[str] = []
    for word in printable(text).split():
        word = elided(word, width, size, bold=bold)
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measured(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def written(lines: Sequence[Line], width: int) -> Image.Image:
    """Lines below each other, each elided to `width`; the image is `width` wide."""
    heights = [leading(line.size) for line in lines]
    image = Image.new("RGB", (width, max(1, sum(heights))), PAPER)
    draw = ImageDraw.Draw(image)
    top = 0
    for line, height in zip(lines, heights, strict=True):
        if line.text:
            text = elided(line.text, width, line.size, bold=line.bold)
            draw.text((0, top), text, fill=line.colour, font=font(line.size, bold=line.bold))
        top += height
    return image


def paragraph(line: Line, width: int) -> Image.Image:
    """A text wrapped to `width` pixels."""
    rows = wrapped(line.text, width, line.size, bold=line.bold)
    return written([Line(row, line.size, line.bold, line.colour) for row in rows], width)


def leading(size: int) -> int:
    """Pixels from one line to the next."""
    return round(size * 1.35)


@cache
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib."""
    return ImageFont.truetype(str(_file(bold)), size)


def _file(bold: bool) -> Path:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name


@cache
def _characters() -> frozenset[int]:
    # What the bold font has, the regular one has too.
    return frozenset(FT2Font(str(_file(True))).get_charmap())


def is_drawable(letter: str) -> bool:
    """Whether the font has it; a blank needs none."""
    return letter.isspace() or ord(letter) in _characters()


@lru_cache(maxsize=4096)
def _drawn(letter: str) -> str:
    if letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf"):
        return " "
    return letter if ord(letter) in _characters() else f"U+{ord(letter):04X}"


def _without_middle(text: str, kept: int) -> str:
    head = (kept + 1) // 2
    tail = kept - head
    return text[:head].rstrip() + ELLIPSIS + (text[-tail:].lstrip() if tail else "")
