"""Where the evidence lies on average: class by class, right against wrong, over the mean face."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from analysis.pictures.canvas.colours import HEAT, SIGNED, SPREAD, ColourBar, Colours, spread
from analysis.pictures.canvas.layers import MAP_SIDE, face_png, overlay_png, painted_png
from analysis.pictures.canvas.layout import Tile, below, file_name, headings, lettered, page
from analysis.pictures.canvas.lettering import INK, Colour, Line, written
from analysis.pictures.canvas.tiles import MARKS, Bytes, blank, face, size_of
from analysis.pictures.cells import Cell, CellRow, LayeredTile, Pieces
from analysis.pictures.evidence import ENSEMBLE, Evidence, grid_words
from analysis.pictures.picture import RenderedPicture

SIDE = 144
NAMES_WIDTH = 112
MOST_CLASSES = 12
FEW = 10
"""Fewer images than this make a mean that is mostly noise; they set no scale."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ClassMeanMap:
    """The maps of one class, right or wrong, in two numbers a cell.

    Attributes:
        mean: (h', w').
        deviation: (h', w'), standard deviation between images or members; None where there are
            fewer than two.
        n: images.
    """

    mean: Floats
    deviation: Floats | None
    n: int


@dataclass(frozen=True)
class ClassMeanMaps:
    """All that is drawn.

    Attributes:
        by_class: (class, right) -> its mean; lacks those without an image.
        over: what the deviation is between: images or members.
    """

    by_class: dict[tuple[int, bool], ClassMeanMap]
    over: str

    @property
    def signed(self) -> bool:
        """Whether any mean is negative anywhere."""
        return any(one.mean.min() < 0 for one in self.by_class.values())

    def top(self, label: int) -> float:
        """Largest mean of a class, where its colours end; 0 without one."""
        both = [one for (k, _), one in self.by_class.items() if k == label]
        return _largest(both, [np.abs(one.mean) for one in both])

    def widest(self) -> float:
        """Largest deviation of all classes, where its colours end."""
        every = [one for one in self.by_class.values() if one.deviation is not None]
        return _largest(every, [one.deviation for one in every if one.deviation is not None])

    def difference(self, label: int) -> Floats | None:
        """(h', w') mean of right less mean of wrong, where there are both."""
        right, wrong = (self.by_class.get((label, side)) for side in (True, False))
        return None if right is None or wrong is None else right.mean - wrong.mean


def class_mean_grid(
    means: pd.DataFrame,
    evidence: Evidence,
    rule: str = "prediction",
    over: str = "images",
    labels: Sequence[int] | None = None,
) -> RenderedPicture:
    """A row a class: mean map of right images and of wrong ones, deviations, the difference.

    Args:
        means: columns of `results.schema.CLASS_MEANS`, any members, methods and rules.
        evidence: whose member and method are drawn, and the faces below.
        rule: which score's maps: "prediction", "label" or "contrast".
        over: between what the standard deviation is: "images", or "members", between whose mean
            maps it then is.
        labels: classes to show; if None, all of them, but no more than the twelve with the most
            images.
    """
    every = collected(means, evidence, rule, over)
    chosen = _most_images(evidence) if labels is None else list(labels)
    tops = [every.top(label) for label in chosen]
    rows = [_row(evidence, every, label) for label in chosen]
    names = [evidence.classes[label] for label in chosen]
    notes = [f"colours end at {top:.2f}" if top else "" for top in tops]
    body = below([_heads(evidence, over), lettered(rows, names, NAMES_WIDTH, notes)])
    legend = _legend(evidence, every, rule, len(chosen))
    title = f"Where the evidence lies on average, by class: {evidence.title} of {evidence.who}"
    image = page(title, body, legend, _bars(every))
    caption = (
        "A row a class; columns: mean map of the images that were recognised and its standard "
        f"deviation between {over}, the same for images that were not, and the difference of the "
        f"two means (red: more where recognised, blue: more where not). {legend}"
    )
    file = f"{evidence.folder}/{file_name('class-means', rule, over)}.jpg"
    columns = evidence.index_columns(method=evidence.method, legend=legend)
    picture = RenderedPicture.of(image, file, "class means", title, caption, **columns)
    titles = [f"{name} ({note})" if note else name for name, note in zip(names, notes, strict=True)]
    pieces = [
        _row_pieces(evidence, every, label, title)
        for label, title in zip(chosen, titles, strict=True)
    ]
    return picture.with_pieces(Pieces(tuple(pieces), tuple(_bars(every))))


def collected(means: pd.DataFrame, evidence: Evidence, rule: str, over: str) -> ClassMeanMaps:
    """What `class_means` draws."""
    table = means[(means["method"] == evidence.method) & (means["rule"] == rule)]
    by_class = {}
    for (label, right), rows in table[table["n"] > 0].groupby(["label", "correct"]):
        one = _mean(rows, evidence.member, over)
        if one is not None:
            by_class[int(label), bool(right)] = one
    return ClassMeanMaps(by_class, over)


def mean_face(faces: Sequence[Bytes], shape: tuple[int, ...]) -> Bytes:
    """(h, w) uint8 images -> their mean, (h, w) uint8, its contrast stretched.

    Medium gray of `shape` if there is none.
    """
    if not faces:
        return np.full(shape, 128, np.uint8)
    total = np.zeros(shape, np.float64)
    for one in faces:
        total += one
    low, high = float(total.min()), float(total.max())
    return np.round((total - low) / max(high - low, 1e-6) * 255).astype(np.uint8)


def _most_images(evidence: Evidence) -> list[int]:
    counts = Counter(case.label for case in evidence.cases)
    ordered = sorted(range(len(evidence.classes)), key=lambda k: (-counts[k], k))
    return sorted(ordered[:MOST_CLASSES])


def _mean(rows: pd.DataFrame, member: str, over: str) -> ClassMeanMap | None:
    own = rows[rows["member"] == member]
    if not len(own):
        return None
    one = own.iloc[0]
    mean, n = _grid(one, "mean"), int(one["n"])
    if over == "images":
        return ClassMeanMap(mean, _grid(one, "std") if n > 1 else None, n)
    others = [_grid(row, "mean") for _, row in rows[rows["member"] != ENSEMBLE].iterrows()]
    if len(others) < 2:
        return ClassMeanMap(mean, None, n)
    finest = max(other.shape for other in others)
    alike = [spread(other, (finest[0], finest[1])) for other in others]
    return ClassMeanMap(mean, np.std(alike, axis=0).astype(np.float32), n)


def _grid(row: pd.Series, column: str) -> Floats:
    shape = (int(row["cam_h"]), int(row["cam_w"]))
    return np.nan_to_num(np.asarray(row[column], np.float32)).reshape(shape)


def _largest(means: Sequence[ClassMeanMap], values: Sequence[Floats]) -> float:
    enough = [v for one, v in zip(means, values, strict=True) if one.n >= FEW]
    return max([float(v.max()) for v in enough or values], default=0.0)


def _columns(over: str) -> list[str]:
    deviation = f"std. deviation between {over}"
    heads = ["true class", "right: mean", f"right: {deviation}", "wrong: mean"]
    return [*heads, f"wrong: {deviation}", "right less wrong (means)"]


def _heads(evidence: Evidence, over: str) -> Image.Image:
    width = size_of(evidence.images.shape[1:], SIDE)[1]
    return headings(_columns(over), [NAMES_WIDTH, *[width] * 5])


def _bars(every: ClassMeanMaps) -> list[ColourBar]:
    if not every.by_class:
        return []
    low = "mean map: against the class" if every.signed else "mean map: 0"
    bars = [ColourBar(_colours(every), low, "where the class's colours end")]
    widest = every.widest()
    if widest:
        bars.append(ColourBar(SPREAD, "standard deviation: 0", f"{widest:.2f}", over=False))
    if any(every.difference(label) is not None for label, _ in every.by_class):
        bars.append(ColourBar(SIGNED, "difference: more where wrong", "more where right"))
    return bars


def _colours(every: ClassMeanMaps) -> Colours:
    return SIGNED if every.signed else HEAT


def _row(evidence: Evidence, every: ClassMeanMaps, label: int) -> list[Tile]:
    top = every.top(label)
    tiles: list[Tile] = []
    for right in (True, False):
        gray = _mean_face(evidence, label, (right,))
        one = every.by_class.get((label, right))
        if one is None:
            tiles += [_noted(blank(_size(gray), "no such image"), "n = 0"), _noted(_empty(gray))]
            continue
        mark = MARKS[right]
        words = f"{mark.text}, n = {one.n:,}" + (" (few)" if one.n < FEW else "")
        tile = _colours(every).over(gray, _share(one.mean, top, gray))
        tiles.append(_noted(tile, words, mark.colour))
        tiles.append(_noted(_deviation(one, every, gray)))
    both = _mean_face(evidence, label, (True, False))
    apart = every.difference(label)
    if apart is None:
        return [*tiles, _noted(blank(_size(both), "nothing to compare"))]
    return [*tiles, _noted(SIGNED.over(both, _share(apart, top, both)))]


def _row_pieces(evidence: Evidence, every: ClassMeanMaps, label: int, title: str) -> CellRow:
    top = every.top(label)
    heads = iter(_columns(every.over)[1:])
    cells: list[Cell] = []
    for right in (True, False):
        gray = _native_face(evidence, label, (right,))
        one = every.by_class.get((label, right))
        if one is None:
            cells.append(Cell((LayeredTile(note="no such image"),), ("n = 0",), column=next(heads)))
            cells.append(Cell((LayeredTile(),), column=next(heads)))
            continue
        words = f"n = {one.n:,}" + (" (few)" if one.n < FEW else "")
        tile = _layered(gray, one.mean, top, _colours(every))
        cells.append(Cell((tile,), (words,), right, next(heads)))
        cells.append(Cell((_deviation_tile(one, every, gray),), column=next(heads)))
    apart = every.difference(label)
    last = LayeredTile(note="nothing to compare")
    if apart is not None:
        last = _layered(_native_face(evidence, label, (True, False)), apart, top, SIGNED)
    return CellRow((*cells, Cell((last,), column=next(heads))), title)


def _layered(gray: Bytes, values: Floats, top: float, colours: Colours) -> LayeredTile:
    share = np.clip(values / np.float32(top or 1), -1, 1)
    return LayeredTile(face_png(gray), overlay_png(share, colours, gray.shape))


def _deviation_tile(one: ClassMeanMap, every: ClassMeanMaps, gray: Bytes) -> LayeredTile:
    if one.deviation is None:
        return LayeredTile(note=f"fewer than two {every.over}")
    side = min(MAP_SIDE, max(gray.shape))
    share = np.clip(one.deviation / np.float32(every.widest() or 1), 0, 1)
    return LayeredTile(map=painted_png(spread(share, size_of(gray.shape, side)), SPREAD))


def _deviation(one: ClassMeanMap, every: ClassMeanMaps, gray: Bytes) -> Bytes:
    if one.deviation is None:
        return blank(_size(gray), f"fewer than two {every.over}")
    return SPREAD.painted(_share(one.deviation, every.widest(), gray))


def _empty(gray: Bytes) -> Bytes:
    return blank(_size(gray), "")


def _size(gray: Bytes) -> tuple[int, int]:
    return gray.shape[0], gray.shape[1]


def _share(values: Floats, largest: float, gray: Bytes) -> Floats:
    return np.clip(spread(values / np.float32(largest or 1), _size(gray)), -1, 1)


def _noted(tile: Bytes, words: str = "", colour: Colour = INK) -> Image.Image:
    return below([tile, written([Line(words, 12, bool(words), colour)], tile.shape[1])], 2)


def _mean_face(evidence: Evidence, label: int, sides: Sequence[bool]) -> Bytes:
    return face(_native_face(evidence, label, sides), SIDE)


def _native_face(evidence: Evidence, label: int, sides: Sequence[bool]) -> Bytes:
    cases = [c for c in evidence.cases if c.label == label and c.right in sides]
    explained = [case for case in cases if evidence.map(case) is not None]
    faces = [evidence.face(case) for case in explained or cases]
    return mean_face(faces, evidence.images.shape[1:])


def _legend(evidence: Evidence, every: ClassMeanMaps, rule: str, shown: int) -> str:
    if not every.by_class:
        return f"No maps: {evidence.title} was not computed for {evidence.who}."
    explained = {
        "prediction": "the class that was predicted",
        "label": "the true class",
        "contrast": "the prediction against the true class",
    }
    h, w = evidence.images.shape[1:]
    coarse = grid_words(max(one.mean.shape for one in every.by_class.values())[:2], (h, w))
    n = sum(one.n for one in every.by_class.values())
    k = len(evidence.classes)
    some = f" {shown} of {k} classes are shown." if shown < k else ""
    is_few = any(one.n < FEW for one in every.by_class.values())
    return (
        f"{evidence.title} of {evidence.who} on {n:,} {evidence.split} images: evidence for "
        f"{explained[rule]}, {coarse}. Each map was divided by its own largest value before "
        "averaging, so that every image counts alike; a map without evidence counts as zero. Under "
        "the colours: the mean of the same faces, its contrast stretched. The two means of a class "
        "and their difference share one scale, whose end stands beside the class"
        f"{'; standard deviations share one over all classes' if every.widest() else ''}."
        f"{_NOISE if is_few else ''}{some}"
    )


_NOISE = (
    f" Means of fewer than {FEW} images are mostly noise; where they exceed a scale, they take its "
    "last colour."
)
