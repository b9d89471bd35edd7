"""The first layer's filters: what the net looks for before anything else."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.pictures.canvas.colours import SIGNED, ColourBar
from analysis.pictures.canvas.layers import painted_png
from analysis.pictures.canvas.layout import below, file_name, grid, page
from analysis.pictures.canvas.lettering import TIMES, Line, written
from analysis.pictures.canvas.tiles import framed
from analysis.pictures.cells import Cell, LayeredTile, Pieces
from analysis.pictures.picture import RenderedPicture

SIDE = 72
COLUMNS = 12


def filter_grid(
    kernel: NDArray[np.floating], layer: str, trial: str | None = None, shown: int = 96
) -> RenderedPicture:
    """Every filter of a convolution on one scale, symmetric about 0.

    Args:
        kernel: (h', w', c, f); the sum over channels c is shown, which is what a gray image meets
            when it is repeated in all channels.
        layer: its name.
        trial: whose it is.
        shown: filters at most, the first ones.
    """
    summed = np.asarray(kernel, np.float32).sum(axis=2)
    height, width, count = summed.shape
    channels = kernel.shape[2]
    largest = float(np.abs(summed).max(initial=0))
    tiles, cells = [], []
    for number in range(min(count, shown)):
        share = summed[..., number] / (largest or 1)
        block = max(1, SIDE // max(height, width))
        tile = np.repeat(np.repeat(SIGNED.painted(share), block, 0), block, 1)
        outlined = framed(tile, (160, 160, 160), 1)
        text = written([Line(f"{number}", 12)], tile.shape[1])
        tiles.append(below([outlined, text], 1))
        small = LayeredTile(map=painted_png(share, SIGNED), smooth=False)
        cells.append(Cell((small,), (f"{number}",)))
    left_out = f"first {len(tiles)} of {count}" if len(tiles) < count else f"all {count}"
    summing = f"; each summed over {channels} input channels" if channels > 1 else ""
    whose = f" of trial {trial}" if trial else ""
    legend = (
        "All on one scale: a red weight answers to a bright pixel at that place, a blue one to a "
        "dark pixel, a white one to neither. Pale filters answer weakly, unless batch "
        "normalisation follows and rescales them. The number is the filter's place in the layer."
    )
    summary = f"Layer {layer}{whose}, {left_out} filters, {height}{TIMES}{width} weights each"
    caption = f"{summary}{summing}. {legend}"
    rows = max(1, math.ceil(len(tiles) / COLUMNS))
    columns = max(1, math.ceil(len(tiles) / rows))
    bars = [ColourBar(SIGNED, f"{-largest:.2g}", f"+{largest:.2g}  (weight)", over=False)]
    title = f"Learned filters of {layer}"
    image = page(title, grid(tiles, columns, 8), caption, bars)
    file = f"features/{file_name('filters', trial or '', layer)}.png"
    picture = RenderedPicture.of(image, file, "filters", title, caption, trial=trial, legend=legend)
    return picture.with_pieces(Pieces.flow(cells, bars))
