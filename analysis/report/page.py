"""`report.html`: everything on one page that opens without a network.

Each block of the page is plain data (`page_blocks` and `Pictures`); the one template turns blocks
into HTML and escapes every text in them, whether it came from a file's name, a class's name or an
error.
"""

import base64
import hashlib
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, ClassVar

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from analysis import wording
from analysis.pictures.picture import image_type
from analysis.report.page_blocks import Block, Part, Section, Text
from analysis.report.sections.caveats import caveats_section
from analysis.report.sections.ensemble_tables import ensemble_section
from analysis.report.sections.glossary import glossary_section
from analysis.report.sections.headline import headline
from analysis.report.sections.map_tables import faithfulness_part, region_parts
from analysis.report.sections.run_record import run_record_section
from analysis.report.sections.trial_tables import leaderboard_section, verdicts_section
from analysis.report.sweep_contents import SweepContents, read
from results.paths import Paths
from results.store import DamagedResults, Store

POLICY = (
    "default-src 'none'; img-src data:; style-src '{style}'; base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy: nothing is fetched, no script runs, one style sheet applies."""

EXPLAINED = ("class means", "gallery", "methods")
FEATURES = ("ideal", "filters", "feature maps", "sample")

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


@dataclass(frozen=True)
class EmbeddedImage:
    """One picture: `address` is a data URI, `caption` is read to those who cannot see it.

    Where a picture is `lettered` it says the same itself, and the caption is folded away.
    """

    address: str
    title: str
    caption: str
    width: int
    height: int
    lettered: bool = False


@dataclass(frozen=True)
class Pictures:
    """Pictures side by side; those beyond the first few are folded away."""

    kind: ClassVar[str] = "pictures"
    images: tuple[EmbeddedImage, ...]
    more: tuple[EmbeddedImage, ...] = ()
    wide: bool = False


def render(store: Store) -> str:
    """The page of a sweep, whatever of it is there.

    Args:
        store: the sweep's folder, e.g. freshly begun, or finished and post-processed.

    Returns:
        HTML with its style and pictures inside; a section whose table is absent says which command
        makes it.
    """
    contents = read(store)
    sections = _sections(contents)
    style = _template("style.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["spans"] = wording.spans
    return environment.get_template("page.html").render(
        name=str(contents.sweep.get("name") or "Sweep"),
        headline=headline(contents),
        sections=sections,
        style=Markup(style),
        policy=POLICY.format(style=f"sha256-{digest}"),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        pictures=_weight(sections),
    )


def _template(name: str) -> str:
    return files("analysis.report").joinpath("templates", name).read_text(encoding="utf-8")


def _sections(contents: SweepContents) -> list[Section]:
    sections = [
        leaderboard_section(contents),
        verdicts_section(contents),
        ensemble_section(contents),
        _pictured(contents, "figures", "Figures", ("figure",)),
        _explanations(contents),
        _pictured(
            contents,
            "features",
            "What the nets have learned",
            (*FEATURES, *other_kinds(contents)),
        ),
        run_record_section(contents),
    ]
    # The caveats come last: reading the pictures may have added some.
    return [*sections, caveats_section(contents), glossary_section()]


def _pictured(contents: SweepContents, name: str, title: str, kinds: tuple[str, ...]) -> Section:
    parts = tuple(part for kind in kinds if (part := picture_part(contents, kind)))
    if name == "figures":
        parts = tuple(Part("", part.blocks) for part in parts)
    return Section(name, title, parts or (_none(title.lower()),))


def _none(what: str) -> Part:
    words = (
        f"No pictures of this sort ({what}); python -m jobs.postprocess RESULTS/NAME draws them."
    )
    return Part("", (Text(words, "absent"),))


def _explanations(contents: SweepContents) -> Section:
    parts = [part for kind in EXPLAINED if (part := picture_part(contents, kind))]
    approximate = Text(
        "The ensemble's map is the mean of its members' maps, each scaled to a maximum of 1 and "
        "weighed by its coefficient, on the largest member's grid: an approximation, exact only "
        "where logits are averaged and scales are equal.",
        "note",
    )
    judged = str(contents.post.get("judgement") or "")
    notes = (Text(judged), approximate) if judged else (approximate,)
    first = Part("", notes) if parts else _none("maps")
    everything = (first, *parts, *region_parts(contents), faithfulness_part(contents))
    return Section("explanations", "Explanations", everything)


# --- pictures -----------------------------------------------------------------------------


def picture_part(contents: SweepContents, kind: str) -> Part | None:
    """The pictures of one kind, in the index's order; None if there are none."""
    index = contents.table("images")
    rows = index[index["kind"] == kind].to_dict("records")
    if not rows:
        return None
    title, words = KINDS.get(kind, (kind.capitalize(), ""))
    images = [image for row in rows if (image := _embedded(contents, row))]
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


def other_kinds(contents: SweepContents) -> list[str]:
    """Kinds of the index that `KINDS` does not know, in order."""
    kinds = contents.table("images")["kind"].dropna().unique()
    return [str(kind) for kind in kinds if kind not in KINDS]


def _embedded(contents: SweepContents, row: Mapping[Any, Any]) -> EmbeddedImage | None:
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


def _pixels(value: Any) -> int:
    return 0 if wording.missing(value) else int(value)


def _weight(sections: list[Section]) -> str:
    """How many pictures are inside, and their size."""
    images = [
        image
        for section in sections
        for part in section.parts
        for block in part.blocks
        if isinstance(block, Pictures)
        for image in (*block.images, *block.more)
    ]
    size = wording.size(sum(len(image.address) for image in images))
    return f"{wording.count(len(images))} pictures, {size}"
