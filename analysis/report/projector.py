"""Files of TensorBoard's Projector: points, what is known of them, their faces.

The Projector begins with "No color map", and nothing in its files can change that: its
configuration names no column, and a bookmark, which could, waits for a click. So the faces
themselves are tinted, in the colours that "Color by" would choose for the same column, whose
legend therefore fits them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

MOST_POINTS = 5000
"""Points at most: the page's UMAP takes a sample beyond, and t-SNE takes minutes."""

COLOURS = (
    "1f77b4",
    "d62728",
    "e377c2",
    "17becf",
    "2ca02c",
    "8c564b",
    "bcbd22",
    "ff7f0e",
    "9467bd",
    "7f7f7f",
)
"""The Projector's own colours of a column's values, in the order in which values first occur.

Source: vz-projector-data-panel.ts of TensorBoard, which takes every third of D3's ten.
"""

WIDEST_SPRITE = 8192
"""Pixels: the largest texture that browsers can be relied on to draw."""


@dataclass(frozen=True)
class Projection:
    """Images as points of a feature space.

    Attributes:
        name: what the features are, e.g. "last convolution of 35d46a2e06, averaged".
        features: (n, f) finite.
        faces: (n, h, w) uint8, shown at the points.
        columns: name -> n values, to colour and search by, e.g. label, correct, image_id. The
            first that is text is shown when a point is pointed at.
        tint: the column whose values tint the faces; "" for none.
    """

    name: str
    features: NDArray[np.floating]
    faces: NDArray[np.uint8]
    columns: Mapping[str, Any]
    tint: str = ""


def write(folder: Path, projection: Projection) -> list[str]:
    """Writes points, metadata, faces and their configuration into a run's folder.

    Of more than `MOST_POINTS` images, as many are taken at even distances.

    Returns:
        A sentence if not all images were taken.

    Raises:
        ValueError: if the parts are not of one length, or a feature is not finite.
    """
    _check(projection)
    n = len(projection.features)
    side = max(projection.faces.shape[1:])
    most = min(MOST_POINTS, (WIDEST_SPRITE // side) ** 2)
    chosen = np.linspace(0, n - 1, min(n, most)).round().astype(int)
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / "points.tsv", projection.features[chosen], fmt="%.5g", delimiter="\t")
    _write_columns(folder / "points-about.tsv", projection.columns, chosen)
    faces = projection.faces[chosen]
    if projection.tint:
        faces = tinted(faces, np.asarray(projection.columns[projection.tint])[chosen])
    sheet(faces).save(folder / "points-faces.png")
    (folder / "projector_config.pbtxt").write_text(str(_config(projection)), encoding="utf-8")
    if len(chosen) == n:
        return []
    return [f"TensorBoard's Projector shows {len(chosen):,} of {n:,} images, evenly spaced."]


def _check(projection: Projection) -> None:
    n = len(projection.features)
    lengths = {"faces": len(projection.faces)}
    lengths |= {name: len(values) for name, values in projection.columns.items()}
    wrong = [f"{length} {name}" for name, length in lengths.items() if length != n]
    if wrong or not n:
        raise ValueError(f"{n} points need as many of all: found {', '.join(wrong) or 'none'}")
    if not np.isfinite(projection.features).all():
        raise ValueError("a point of the Projector has a feature that is not finite")


def _write_columns(file: Path, columns: Mapping[str, Any], chosen: NDArray[np.integer]) -> None:
    """Tab-separated; a lone column would need to have no heading, so the place goes before it."""
    frame = pd.DataFrame(
        {"place": chosen, **{k: np.asarray(v)[chosen] for k, v in columns.items()}}
    )
    lines = [list(frame.columns), *frame.to_numpy(dtype=object).tolist()]
    text = "\n".join("\t".join(_cell(cell) for cell in line) for line in lines)
    file.write_text(f"{text}\n", encoding="utf-8")


def _cell(value: Any) -> str:
    return " ".join(str(value).split())


def tinted(faces: NDArray[np.uint8], values: NDArray[Any]) -> NDArray[np.uint8]:
    """(n, h, w) -> (n, h, w, 3): white becomes its value's colour, lightened; black a third of it.

    So the colour is seen in a dark face too.

    Args:
        faces: in the order of the points.
        values: (n,) what each is coloured by.
    """
    places = {value: place for place, value in enumerate(dict.fromkeys(map(str, values)))}
    chosen = [COLOURS[places[str(value)] % len(COLOURS)] for value in values]
    white = np.array([list(bytes.fromhex(colour)) for colour in chosen]) * 0.75 + 64
    light = faces[..., None] / 255 * 2 / 3 + 1 / 3
    return (light * white[:, None, None, :]).round().astype(np.uint8)


def sheet(faces: NDArray[np.uint8]) -> Image.Image:
    """(n, h, w) or (n, h, w, 3) -> the faces in rows, as near to a square as they go."""
    n, height, width, *colours = faces.shape
    columns = math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    tiles = np.zeros((rows * columns, height, width, *colours), np.uint8)
    tiles[:n] = faces
    grid = tiles.reshape(rows, columns, height, width, *colours).swapaxes(1, 2)
    return Image.fromarray(grid.reshape(rows * height, columns * width, *colours))


def _config(projection: Projection) -> ProjectorConfig:
    config = ProjectorConfig()
    points = config.embeddings.add()
    points.tensor_name = projection.name
    points.tensor_path = "points.tsv"
    points.metadata_path = "points-about.tsv"
    points.sprite.image_path = "points-faces.png"
    height, width = projection.faces.shape[1:]
    points.sprite.single_image_dim.extend([width, height])
    return config
