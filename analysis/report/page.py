"""`report.html`: everything on one page that opens without a network.

Each block of the page is plain data (`blocks`); the one template turns blocks into HTML and escapes
every text in them, whether it came from a file's name, a class's name or an error.
"""

import base64
import hashlib
from datetime import UTC, datetime
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from analysis.report import embedded_images, wording
from analysis.report.page_blocks import Part, Pictures, Section, Text
from analysis.report.sections.caveats import caveats_section
from analysis.report.sections.ensemble_tables import ensemble_section
from analysis.report.sections.glossary import glossary_section
from analysis.report.sections.headline import headline
from analysis.report.sections.map_tables import faithfulness_part, region_parts
from analysis.report.sections.run_record import run_record_section
from analysis.report.sections.trial_tables import leaderboard_section, verdicts_section
from analysis.report.sweep_contents import SweepContents, read
from results.store import Store

POLICY = (
    "default-src 'none'; img-src data:; style-src '{style}'; base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy: nothing is fetched, no script runs, one style sheet applies."""

EXPLAINED = ("class means", "gallery", "methods")
FEATURES = ("ideal", "filters", "feature maps", "sample")


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
            (*FEATURES, *embedded_images.others(contents)),
        ),
        run_record_section(contents),
    ]
    # The caveats come last: reading the pictures may have added some.
    return [*sections, caveats_section(contents), glossary_section()]


def _pictured(contents: SweepContents, name: str, title: str, kinds: tuple[str, ...]) -> Section:
    parts = tuple(part for kind in kinds if (part := embedded_images.part(contents, kind)))
    if name == "figures":
        parts = tuple(Part("", part.blocks) for part in parts)
    return Section(name, title, parts or (_none(title.lower()),))


def _none(what: str) -> Part:
    words = (
        f"No pictures of this sort ({what}); python -m jobs.postprocess RESULTS/NAME draws them."
    )
    return Part("", (Text(words, "absent"),))


def _explanations(contents: SweepContents) -> Section:
    parts = [part for kind in EXPLAINED if (part := embedded_images.part(contents, kind))]
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
