"""`report.html`: everything on one page that opens without a network.

Each block of the page is plain data (`page_blocks`, pictures and tile grids); the one template
turns blocks into HTML and escapes every text in them, whether it came from a file's name, a class's
name or an error. No text shows a path of the disk that it was made on.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from analysis import wording
from analysis.answer import Answer
from analysis.report.charts.figures.catalogue import DRAWINGS, chart
from analysis.report.charts.plot import Charts
from analysis.report.disk_paths import without_folders
from analysis.report.page_blocks import Block, Folded, Part, Section, Text
from analysis.report.sections.caveats import caveats_section
from analysis.report.sections.ensemble_tables import ensemble_section
from analysis.report.sections.glossary import glossary_section
from analysis.report.sections.headline import headline
from analysis.report.sections.map_tables import (
    empty_part,
    explanation_notes,
    faithfulness_part,
    region_parts,
)
from analysis.report.sections.pictures import (
    PictureParts,
    Pictures,
    no_pictures,
    with_parts,
)
from analysis.report.sections.robustness import robustness_section
from analysis.report.sections.run_record import run_record_section
from analysis.report.sections.settings_charts import settings_section
from analysis.report.sections.taggers import taggers_section
from analysis.report.sections.trials.original import original_section
from analysis.report.sections.trials.trial_tables import leaderboard_section, verdicts_section
from analysis.report.sweep_contents import SweepContents, read
from analysis.report.tile_grids import StoredImage, TileGrid
from analysis.stored_answer import stored_answer
from results.statuses import UNDER_WAY, is_trained_to_end
from results.store import Store

POLICY = (
    "default-src 'none'; img-src data:; style-src '{style}'; script-src '{script}'; "
    "base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy: nothing is fetched, one style sheet and one script of ours apply."""

FIGURES = {
    "settings": ("importance", "parallel_coordinates"),
    "errors": ("recall", "reliability", "confusion"),
    "ensemble": ("ensemble_rules", "ensemble_against_members"),
    "explanations": ("regions", "faithfulness"),
    "verdicts": ("losses",),
    "rungs": ("rungs",),
}
"""Section -> its charts, by name in `analysis.figures`; what stands nowhere goes to settings."""

SLOW = ("importance",)
"""Charts that take seconds to compute: a first page, written while more is made, lacks them."""

DRAWN_HERE = ("learning_curves", "accuracy_by_architecture", "accuracy_by_preprocessing")
"""Figures in whose place the settings' charts stand; files of what the page draws are for those
who publish them."""

ERRORS = ("overview", "mistakes", "random faces", "gallery")
EXPLAINED = ("recognised", "class means", "methods")
LEARNED = ("ideal", "filters", "feature maps", "sample")
"""Kinds of pictures, by section."""


def render(store: Store) -> str:
    """The page of a sweep, whatever of it is there.

    Args:
        store: the sweep's folder, e.g. freshly begun, or finished and post-processed.

    Returns:
        HTML with its style and pictures inside; a section whose table is absent says which command
        makes it.
    """
    contents = read(store)
    answer, problems = stored_answer(store)
    contents.problems.extend(p for p in problems if p not in contents.problems)
    sections = _sections(contents, answer)
    blocks = list(_flat(b for section in sections for part in section.parts for b in part.blocks))
    return html(
        str(contents.sweep.get("name") or "Sweep"),
        headline(contents, answer),
        sections,
        _folders(contents),
        pictures=_weight(blocks),
        faces=_faces(blocks),
    )


def html(
    name: str,
    opening: Sequence[Block],
    sections: Sequence[Section],
    folders: Sequence[str] = (),
    **more: Any,
) -> str:
    """A page of our make.

    Args:
        name: its title.
        opening: what stands on the first screen.
        sections: what follows.
        folders: of this machine, which no text may show.
        more: what else the template takes: `pictures` (words on their number and size) and `faces`
            (drawn once, used by many tiles).
    """
    style, script = _template("style.css"), _template("script.js")
    return _page().render(
        name=name,
        opening=opening,
        sections=sections,
        folders=folders,
        style=Markup(style),
        script=Markup(script),
        policy=POLICY.format(style=_digest(style), script=_digest(script)),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        **more,
    )


@cache
def _page() -> Template:
    """The template, compiled once."""
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["spans"] = wording.spans
    return environment.get_template("page.html")


def _digest(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"sha256-{digest}"


@pass_context
def _shown(context: Context, value: Any) -> Any:
    """A text without the folders of the disk; what is HTML or an address already stays."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.startswith("data:"):
        return value
    return without_folders(value, context["folders"])


def _template(name: str) -> str:
    return files("analysis.report").joinpath("templates", name).read_text(encoding="utf-8")


def _sections(contents: SweepContents, answer: Answer) -> list[Section]:
    """In the order of a reader's questions; above them stands the answer."""
    parts = PictureParts(contents)
    names = [name for name in FIGURES if name != "explanations"]  # whose charts have tables behind
    charts = {name: _figures(parts, FIGURES[name]) for name in names}
    after = [
        _errors(parts, charts["errors"]),
        with_parts(ensemble_section(contents), *charts["ensemble"]),
        *taggers_section(contents),
        *robustness_section(contents),
        _explanations(parts),
        _learned(parts),
    ]
    sections = [
        leaderboard_section(contents),
        *original_section(contents),
        _settings(parts, charts["settings"], answer),
        *(after if _is_evaluated(contents) else [_nothing_to_evaluate(contents)]),
        with_parts(verdicts_section(contents), *charts["verdicts"], *_folded(charts["rungs"])),
        run_record_section(contents),
    ]
    # The caveats come last: reading the pictures may have added some.
    return [*sections, caveats_section(contents), glossary_section()]


def _is_evaluated(contents: SweepContents) -> bool:
    """Whether post-processing has made more than charts, or has something to make it of."""
    trials = contents.table("trials").to_dict("records")
    ended = any(map(is_trained_to_end, trials))
    return not trials or ended or bool((contents.table("images")["kind"] != "figure").any())


def _nothing_to_evaluate(contents: SweepContents) -> Section:
    """Stands where errors, ensemble and explanations would, of a sweep none of whose trials ended.

    Their own sections would name the command that makes them, which makes nothing of such a sweep.
    """
    trials = contents.table("trials")
    under_way = trials["status"].isin(UNDER_WAY).any()
    may_go_on = under_way or (trials["ended_by"] == "time").any()
    resume = "; the sweep goes on with --resume" if may_go_on else ""
    yet = " yet" if under_way else ""
    words = (
        f"No trial has been trained to its end{yet}, so there are no answers to look at, no "
        f"ensemble and no maps{resume}."
    )
    return Section(
        "errors", "Errors, ensemble, explanations", (Part("", (Text(words, "absent"),)),)
    )


def _figures(parts: PictureParts, names: Sequence[str]) -> tuple[Part, ...]:
    """Those of these figures that there is something to draw for; a file where we draw none."""
    tables = parts.contents.figure_tables
    skipped = SLOW if parts.contents.post.get("at_work") is True else ()
    ours = [name for name in names if name in DRAWINGS and name not in skipped]
    made = {name: block for name in ours if (block := chart(name, tables))}
    charts = (Charts(tuple(made.values())),) if made else ()
    files = parts.figures(*(name for name in names if name not in made))
    return (Part("", (*charts, *(b for part in files for b in part.blocks))),) * bool(made or files)


def _settings(parts: PictureParts, charts: tuple[Part, ...], answer: Answer) -> Section:
    placed = [name for names in FIGURES.values() for name in names]
    others = parts.figures(*parts.other_figures([*placed, *DRAWN_HERE]))
    return with_parts(settings_section(parts.contents, answer), *charts, *others)


def _errors(parts: PictureParts, charts: tuple[Part, ...]) -> Section:
    errors = (*charts, *parts.kinds(*ERRORS))
    return Section("errors", "Errors", errors or (no_pictures("errors"),))


def _explanations(parts: PictureParts) -> Section:
    contents = parts.contents
    pictures = parts.kinds(*EXPLAINED)
    first = Part("", explanation_notes(contents)) if pictures else no_pictures("maps")
    tables = (*region_parts(contents), faithfulness_part(contents))
    drawn = [_figures(parts, (name,)) for name in FIGURES["explanations"]]
    behind = [_behind(chart, table) for chart, table in zip(drawn, tables, strict=True)]
    if empty := empty_part(contents):
        last = behind.pop()
        behind.append(Part(last.title, (*last.blocks, *empty[0].blocks)))
    return Section("explanations", "Explanations", (first, *pictures, *behind))


def _folded(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Charts that answer no first question, to be opened by their titles."""
    blocks = [block for part in parts for block in part.blocks]
    charts = [chart for block in blocks if isinstance(block, Charts) for chart in block.charts]
    rest = tuple(block for block in blocks if not isinstance(block, Charts))
    folds = tuple(Folded(c.title, (Charts((replace(c, title=""),)),)) for c in charts)
    return (Part("", (*folds, *rest)),) if blocks else ()


def _behind(chart: tuple[Part, ...], table: Part) -> Part:
    """A chart with the numbers that it draws, folded; these alone where nothing is drawn."""
    if not chart:
        return table
    return Part("", (*chart[0].blocks, Folded(f"{table.title}: the numbers", table.blocks)))


def _learned(parts: PictureParts) -> Section:
    title = "What the nets have learned"
    pictures = parts.kinds(*LEARNED, *parts.other_kinds())
    return Section("learned", title, pictures or (no_pictures(title.lower()),))


def _flat(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Folded):
            yield from _flat(block.blocks)
        else:
            yield block


def _faces(blocks: Iterable[Block]) -> list[StoredImage]:
    """Faces that galleries show, each once however often it is shown."""
    grids = (block for block in blocks if isinstance(block, TileGrid))
    return list(dict.fromkeys(t.face for grid in grids for t in grid.tiles() if t.face))


def _weight(blocks: Sequence[Block]) -> str:
    """How many image files are inside, each face once, and their size as they stand there."""
    addresses = [face.address for face in _faces(blocks)]
    for block in blocks:
        if isinstance(block, Pictures):
            addresses += [image.address for image in block.images]
        elif isinstance(block, TileGrid):
            addresses += [tile.map.address for tile in block.tiles() if tile.map]
    n, size = len(addresses), wording.size(sum(map(len, addresses)))
    return f"{wording.count(n)} image file{'' if n == 1 else 's'} inside, {size} of this page"


def _folders(contents: SweepContents) -> list[str]:
    """Folders of this machine that texts may speak of."""
    folders = [Path.home(), Path.cwd()]
    if contents.store.local is not None:
        folders.append(contents.store.local.parent)
    source = str(contents.data.get("path") or "")
    if source.startswith("/"):
        folders.append(Path(source).parent)
    return [str(folder) for folder in folders]
