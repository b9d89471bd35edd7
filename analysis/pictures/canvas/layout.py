"""Putting tiles and text together on white paper."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.pictures.canvas.colours import ColourBar
from analysis.pictures.canvas.lettering import (
    FAINT,
    PAPER,
    Line,
    elided,
    paragraph,
    wrapped,
    written,
)

GAP = 6
MARGIN = 16

Tile = Image.Image | NDArray[np.uint8]


def beside(parts: Sequence[Tile], gap: int = GAP) -> Image.Image:
    """Left to right, tops aligned."""
    images = [_image(part) for part in parts]
    width = sum(i.width for i in images) + gap * max(0, len(images) - 1)
    page = Image.new("RGB", (max(1, width), max([1, *(i.height for i in images)])), PAPER)
    left = 0
    for image in images:
        page.paste(image, (left, 0))
        left += image.width + gap
    return page


def below(parts: Sequence[Tile], gap: int = GAP) -> Image.Image:
    """Top to bottom, left edges aligned."""
    images = [_image(part) for part in parts]
    height = sum(i.height for i in images) + gap * max(0, len(images) - 1)
    page = Image.new("RGB", (max([1, *(i.width for i in images)]), max(1, height)), PAPER)
    top = 0
    for image in images:
        page.paste(image, (0, top))
        top += image.height + gap
    return page


def grid(parts: Sequence[Tile], columns: int, gap: int = 2 * GAP) -> Image.Image:
    """In rows of `columns`, in reading order."""
    rows = [parts[first : first + columns] for first in range(0, len(parts), columns)]
    return below([beside(row, gap) for row in rows], gap)


def headings(texts: Sequence[str], widths: Sequence[int], size: int = 13) -> Image.Image:
    """Column headings, wrapped, standing on one base line."""
    pairs = list(zip(texts, widths, strict=True))
    rows = [wrapped(text, width - 4, size, bold=True) if text else [] for text, width in pairs]
    tallest = max([1, *(len(row) for row in rows)])
    columns = []
    for row, width in zip(rows, widths, strict=True):
        lines = [Line(size=size)] * (tallest - len(row)) + [Line(text, size, True) for text in row]
        columns.append(written(lines, width))
    return beside(columns)


def page(title: str, body: Image.Image, notes: str, bars: Sequence[ColourBar] = ()) -> Image.Image:
    """A whole picture: title, body, colour bars, and how to read it."""
    width = max(body.width, 560)
    parts = [paragraph(Line(title, 19, bold=True), width), body]
    parts += [bar.drawn() for bar in bars]
    if notes:
        parts.append(paragraph(Line(notes, 13, colour=FAINT), width))
    content = below(parts, 10)
    size = (content.width + 2 * MARGIN, content.height + 2 * MARGIN)
    paper = Image.new("RGB", size, PAPER)
    paper.paste(content, (MARGIN, MARGIN))
    return paper


def file_name(*words: object) -> str:
    """A name for a file out of any words: ASCII letters, digits and hyphens only."""
    joined = "-".join(str(word)[:40] for word in words).replace("+", "p")  # gradcam++ is another
    return re.sub(r"[^A-Za-z0-9]+", "-", joined).strip("-").lower() or "picture"


def _image(part: Tile) -> Image.Image:
    return part if isinstance(part, Image.Image) else Image.fromarray(part)


def lettered(
    rows: Sequence[Sequence[Tile]], names: Sequence[str], width: int, notes: Sequence[str] = ()
) -> Image.Image:
    """Rows of tiles with a name, and maybe a small note, at the left of each."""
    padded = [*notes, *[""] * (len(rows) - len(notes))]
    every = zip(rows, names, padded, strict=True)
    return below([beside([_named(name, note, width, row[0]), *row]) for row, name, note in every])


def _named(name: str, note: str, width: int, first: Tile) -> Image.Image:
    parts: list[Tile] = [
        paragraph(Line(elided(name, 1.7 * width, 14, bold=True), 14, bold=True), width)
    ]
    if note:
        parts.append(paragraph(Line(note, 12, colour=FAINT), width))
    text = below(parts, 3)
    paper = Image.new("RGB", (width, max(_image(first).height, text.height)), PAPER)
    paper.paste(text, (0, (paper.height - text.height) // 2))
    return paper
