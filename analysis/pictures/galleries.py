"""Faces that were confused, faces that were recognised, and what spoke for each answer."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from PIL import Image

from analysis.pictures.canvas.colours import SIGNED, ColourBar
from analysis.pictures.canvas.layout import below, beside, file_name, grid, headings, page
from analysis.pictures.canvas.lettering import FAINT, Line, elided, written
from analysis.pictures.canvas.tiles import MARKS, Bytes, face, framed, rgb, size_of
from analysis.pictures.evidence import Case, Evidence
from analysis.pictures.picture import RenderedPicture

WORDS_WIDTH = 232
ROW_SIDE = 144
PAIR_SIDE = 160


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
    rules = _rules(evidence, cases)
    heads = {
        "prediction": f"evidence for {_short(guess)} (predicted)",
        "label": f"evidence for {_short(truth)} (true)",
        "contrast": f"{_short(guess)} against {_short(truth)} (difference)",
    }
    width = size_of(evidence.images.shape[1:], ROW_SIDE)[1]
    texts = ["face", *(heads[rule] for rule in rules), ""]
    widths = [width] * (1 + len(rules)) + [WORDS_WIDTH]
    rows = [_wrong_row(evidence, case, rules, place) for place, case in enumerate(cases, 1)]
    counted = f"{len(cases)} of {len(every)} shown, most confident first"
    title = f"True class {_short(truth)}, predicted {_short(guess)}: {counted}"
    bars = evidence.bars(cases, [rule for rule in rules if rule != "contrast"])
    if "contrast" in rules:
        bars.append(ColourBar(SIGNED, f"speaks for {_short(truth)}", f"speaks for {_short(guess)}"))
    image = page(title, below([headings(texts, widths), *rows]), evidence.describe(), bars)
    caption = (
        f"Faces of the {evidence.split} split whose true class is {truth} and which the ensemble "
        f"called {guess}: {counted}. {_columns_in_words(rules, truth, guess)} {evidence.describe()}"
    )
    words = file_name("wrong", label, truth, "called", prediction, guess)
    file = f"{evidence.folder}/{words}.jpg"
    columns = evidence.index_columns(label=label, prediction=prediction)
    title = f"{truth} called {guess}"
    return RenderedPicture.of(image, file, "gallery", title, caption, **columns)


def wrongs(evidence: Evidence, shown: int = 6) -> list[RenderedPicture]:
    """`wrong` for every pair of classes that was confused, the commonest first; maybe none."""
    pairs = Counter((c.label, c.prediction) for c in evidence.cases if not c.right)
    ordered = sorted(pairs, key=lambda pair: (-pairs[pair], pair))
    return [wrong(evidence, label, prediction, shown) for label, prediction in ordered]


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
    caption = (
        f"Faces of the {evidence.split} split whose true class is {name} and which the ensemble "
        f"called so: {counted}. Each face stands beside the map of what spoke for {name}. "
        f"{evidence.describe()}"
    )
    columns = evidence.index_columns(label=label, prediction=label)
    file = f"{evidence.folder}/{file_name('right', label, name)}.jpg"
    title = f"{name} recognised"
    return RenderedPicture.of(image, file, "gallery", title, caption, **columns)


def rights(evidence: Evidence, shown: int = 12) -> list[RenderedPicture]:
    """`right` for every class of which a face was recognised."""
    labels = range(len(evidence.classes))
    return [right(evidence, label, shown) for label in labels if evidence.of(label, label)]


def evenly(cases: Sequence[Case], shown: int) -> list[Case]:
    """At most `shown` of them at even distances, the first and the last among them."""
    if len(cases) <= shown:
        return list(cases)
    return [cases[i] for i in np.linspace(0, len(cases) - 1, shown).round().astype(int)]


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
