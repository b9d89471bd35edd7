"""What each layer makes of one face: the strongest maps, from the pixels to the last layer."""

from collections.abc import Mapping
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.pictures.canvas.colours import SIGNED, SPREAD, ColourBar, Colours
from analysis.pictures.canvas.layers import face_png, painted_png
from analysis.pictures.canvas.layout import below, beside, file_name, lettered, page
from analysis.pictures.canvas.lettering import FAINT, TIMES, Line, written
from analysis.pictures.canvas.tiles import MARKS, Bytes, face, framed, rgb, size_of
from analysis.pictures.cells import Cell, CellRow, LayeredTile, Pieces
from analysis.pictures.evidence import Case
from analysis.pictures.picture import RenderedPicture

SIDE = 96
NAMES_WIDTH = 148
MOST_LAYERS = 8
CLIPPED = 0.995
"""Colours of a row end at this quantile: a bright border would darken all else."""


def feature_map_grid(
    image: NDArray[np.uint8],
    layers: Mapping[str, NDArray[np.floating]],
    case: Case,
    classes: tuple[str, ...],
    trial: str | None = None,
    shown: int = 8,
) -> RenderedPicture:
    """A row a layer: its strongest maps for one face, each pixel of a map one block.

    Args:
        image: (h, w) uint8.
        layers: name -> (h', w', f), in the order of the net; of more than eight layers, eight at
            even distances are shown.
        case: whose face it is and what was said of it.
        classes: names.
        trial: whose layers they are.
        shown: maps a layer at most, those with the largest mean size first.
    """
    names = list(layers)
    if len(names) > MOST_LAYERS:
        places = np.linspace(0, len(names) - 1, MOST_LAYERS).round().astype(int)
        names = [names[place] for place in places]
    size = size_of(image.shape, SIDE)
    signed = any(float(layers[name].min(initial=0)) < 0 for name in names)
    colours = SIGNED if signed else SPREAD
    chosen = [_strongest(np.asarray(layers[n], np.float32), shown) for n in names]
    rows = [_tiles(one, size, colours) for one in chosen]
    notes = [_note(layers[name].shape, shown) for name in names]
    body = below([_head(image, case, classes), lettered(rows, names, NAMES_WIDTH, notes)], 10)
    skipped = f" {len(layers) - len(names)} of {len(layers)} layers are left out." * (
        len(names) < len(layers)
    )
    whose = f" of trial {trial}" if trial else ""
    legend = (
        f"A row a layer{whose}, in the order of the net; in a row its strongest maps for this "
        f"face, at most {shown} (largest mean size first; the number is the map's place in the "
        "layer). Each row is coloured by itself, its brightest 0.5 % of cells alike. Each block is "
        f"one cell of the map.{skipped}"
    )
    low = "strongly negative" if signed else "0"
    bar = ColourBar(colours, low, "strongest of the row", over=False)
    title = "What each layer makes of one face"
    drawing = page(title, body, legend, [bar])
    truth, guess = classes[case.label], classes[case.prediction]
    caption = f"Face {case.image_id}, true class {truth}, predicted {guess}. {legend}"
    name = file_name("feature-maps", trial or "", case.image_id, _mark(case.image_id))
    titles = [f"{name}: {note}" for name, note in zip(names, notes, strict=True)]
    pieces = [_pieces(one, colours, head) for one, head in zip(chosen, titles, strict=True)]
    return RenderedPicture.of(
        drawing,
        f"features/{name}.png",
        "feature maps",
        title,
        caption,
        trial=trial,
        image_id=case.image_id,
        label=case.label,
        prediction=case.prediction,
        legend=legend,
    ).with_pieces(Pieces((_head_pieces(image, case, classes), *pieces), (bar,)))


def _strongest(maps: NDArray[np.float32], shown: int) -> dict[int, NDArray[np.float32]]:
    """Place in the layer -> its map, scaled to the row; strongest first."""
    strength = np.abs(maps).mean(axis=(0, 1))
    chosen = np.argsort(-strength, kind="stable")[:shown]
    top = float(np.quantile(np.abs(maps[..., chosen]), CLIPPED)) if maps.size else 0.0
    largest = top or float(np.abs(maps).max(initial=0)) or 1.0
    return {int(number): maps[..., number] / np.float32(largest) for number in chosen}


def _pieces(maps: Mapping[int, NDArray[np.float32]], colours: Colours, title: str) -> CellRow:
    cells = [
        Cell((LayeredTile(map=painted_png(values, colours), smooth=False),), (f"{number}",))
        for number, values in maps.items()
    ]
    return CellRow(tuple(cells), title)


def _head_pieces(image: Bytes, case: Case, classes: tuple[str, ...]) -> CellRow:
    truth, guess = classes[case.label], classes[case.prediction]
    lines = [f"true: {truth}, p = {case.p_label:.2f}"]
    if not case.right:
        lines.append(f"predicted: {guess}, p = {case.p_prediction:.2f}")
    lines.append(f"image {case.image_id}")
    return CellRow((Cell((LayeredTile(face_png(image)),), tuple(lines), case.right),))


def _tiles(
    maps: Mapping[int, NDArray[np.float32]], size: tuple[int, int], colours: Colours
) -> list[Image.Image]:
    tiles = []
    for number, values in maps.items():
        small = Image.fromarray(colours.painted(values))
        tile = small.resize((size[1], size[0]), Image.Resampling.NEAREST)
        tiles.append(below([tile, written([Line(f"{number}", 11, colour=FAINT)], size[1])], 1))
    return tiles


def _note(shape: tuple[int, ...], shown: int) -> str:
    return f"{shape[0]}{TIMES}{shape[1]} cells, {min(shown, shape[2])} of {shape[2]} maps"


def _head(image: Bytes, case: Case, classes: tuple[str, ...]) -> Image.Image:
    mark = MARKS[case.right]
    tile = framed(rgb(face(image, 144)), mark.colour)
    lines = [
        Line(mark.text, 16, True, mark.colour),
        Line(f"true: {classes[case.label]}, p = {case.p_label:.2f}", 15),
        Line(f"predicted: {classes[case.prediction]}, p = {case.p_prediction:.2f}", 15),
        Line(f"image {case.image_id}", 12, colour=FAINT),
    ]
    return beside([tile, written(lines, 480)], 12)


def _mark(image_id: str) -> str:
    return f"{crc32(image_id.encode()):08x}"  # ids that differ only in signs stay two files
