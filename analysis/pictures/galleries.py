"""Faces that were confused, faces that were recognised, and what spoke for each answer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from analysis.pictures.canvas.colours import SIGNED, ColourBar
from analysis.pictures.canvas.layout import below, beside, file_name, grid, headings, page
from analysis.pictures.canvas.lettering import FAINT, Line, elided, written
from analysis.pictures.canvas.tiles import MARKS, Bytes, face, framed, rgb, size_of
from analysis.pictures.cells import Cell, Pieces
from analysis.pictures.evidence import Case, Evidence
from analysis.pictures.picture import RenderedPicture

WORDS_WIDTH = 232
ROW_SIDE = 144
PAIR_SIDE = 160
ONCE = 12
"""Rows at most of a sheet of confusions with one image."""


@dataclass(frozen=True)
class Names:
    """What a sheet calls the true class and the predicted one."""

    truth: str
    guess: str


def wrong(evidence: Evidence, label: int, prediction: int, shown: int = 6) -> RenderedPicture:
    """Faces of one class that were called another, most confident first.

    A row a face: the face, the evidence for the prediction, for the true class, and the
    difference. Columns without a single map are left out.

    Args:
        evidence: what to show.
        label: true class, an index.
        prediction: the class that they were called.
        shown: rows at most.
    """
    truth, guess = evidence.classes[label], evidence.classes[prediction]
    every = evidence.of(label, prediction)
    cases = every[:shown]
    counted = f"{len(cases)} of {len(every)} shown, most confident first"
    names = Names(_short(truth), _short(guess))
    image = _wrong_sheet(
        evidence, cases, names, f"True class {names.truth}, predicted {names.guess}: {counted}"
    )
    caption = (
        f"Faces of the {evidence.split} split whose true class is {truth} and which "
        f"{evidence.answering} called {guess}: {counted}. "
        f"{_columns_in_words(_rules(evidence, cases), truth, guess)} {evidence.describe()}"
    )
    words = file_name("wrong", label, truth, "called", prediction, guess)
    columns = evidence.index_columns(
        label=label, prediction=prediction, summary=counted, legend=evidence.describe()
    )
    return RenderedPicture.of(
        image,
        f"{evidence.folder}/{words}.jpg",
        "mistakes",
        f"{truth} called {guess}",
        caption,
        **columns,
    ).with_pieces(_wrong_pieces(evidence, cases))


def wrongs(evidence: Evidence, shown: int = 6) -> list[RenderedPicture]:
    """`wrong` for every pair of classes that was confused, the commonest first; maybe none.

    Pairs that were confused once share sheets: a sheet of one row says little.
    """
    pairs = Counter((c.label, c.prediction) for c in evidence.cases if not c.right)
    ordered = sorted(pairs, key=lambda pair: (-pairs[pair], pair))
    often = [pair for pair in ordered if pairs[pair] > 1]
    once = [evidence.of(*pair)[0] for pair in ordered if pairs[pair] == 1]
    sheets = [once[first : first + ONCE] for first in range(0, len(once), ONCE)]
    return [
        *(wrong(evidence, label, prediction, shown) for label, prediction in often),
        *(wrong_once(evidence, cases, n) for n, cases in enumerate(sheets)),
    ]


def wrong_once(evidence: Evidence, cases: Sequence[Case], sheet: int = 0) -> RenderedPicture:
    """Faces whose confusion has no second image, a row each, as in `wrong`.

    Args:
        evidence: what to show.
        cases: the faces.
        sheet: number of the sheet, from 0.
    """
    names = Names("the true class", "the prediction")
    title = "Confusions with one image" + (f", sheet {sheet + 1}" if sheet else "")
    image = _wrong_sheet(evidence, cases, names, title)
    faces = "1 face," if len(cases) == 1 else f"{len(cases)} faces, each"
    counted = f"{faces} the only one of its true class that was called so"
    words = _columns_in_words(_rules(evidence, cases), names.truth, names.guess)
    caption = f"{counted}; {evidence.split} split. {words} {evidence.describe()}"
    return RenderedPicture.of(
        image,
        f"{evidence.folder}/wrong-once-{sheet}.jpg",
        "mistakes",
        title,
        caption,
        **evidence.index_columns(summary=counted, legend=evidence.describe()),
    ).with_pieces(_wrong_pieces(evidence, cases, named=True))


def right(evidence: Evidence, label: int, shown: int = 12) -> RenderedPicture:
    """Faces of one class that were recognised, from the most to the least confident.

    They are taken at even distances in the order of confidence, so that the doubtful ones are seen
    too; a pair of tiles a face: the face, and the evidence for its class.

    Args:
        evidence: what to show.
        label: the class, an index.
        shown: faces at most.
    """
    name = evidence.classes[label]
    every = evidence.of(label, label)
    cases = evenly(every, shown)
    body = grid([_right_tile(evidence, case) for case in cases], 3)
    how = "from most to least confident" + (", evenly spaced" if len(cases) < len(every) else "")
    counted = f"{len(cases)} of {len(every)} shown, {how}"
    title = f"True class {_short(name)}, recognised: {counted}"
    image = page(title, body, evidence.describe(), evidence.bars(cases))
    beside_map = f"Each face stands beside the map of what spoke for {name}. "
    caption = (
        f"Faces of the {evidence.split} split whose true class is {name} and which "
        f"{evidence.answering} called so: {counted}. {beside_map if evidence.has_maps else ''}"
        f"{evidence.describe()}"
    )
    columns = evidence.index_columns(
        label=label, prediction=label, summary=counted, legend=evidence.describe()
    )
    file = f"{evidence.folder}/{file_name('right', label, name)}.jpg"
    picture = RenderedPicture.of(
        image, file, "recognised", f"{name} recognised", caption, **columns
    )
    cells = [_right_cell(evidence, case) for case in cases]
    return picture.with_pieces(Pieces.flow(cells, evidence.bars(cases)))


def rights(evidence: Evidence, shown: int = 12) -> list[RenderedPicture]:
    """`right` for every class of which a face was recognised."""
    labels = range(len(evidence.classes))
    return [right(evidence, label, shown) for label in labels if evidence.of(label, label)]


def evenly(cases: Sequence[Case], shown: int) -> list[Case]:
    """At most `shown` of them at even distances, the first and the last among them."""
    if len(cases) <= shown:
        return list(cases)
    return [cases[i] for i in np.linspace(0, len(cases) - 1, shown).round().astype(int)]


def _wrong_sheet(
    evidence: Evidence, cases: Sequence[Case], names: Names, title: str
) -> Image.Image:
    rules = _rules(evidence, cases)
    heads = {
        "prediction": f"evidence for {names.guess} (predicted)",
        "label": f"evidence for {names.truth} (true)",
        "contrast": f"{names.guess} against {names.truth} (difference)",
    }
    width = size_of(evidence.images.shape[1:], ROW_SIDE)[1]
    texts = ["face", *(heads[rule] for rule in rules), ""]
    widths = [width] * (1 + len(rules)) + [WORDS_WIDTH]
    rows = [_wrong_row(evidence, case, rules, place) for place, case in enumerate(cases, 1)]
    bars = _wrong_bars(evidence, cases, names)
    return page(title, below([headings(texts, widths), *rows]), evidence.describe(), bars)


def _wrong_bars(evidence: Evidence, cases: Sequence[Case], names: Names) -> list[ColourBar]:
    rules = _rules(evidence, cases)
    bars = evidence.bars(cases, [rule for rule in rules if rule != "contrast"])
    if "contrast" in rules:
        bars.append(ColourBar(SIGNED, f"speaks for {names.truth}", f"speaks for {names.guess}"))
    return bars


def _wrong_pieces(evidence: Evidence, cases: Sequence[Case], named: bool = False) -> Pieces:
    rules = _rules(evidence, cases)
    bars = _wrong_bars(evidence, cases, Names("the true class", "the prediction"))
    return Pieces.flow([_wrong_cell(evidence, case, rules, named) for case in cases], bars)


def _wrong_cell(evidence: Evidence, case: Case, rules: Sequence[str], named: bool) -> Cell:
    truth, guess = (evidence.classes[i] for i in (case.label, case.prediction))
    labels = {"prediction": f"for {guess}", "label": f"for {truth}", "contrast": "difference"}
    tiles = [evidence.face_tile(case, "face")]
    tiles += [evidence.layers(case, rule, labels[rule]) for rule in rules]
    lines = [f"{truth} called {guess}"] if named else []
    lines.append(f"p({guess}) {case.p_prediction:.2f}, p({truth}) {case.p_label:.2f}")
    return Cell(tuple(tiles), (*lines, _identity(case)), case.right)


def _right_cell(evidence: Evidence, case: Case) -> Cell:
    tiles = [evidence.face_tile(case)]
    if evidence.has_maps:
        tiles.append(evidence.layers(case))
    return Cell(tuple(tiles), (f"p = {case.p_label:.2f}", _identity(case)), case.right)


def _identity(case: Case) -> str:
    return f"image {case.image_id}{', also in training' if case.copied else ''}"


def _wrong_row(evidence: Evidence, case: Case, rules: Sequence[str], place: int) -> Image.Image:
    gray = face(evidence.face(case), ROW_SIDE)
    mark = MARKS[case.right]
    tiles = [framed(rgb(gray), mark.colour)]
    for rule in rules:
        tiles.append(evidence.tile(gray, case, rule))
    truth, guess = (_short(evidence.classes[i]) for i in (case.label, case.prediction))
    lines = [
        Line(f"{place}.  {mark.text}", 16, True, mark.colour),
        Line(f"true: {truth}", 15),
        Line(f"predicted: {guess}", 15),
        Line(size=6),
        Line(f"p({guess}) = {case.p_prediction:.2f}", 15, bold=True),
        Line(f"p({truth}) = {case.p_label:.2f}", 15),
        Line(size=6),
        Line(f"image {case.image_id}", 12, colour=FAINT),
    ]
    if case.copied:
        lines.append(Line("its pixels also stand in training", 12, colour=FAINT))
    return beside([*tiles, written(lines, WORDS_WIDTH)])


def _right_tile(evidence: Evidence, case: Case) -> Image.Image:
    gray = face(evidence.face(case), PAIR_SIDE)
    mark = MARKS[case.right]
    tiles: list[Bytes] = [framed(rgb(gray), mark.colour)]
    if evidence.has_maps:
        tiles.append(evidence.tile(gray, case))
    pair = beside(tiles, 2)
    name = _short(evidence.classes[case.label])
    note = ", also in training" if case.copied else ""
    p = f"p({name})" if evidence.has_maps else "p"  # alone, a face is too narrow for the name
    lines = [
        Line(f"{mark.text}, {p} = {case.p_label:.2f}", 14, True, mark.colour),
        Line(f"image {case.image_id}{note}", 12, colour=FAINT),
    ]
    return below([pair, written(lines, pair.width)], 2)


def _rules(evidence: Evidence, cases: Sequence[Case]) -> list[str]:
    every = ("prediction", "label", "contrast")
    return [rule for rule in every if any(evidence.map(case, rule) for case in cases)]


def _columns_in_words(rules: Sequence[str], truth: str, guess: str) -> str:
    words = {
        "prediction": f"the evidence for {guess} (the prediction)",
        "label": f"the evidence for {truth} (the true class)",
        "contrast": f"what spoke for {guess} (red) against {truth} (blue)",
    }
    return "Each row: " + ", ".join(["the face", *(words[rule] for rule in rules)]) + "."


def _short(name: str) -> str:
    return elided(name, 130, 15)
