"""Pictures as they stand in `images/`, carried inside the page."""

import base64
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report import wording
from analysis.report.page_blocks import Block, EmbeddedImage, Part, Pictures, Text
from analysis.report.sweep_contents import SweepContents
from results.paths import Paths
from results.store import DamagedResults

MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""First bytes of a file -> its type. What is neither is not shown: an SVG may hold scripts."""

MOST_OPEN = 8
"""Pictures of one kind that are shown at once; the rest are folded away."""

WIDE = 600
"""Pixels; where most pictures are wider, two of them share a row rather than three."""

KINDS = {
    "figure": ("Figures", "Drawn from the tables."),
    "class means": ("Class means", "Mean map of each class, right answers against wrong ones."),
    "gallery": ("Galleries", "Single images with their maps, by true class and prediction."),
    "methods": ("Methods side by side", "The same images, explained by different methods."),
    "ideal": ("Ideal images", "Images that the net itself answers most strongly to."),
    "filters": ("Filters", "What the first layer looks for."),
    "feature maps": ("Feature maps", "What the layers make of one image."),
    "sample": ("Samples", "Images as the nets get them."),
}
"""`images.kind` -> heading, and what a reader sees there; one line adds one."""

LETTERED = ("class means", "gallery", "methods", "ideal", "filters", "feature maps")
"""Kinds of pictures that have what they show written on them."""


def part(contents: SweepContents, kind: str) -> Part | None:
    """The pictures of one kind, in the index's order; None if there are none."""
    index = contents.table("images")
    rows = index[index["kind"] == kind].to_dict("records")
    if not rows:
        return None
    title, words = KINDS.get(kind, (kind.capitalize(), ""))
    images = _embedded(contents, rows)
    blocks: list[Block] = [Text(words, "note")] if words else []
    if images:
        wide = statistics.median(image.width for image in images) > WIDE
        blocks.append(Pictures(tuple(images[:MOST_OPEN]), tuple(images[MOST_OPEN:]), wide))
    if len(images) < len(rows):
        lost = (
            f"{len(rows) - len(images)} of {len(rows)} pictures cannot be shown; see the caveats."
        )
        blocks.append(Text(lost, "absent"))
    return Part(title, tuple(blocks))


def others(contents: SweepContents) -> list[str]:
    """Kinds of the index that `KINDS` does not know, in order."""
    kinds = contents.table("images")["kind"].dropna().unique()
    return [str(kind) for kind in kinds if kind not in KINDS]


def _embedded(contents: SweepContents, rows: Sequence[Mapping[Any, Any]]) -> list[EmbeddedImage]:
    images = [_embed(contents, row) for row in rows]
    return [image for image in images if image is not None]


def _embed(contents: SweepContents, row: Mapping[Any, Any]) -> EmbeddedImage | None:
    try:
        content = contents.store.read_bytes(f"{Paths().images}/{row['file']}")
    except (DamagedResults, ValueError) as problem:  # ValueError: a path that leads elsewhere
        contents.problems.append(str(problem))
        return None
    kind = image_type(content)
    if kind is None:
        contents.problems.append(f"images/{row['file']} is neither PNG nor JPEG: not shown.")
        return None
    caption = wording.text(row["caption"])
    title = caption if wording.missing(row["title"]) else str(row["title"])
    address = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    size = _pixels(row["width"]), _pixels(row["height"])
    return EmbeddedImage(address, title, caption, *size, row["kind"] in LETTERED)


def image_type(content: bytes) -> str | None:
    """A file's MIME type by its first bytes; None if it is not to be shown."""
    return next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), None)


def _pixels(value: Any) -> int:
    return 0 if wording.missing(value) else int(value)
