"""Images that were made to please a net: what it would most like to see."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.pictures.canvas.layers import face_png
from analysis.pictures.canvas.layout import below, file_name, grid, page
from analysis.pictures.canvas.lettering import FAINT, Line, written
from analysis.pictures.canvas.tiles import Bytes, face, rgb
from analysis.pictures.cells import Cell, LayeredTile, Pieces
from analysis.pictures.picture import RenderedPicture


def ideal_images(
    images: NDArray[np.floating],
    answers: Mapping[str, float],
    of: str,
    score: str = "logit",
    trial: str | None = None,
    how: str = "",
) -> RenderedPicture:
    """Images made by activation maximisation, each stretched to its own best contrast.

    Args:
        images: (m, h, w) in any range.
        answers: (m) what each was made for (a class, or "filter 3") -> what the net answers to it.
        of: what they are of, in a few words, e.g. "its classes" or "filters of layer cam".
        score: what the answer is, e.g. "logit" or "mean of the map".
        trial: whose net it is.
        how: how they were made, a sentence or two.
    """
    side, columns = (192, 4) if len(images) <= 12 else (112, 8)
    words = {
        name: f"{score} {value:.3g}" + (": no answer" if value == 0 else "")
        for name, value in answers.items()
    }
    named = list(zip(images, words.items(), strict=True))
    tiles = [_tile(image, name, answer, side) for image, (name, answer) in named]
    cells = [Cell((LayeredTile(face_png(stretched(image))),), answer) for image, answer in named]
    whose = f" of trial {trial}" if trial else ""
    one = len(tiles) == 1
    summary = (
        f"{len(tiles)} {'image' if one else 'images'} made so that the net{whose} answers each as "
        f"strongly as it can; {'it is nobody' if one else 'they are nobody'}'s "
        f"{'face' if one else 'faces'}."
    )
    legend = (
        f"Below each: what it was made for, and the net's answer ({score}). Each is stretched from "
        f"its darkest to its brightest pixel{EVEN if any(map(is_even, images)) else ''}. {how}"
    ).strip()
    caption = f"{summary} {legend}"
    title = f"What the net would most like to see: {of}"
    image = page(title, grid(tiles, columns, 10), caption)
    file = f"features/{file_name('ideal', trial or '', of)}.jpg"
    picture = RenderedPicture.of(image, file, "ideal", title, caption, trial=trial, legend=legend)
    return picture.with_pieces(Pieces.flow(cells))


EVEN = ", and is gray all over where all pixels are alike"
"""Of a caption, where there is such an image."""


def is_even(image: NDArray[np.floating]) -> bool:
    """Whether all of its pixels are alike, so that nothing can be stretched."""
    return float(np.ptp(np.nan_to_num(np.asarray(image, np.float32)))) < 1e-6


def stretched(image: NDArray[np.floating]) -> Bytes:
    """(h, w) in any range -> uint8 from 0 to 255; an even image becomes medium gray."""
    pixels = np.nan_to_num(np.asarray(image, np.float32))
    if is_even(image):
        return np.full(pixels.shape, 128, np.uint8)
    low, high = float(pixels.min()), float(pixels.max())
    return np.round((pixels - low) / (high - low) * 255).astype(np.uint8)


def _tile(image: NDArray[np.floating], name: str, answer: str, side: int) -> Image.Image:
    tile = rgb(face(stretched(image), side))
    lines = [Line(name, 14, True), Line(answer, 12, colour=FAINT)]
    return below([tile, written(lines, tile.shape[1])], 2)
