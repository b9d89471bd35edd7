"""The same faces by every method side by side: do the methods agree?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from PIL import Image

from analysis.pictures.canvas.layout import below, beside, file_name, headings, page
from analysis.pictures.canvas.lettering import FAINT, Line, elided, written
from analysis.pictures.canvas.tiles import MARKS, face, framed, rgb, size_of
from analysis.pictures.cells import Cell, CellRow, LayeredTile, Pieces
from analysis.pictures.evidence import Case, Evidence
from analysis.pictures.picture import RenderedPicture

SIDE = 120
NUMBERS = {"deletion": "del", "insertion": "ins"}
"""Column of `results.schema.FAITHFULNESS` -> the word below a tile."""


def method_comparison(
    evidence: Evidence,
    names: Sequence[str],
    faithfulness: pd.DataFrame | None = None,
    shown: int = 6,
) -> RenderedPicture:
    """A row a face, a column a method: evidence for the prediction.

    Half of the faces were recognised and half not (as far as there are), of as many classes as
    possible; faces that most methods explained come first, then confident ones.

    Args:
        evidence: whose member is explained; its own method does not matter.
        names: methods in the order of the columns; those without a map are left out, and said.
        faithfulness: columns of `results.schema.FAITHFULNESS`: numbers below the tiles and a last
            row with their means over all judged images.
        shown: faces at most.
    """
    by = {name: evidence.by(name) for name in names}
    drawn = [name for name in names if by[name].has_maps]
    cases = _chosen(evidence, [by[name] for name in drawn], shown if drawn else 0)
    judged = _judged(faithfulness, evidence.member)
    width = size_of(evidence.images.shape[1:], SIDE)[1]
    heads = headings(["face", *[by[n].title for n in drawn]], [width] * (len(drawn) + 1))
    rows = [_row(evidence, [by[n] for n in drawn], case, judged) for case in cases]
    if judged is not None and drawn:
        rows.append(_means(drawn, judged, width))
    legend = _legend(evidence, by, drawn, judged is not None)
    title = f"The same faces by every method: evidence for the prediction of {evidence.who}"
    seen = {bar.colours.name: bar for name in drawn for bar in by[name].bars(cases)}
    bars = list(seen.values())
    image = page(title, below([heads, *rows]), legend, bars)
    n_right = sum(case.right for case in cases)
    caption = (
        f"{len(cases)} faces of {len(evidence.cases):,} of the {evidence.split} split, {n_right} "
        f"recognised and {len(cases) - n_right} not, each explained by "
        f"{', '.join(by[n].title for n in drawn) or 'no method'}. {legend}"
    )
    file = f"explain/{file_name(evidence.split)}/{file_name('methods', evidence.member)}.jpg"
    columns = evidence.index_columns(method=None, legend=legend)
    picture = RenderedPicture.of(image, file, "methods", title, caption, **columns)
    pieces = [_row_pieces(evidence, [by[n] for n in drawn], case, judged) for case in cases]
    if judged is not None and drawn:
        pieces.append(_mean_pieces([by[n] for n in drawn], judged))
    return picture.with_pieces(Pieces(tuple(pieces), tuple(bars)))


def _row_pieces(
    evidence: Evidence, by: Sequence[Evidence], case: Case, judged: pd.DataFrame | None
) -> CellRow:
    truth, guess = evidence.classes[case.label], evidence.classes[case.prediction]
    words = f"{guess}, p = {case.p_prediction:.2f}" + ("" if case.right else f"; true: {truth}")
    cells = [Cell((evidence.face_tile(case),), (), case.right, "face")]
    for one in by:
        here = _of(judged, one.method, case.image_id)
        lines = () if here is None or here.empty else _number_lines(here)
        cells.append(Cell((one.layers(case),), lines, column=one.title))
    return CellRow(tuple(cells), words)


def _mean_pieces(by: Sequence[Evidence], judged: pd.DataFrame) -> CellRow:
    cells = [Cell((LayeredTile(),), column="face")]
    for one in by:
        here = judged[judged["method"] == one.method]
        lines = (*_number_lines(here), f"n = {len(here):,}") if len(here) else ("not judged",)
        cells.append(Cell((LayeredTile(),), lines, column=one.title))
    return CellRow(tuple(cells), "mean of all judged images")


def _of(judged: pd.DataFrame | None, method: str, image: str) -> pd.DataFrame | None:
    if judged is None:
        return None
    return judged[(judged["method"] == method) & (judged["image_id"] == image)]


def _chosen(evidence: Evidence, by: Sequence[Evidence], shown: int) -> list[Case]:
    def explained(case: Case) -> int:
        return sum(one.map(case) is not None for one in by)

    def taken(right: bool, count: int) -> list[Case]:
        cases = [case for case in evidence.cases if case.right == right]
        ordered = sorted(cases, key=lambda c: (-explained(c), -c.p_prediction, c.image_id))
        seen: dict[int, int] = {}
        ranks = []
        for case in ordered:  # one of each class before a second of any
            ranks.append((-explained(case), seen.get(case.label, 0)))
            seen[case.label] = seen.get(case.label, 0) + 1
        places = sorted(range(len(ordered)), key=lambda place: (ranks[place], place))
        return [ordered[place] for place in places[:count]]

    wrong = taken(False, shown // 2)
    return taken(True, shown - len(wrong)) + wrong


def _row(
    evidence: Evidence, by: Sequence[Evidence], case: Case, judged: pd.DataFrame | None
) -> Image.Image:
    gray = face(evidence.face(case), SIDE)
    mark = MARKS[case.right]
    truth, guess = evidence.classes[case.label], evidence.classes[case.prediction]
    name = elided(guess, SIDE - 58, 12)
    words = [Line(mark.text, 13, True, mark.colour)]
    words.append(Line(f"{name}, p = {case.p_prediction:.2f}", 12))
    if not case.right:
        words.append(Line(f"true: {truth}", 12))
    tiles = [below([framed(rgb(gray), mark.colour, 3), written(words, gray.shape[1])], 2)]
    for one in by:
        tile = one.tile(gray, case)
        tiles.append(_numbered(tile.copy(), judged, one.method, case.image_id))
    return beside(tiles)


def _numbered(
    tile: np.ndarray, judged: pd.DataFrame | None, method: str, image: str
) -> Image.Image:
    here = _of(judged, method, image)
    if here is None:
        return Image.fromarray(tile)
    lines = [Line(_numbers(here), 12, colour=FAINT)] if len(here) else []
    return below([tile, written(lines, tile.shape[1])], 2)


def _means(drawn: Sequence[str], judged: pd.DataFrame, width: int) -> Image.Image:
    cells = [written([Line("mean of all", 12, True), Line("judged images", 12, True)], width)]
    for name in drawn:
        here = judged[judged["method"] == name]
        lines = [Line(_numbers(here), 12, True), Line(f"n = {len(here):,}", 12, colour=FAINT)]
        cells.append(written(lines if len(here) else [Line("not judged", 12)], width))
    return beside(cells)


def _numbers(rows: pd.DataFrame) -> str:
    return "  ".join(_number_lines(rows))


def _number_lines(rows: pd.DataFrame) -> tuple[str, ...]:
    return tuple(f"{word} {rows[name].mean():.2f}" for name, word in NUMBERS.items())


def _judged(faithfulness: pd.DataFrame | None, member: str) -> pd.DataFrame | None:
    if faithfulness is None or not len(faithfulness):
        return None
    own = faithfulness[faithfulness["member"] == member]
    return own if len(own) else None


def _legend(evidence: Evidence, by: dict[str, Evidence], drawn: Sequence[str], judged: bool) -> str:
    missing = [by[name].title for name in by if name not in drawn]
    left_out = f" Not computed: {', '.join(missing)}." if missing else ""
    meaning = (
        " del and ins: area under the probability while the pixels that the map marks are deleted "
        "(low is good) or inserted (high is good)."
    )
    return (
        "Below each face: the prediction, its probability and, where wrong, the true class."
        f"{_of_maps(len(drawn))}{meaning if judged and drawn else ''}{left_out}"
    )


def _of_maps(methods: int) -> str:
    """How to read the maps of so many methods."""
    scale = " Each map is divided by its own largest value."
    trust = " Where methods disagree, trust none of them alone."
    return f"{scale}{trust if methods > 1 else ''}" if methods else ""
