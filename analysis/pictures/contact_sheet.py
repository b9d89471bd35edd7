"""Many faces at random, right and wrong as they come: the picture that nothing was picked for."""

import numpy as np
from PIL import Image

from analysis.pictures.canvas.layout import below, grid, page
from analysis.pictures.canvas.lettering import Line, elided, written
from analysis.pictures.canvas.tiles import MARKS, face, framed, rgb
from analysis.pictures.cells import Cell, Pieces
from analysis.pictures.evidence import Case, Evidence
from analysis.pictures.picture import RenderedPicture

SIDE = 120
COLUMNS = 8


def contact_sheet(evidence: Evidence, shown: int = 32, seed: int = 0) -> RenderedPicture:
    """Faces drawn at random, with the evidence for what they were predicted to be.

    Args:
        evidence: what to show.
        shown: faces at most.
        seed: of the drawing.
    """
    every = evidence.cases
    rows = np.random.default_rng(seed).permutation(len(every))[:shown]
    cases = [every[row] for row in rows]
    body = grid([_tile(evidence, case) for case in cases], COLUMNS, 8)
    right = sum(case.right for case in cases)
    legend = (
        f"{len(cases)} of {len(every):,} {evidence.split} images, drawn at random (seed {seed}): "
        f"{right} right, {len(cases) - right} wrong. Below each face: the prediction with its "
        f"probability and, where that is wrong, the true class. {evidence.describe()}"
    )
    maps = ", and the evidence for what they were predicted to be" if evidence.has_maps else ""
    title = f"Faces at random{maps}"
    bars = evidence.bars(cases)
    image = page(title, body, legend, bars)
    file = f"{evidence.folder}/contact-sheet.jpg"
    columns = evidence.index_columns(legend=evidence.describe())
    picture = RenderedPicture.of(image, file, "random faces", title, legend, **columns)
    return picture.with_pieces(Pieces.flow([_cell(evidence, case) for case in cases], bars))


def _cell(evidence: Evidence, case: Case) -> Cell:
    tile = evidence.layers(case) if evidence.has_maps else evidence.face_tile(case)
    lines = [f"{evidence.classes[case.prediction]} {case.p_prediction:.2f}"]
    if not case.right:
        lines.append(f"true: {evidence.classes[case.label]}")
    return Cell((tile,), tuple(lines), case.right)


def _tile(evidence: Evidence, case: Case) -> Image.Image:
    gray = face(evidence.face(case), SIDE)
    mark = MARKS[case.right]
    drawn = evidence.tile(gray, case) if evidence.has_maps else rgb(gray)
    tile = framed(drawn, mark.colour, 3)
    truth, guess = evidence.classes[case.label], evidence.classes[case.prediction]
    sign, p = mark.text.split()[0], f"{case.p_prediction:.2f}"
    name = elided(guess, SIDE - 50, 12, bold=True)
    lines = [Line(f"{sign} {name} {p}", 12, True, mark.colour)]
    lines.append(Line("" if case.right else f"true: {truth}", 12))
    return below([tile, written(lines, tile.shape[1])], 2)
