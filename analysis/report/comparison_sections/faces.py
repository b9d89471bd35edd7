"""Faces that only one of the two got right."""

from collections.abc import Sequence

from analysis import wording
from analysis.comparison.side_by_side import Pairing, disagreements
from analysis.comparison.sweep_pair import SweepPair
from analysis.pictures.canvas.layers import face_png
from analysis.report.page_blocks import Block, Folded, Part, Section, Table, Text
from analysis.report.tile_grids import StoredImage, Tile, TileCell, TileGrid, TileRow
from orchestrator.data.faces import Faces, Splits

MOST = 12
"""Faces of one kind."""


def faces_section(pair: SweepPair, splits: Splits | None, absent: str = "") -> Section:
    """For each pair of answers: faces on which the one is right and the other wrong.

    Args:
        pair: the two.
        splits: the data set; None where it is not at hand.
        absent: a sentence why, in that case.
    """
    blocks: list[Block] = []
    if not pair.pairings:
        blocks.append(Text("No image was answered for by both.", "absent"))
    elif splits is None:
        blocks.append(Text(f"The faces cannot be shown: {absent}", "absent"))
    parts = [Part("", tuple(blocks))] if blocks else []
    for place, paired in enumerate(pair.pairings):
        title = f"{paired.who}, {paired.split} images".capitalize()
        inner = _sides(pair, paired, splits)
        shown = inner if place == 0 else (Folded("Show them", inner),)
        parts.append(Part(title, shown))
    return Section("faces", "One right, the other wrong", tuple(parts))


def _sides(pair: SweepPair, paired: Pairing, splits: Splits | None) -> tuple[Block, ...]:
    """First what only the first got right, then what only the second did."""
    first, second = pair.names
    only_first, only_second = disagreements(paired, MOST)
    sides = (
        (f"{first} right, {second} wrong", only_first, paired.only_first, second),
        (f"{second} right, {first} wrong", only_second, paired.only_second, first),
    )
    blocks: list[Block] = []
    for title, places, n, wrong in sides:
        if not places:
            blocks.append(Text(f"{title}: no image."))
            continue
        of = f"{wording.count(len(places))} of {wording.count(n)} images"
        words = f"{of}, those first of which {wrong} was surest" if n > 1 else of
        faces = getattr(splits, paired.split) if splits is not None else None
        if faces is None:
            blocks.append(_table(pair, paired, places, f"{title}: {words}"))
        else:
            blocks.append(_grid(pair, paired, places, faces, (title, f"{words}.")))
    return tuple(blocks)


def _grid(
    pair: SweepPair, paired: Pairing, places: Sequence[int], faces: Faces, words: tuple[str, str]
) -> TileGrid:
    rows = {str(image): row for row, image in enumerate(faces.ids)}
    cells = []
    for place in places:
        image, truth, *answers = _words(pair, paired, place)
        row = rows.get(image)
        face = StoredImage.of(face_png(faces.images[row])) if row is not None else None
        note = "" if face else "not in the data set"
        texts = (f"{name}: {text}" for name, text in zip(pair.names, answers, strict=True))
        tile = Tile(face, None, f"image {image}", note, smooth=False)
        cells.append(TileCell((tile,), (f"true: {truth}", *texts), None, ""))
    return TileGrid(*words, (TileRow("", tuple(cells)),), size="large")


def _table(pair: SweepPair, paired: Pairing, places: Sequence[int], caption: str) -> Table:
    heads = ("image", "true class", *(f"{name} says" for name in pair.names))
    rows = tuple(_words(pair, paired, place) for place in places)
    return Table(caption, heads, rows, frozenset(heads))


def _words(pair: SweepPair, paired: Pairing, place: int) -> tuple[str, ...]:
    """Image, true class, and what each of the two says and how sure it is."""
    classes = pair.folders[0].classes
    texts = (
        f"{classes[int(each.predictions[place])]} {wording.share(each.confidences[place], 2)}"
        for each in (paired.first, paired.second)
    )
    return str(paired.first.ids[place]), classes[int(paired.first.labels[place])], *texts
