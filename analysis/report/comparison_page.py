"""The page that holds two sweeps against each other: which is better, what differs, where.

It is of the same make as a sweep's report: opens without a network, escapes every text, shows no
path of the disk that it was made on.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis import wording
from analysis.answer import Answer
from analysis.comparison.sweep_pair import SweepPair
from analysis.report.charts import curve_pair
from analysis.report.comparison_sections.faces import faces_section
from analysis.report.comparison_sections.sentences import (
    answer,
    differing_sentence,
    flattery,
    matched_sentence,
    paired_sentence,
)
from analysis.report.comparison_sections.tables import (
    differences_section,
    matched_section,
    paired_section,
)
from analysis.report.page import html
from analysis.report.page_blocks import Block, Facts, Folded, Part, Points, Section, Text
from analysis.report.sections.headline import headline
from analysis.report.sections.run_record import run_record_section
from analysis.report.sweep_contents import SweepContents, read
from analysis.report.tile_grids import StoredImage, TileGrid
from analysis.statements import best_sentence
from analysis.stored_answer import stored_answer
from analysis.sweep_folder import SweepFolder
from orchestrator.data.faces import Splits

MEASURES = ("accuracy", "loss")
"""What learning curves are drawn of."""


@dataclass(frozen=True)
class _Side:
    """One of the two sweeps as its own report has it."""

    name: str
    contents: SweepContents
    answer: Answer


def render(pair: SweepPair, splits: Splits | None, absent: str = "") -> str:
    """The page.

    Args:
        pair: the two sweeps.
        splits: the data set that both were made on, for the faces; None where it is not at hand.
        absent: a sentence why, in that case.

    Returns:
        HTML with its style and pictures inside.
    """
    sides = [_side(*each) for each in zip(pair.names, pair.folders, strict=True)]
    faces = faces_section(pair, splits, absent)
    sections = [
        differences_section(pair),
        _answers_section(sides),
        paired_section(pair),
        _curves_section(pair),
        matched_section(pair),
        faces,
        _obtained_section(pair, sides),
    ]
    stored = _stored(faces)
    size = wording.size(sum(len(face.address) for face in stored))
    return html(
        f"{wording.enumeration(pair.names)}, side by side",
        _opening(pair, sides),
        sections,
        _folders(pair),
        pictures=f"{wording.count(len(stored))} pictures, {size}",
        faces=stored,
    )


def _side(name: str, folder: SweepFolder) -> _Side:
    contents = read(folder.store)
    made, problems = stored_answer(folder.store)
    contents.problems.extend(p for p in problems if p not in contents.problems)
    return _Side(name, contents, made)


# --- the first screen -----------------------------------------------------------------------


def _opening(pair: SweepPair, sides: Sequence[_Side]) -> tuple[Block, ...]:
    """Which is better, what differs, whether what both trained agrees; what to know of that."""
    compared: list[Block] = [Text(paired_sentence(p, pair.names)) for p in pair.pairings]
    if not compared:
        compared = [Text(f"{side.name}: {best_sentence(side.answer)}") for side in sides]
        compared.insert(0, Text(answer(pair), "plain" if pair.same_data else "warning"))
    lines = [("what differs", differing_sentence(pair))]
    if pair.same_data:
        lines.append(("trained by both", matched_sentence(pair)))
    notes = [flattery(pair), *(pair.reasons if pair.pairings else ())]
    question = _questions(pair)
    return (
        *((*question, *compared) if pair.same_data else (compared[0], *question, *compared[1:])),
        Facts(tuple(lines)),
        *(Text(note, "note") for note in notes if note),
    )


def _questions(pair: SweepPair) -> tuple[Block, ...]:
    question = [str(folder.record.get("question") or "").strip() for folder in pair.folders]
    if question[0] == question[1]:
        return (Text(question[0], "question"),) if question[0] else ()
    return tuple(
        Text(f"{name}: {question}", "question")
        for name, question in zip(pair.names, question, strict=True)
        if question
    )


# --- sections -------------------------------------------------------------------------------


def _answers_section(sides: Sequence[_Side]) -> Section:
    """What each sweep's own report says first."""
    parts = []
    for side in sides:
        blocks = headline(side.contents, side.answer)
        question = [
            block for block in blocks if isinstance(block, Text) and block.tone == "question"
        ]
        parts.append(Part(side.name, tuple(block for block in blocks if block not in question)))
    return Section("answers", "What each says by itself", tuple(parts))


def _curves_section(pair: SweepPair) -> Section:
    epochs = [folder.epochs for folder in pair.folders]
    blocks: list[Block] = []
    for measure in MEASURES:
        made = curve_pair.curves(epochs, pair.best, pair.names, measure)
        if made:
            blocks.append(curve_pair.draw(made, measure))
    if not blocks:
        blocks.append(Text("Neither has a trial whose predictions and epochs are kept.", "absent"))
    return Section("curves", "Learning curves of the two best", (Part("", tuple(blocks)),))


def _obtained_section(pair: SweepPair, sides: Sequence[_Side]) -> Section:
    """Command, record of both, and what could not be read."""
    command = shlex.join(["python", "-m", "jobs.compare", *(f.store.root for f in pair.folders)])
    parts = [Part("This page", (Facts((("command", command),), frozenset(("command",))),))]
    for side in sides:
        record = run_record_section(side.contents)
        folds = tuple(Folded(part.title, part.blocks) for part in record.parts)
        odd = tuple(side.contents.problems)
        parts.append(Part(side.name, (*((Points(odd),) if odd else ()), *folds)))
    return Section("obtained", "How it was obtained", tuple(parts))


def _stored(section: Section) -> list[StoredImage]:
    """Every face of the section once."""
    blocks = [block for part in section.parts for block in part.blocks]
    blocks += [inner for block in blocks if isinstance(block, Folded) for inner in block.blocks]
    grids = (block for block in blocks if isinstance(block, TileGrid))
    return list(dict.fromkeys(t.face for grid in grids for t in grid.tiles() if t.face))


def _folders(pair: SweepPair) -> list[str]:
    """Folders of this machine that texts may speak of."""
    folders = [Path.home(), Path.cwd()]
    for folder in pair.folders:
        if folder.store.local is not None:
            folders.append(folder.store.local.parent)
        source = str(folder.record["data"]["path"])
        if source.startswith("/"):
            folders.append(Path(source).parent)
    return [str(folder) for folder in folders]
