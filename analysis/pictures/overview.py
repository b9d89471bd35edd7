"""Every true class against every prediction, as in a confusion matrix: a face and a map each."""

from collections import Counter
from collections.abc import Sequence

from PIL import Image

from analysis.pictures.canvas.colours import ColourBar
from analysis.pictures.canvas.layout import below, beside, headings, lettered, page
from analysis.pictures.canvas.lettering import TIMES, Line, elided, written
from analysis.pictures.canvas.tiles import MARKS, Bytes, blank, face, framed, rgb, size_of
from analysis.pictures.cells import Cell, CellRow, LayeredTile, Pieces
from analysis.pictures.evidence import Case, Evidence
from analysis.pictures.picture import RenderedPicture

MOST_CLASSES = 8
LETTERS = 13
NAMES_WIDTH = 104

BESIDE = "Beside each face: the evidence for what it was predicted to be. "
"""Of a caption, where there are maps."""


def overview(evidence: Evidence, most: int = MOST_CLASSES) -> RenderedPicture:
    """Rows are true classes, columns predictions; each cell its most confident face, and its map.

    Args:
        evidence: what to show.
        most: classes at most: those with the most images, in the order of the labels.
    """
    chosen, left_out = _chosen(evidence, most)
    side = 80 if len(chosen) > 6 else 104
    width = 2 * size_of(evidence.images.shape[1:], side)[1]
    names = [evidence.classes[k] for k in chosen]
    heads = headings(
        ["true class", *[f"predicted {elided(name, 200, LETTERS, bold=True)}" for name in names]],
        [NAMES_WIDTH, *[width] * len(chosen)],
    )
    shown = [cases[0] for i in chosen for j in chosen if (cases := evidence.of(i, j))]
    rows = [[_cell(evidence, i, j, side) for j in chosen] for i in chosen]
    counts = [f"n = {sum(case.label == k for case in evidence.cases):,}" for k in chosen]
    body = below([heads, lettered(rows, names, NAMES_WIDTH, counts)])
    n, right = len(evidence.cases), sum(case.right for case in evidence.cases)
    legend = (
        f"One face of each kind, the most confident one, of {n:,} {evidence.split} images "
        f"({right:,} right, {n - right:,} wrong). "
        f"{BESIDE if evidence.has_maps else ''}Below: how many images "
        "there are of this kind, and the probability that the one shown was given. "
        f"{left_out}{evidence.describe()}"
    )
    why = ", and why" if evidence.has_maps else ""
    title = f"Who was taken for what{why}: a face of every true and predicted class"
    image = page(title, body, legend, evidence.bars(shown))
    caption = (
        "A grid: rows are true classes, columns predicted ones; right ones on the diagonal have "
        f"green frames, wrong ones red. {legend}"
    )
    columns = evidence.index_columns(legend=evidence.describe())
    picture = RenderedPicture.of(
        image, f"{evidence.folder}/overview.jpg", "overview", title, caption, **columns
    )
    return picture.with_pieces(_pieces(evidence, chosen, counts, evidence.bars(shown)))


def _pieces(
    evidence: Evidence, chosen: Sequence[int], counts: Sequence[str], bars: Sequence[ColourBar]
) -> Pieces:
    rows = [
        CellRow(
            tuple(_piece(evidence, label, prediction) for prediction in chosen),
            f"{evidence.classes[label]}, {count}",
        )
        for label, count in zip(chosen, counts, strict=True)
    ]
    return Pieces(tuple(rows), tuple(bars))


def _piece(evidence: Evidence, label: int, prediction: int) -> Cell:
    column = f"predicted {evidence.classes[prediction]}"
    cases = evidence.of(label, prediction)
    if not cases:
        return Cell((LayeredTile(note="none"),), column=column)
    tiles = [evidence.face_tile(cases[0])]
    if evidence.has_maps:
        tiles.append(evidence.layers(cases[0]))
    line = f"{len(cases):,}{TIMES}, p = {cases[0].p_prediction:.2f}"
    return Cell(tuple(tiles), (line,), label == prediction, column)


def _chosen(evidence: Evidence, most: int) -> tuple[list[int], str]:
    classes = range(len(evidence.classes))
    if len(classes) <= most:
        return list(classes), ""
    counts = Counter(case.label for case in evidence.cases)
    largest = sorted(classes, key=lambda k: (-counts[k], k))[:most]
    return sorted(largest), f"Only the {most} largest of {len(classes)} classes are shown. "


def _cell(evidence: Evidence, label: int, prediction: int, side: int) -> Image.Image:
    cases = evidence.of(label, prediction)
    size = size_of(evidence.images.shape[1:], side)
    if not cases:
        empty = blank((size[0], 2 * size[1]), "none")
        return below([empty, written([Line()], 2 * size[1])], 2)
    tiles = _tiles(evidence, cases[0], side)
    mark = MARKS[label == prediction]
    text = f"{mark.text.split()[0]} {len(cases):,}{TIMES}, p = {cases[0].p_prediction:.2f}"
    line = Line(text, LETTERS, label == prediction, mark.colour)
    return below([beside(tiles, 0), written([line], 2 * size[1])], 2)


def _tiles(evidence: Evidence, case: Case, side: int) -> list[Bytes]:
    gray = face(evidence.face(case), side)
    first = framed(rgb(gray), MARKS[case.right].colour, 3)
    return [first, evidence.tile(gray, case)] if evidence.has_maps else [first]
