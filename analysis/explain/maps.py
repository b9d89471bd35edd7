"""A map: its scale, its size, several maps as one, and maps as rows of `cams.parquet`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from results.columns import lists, matrix

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Maps:
    """Where the evidence was, one map an image, as the method left it: not normalised.

    Attributes:
        values: (n, h', w') in the method's own units, at the resolution it works at.
        layer: whose maps were weighed; "pixels" for methods that ask the images themselves.
        gap: (n,) how much of the score a method with a completeness axiom failed to share out,
            or None for the others.
    """

    values: Floats
    layer: str
    gap: Floats | None = None

    def columns(self) -> dict[str, Any]:
        """Their own columns of `results.schema.CAMS`; `Map.of_rows` and `stacked` read them."""
        values, raw_max = normalise(self.values)
        n, height, width = values.shape
        return {
            "layer": np.full(n, self.layer),
            "cam_h": np.full(n, height),
            "cam_w": np.full(n, width),
            "cam": lists(values.reshape(n, -1).astype(np.float16)),
            "raw_max": raw_max,
            "gap": pa.nulls(n, pa.float64()) if self.gap is None else self.gap,
        }


def stacked(cams: pa.Table) -> Floats:
    """(n, h', w') values of rows that have one size."""
    height, width = cams["cam_h"][0].as_py(), cams["cam_w"][0].as_py()
    return matrix(cams["cam"]).reshape(len(cams), height, width)


@dataclass(frozen=True)
class Map:
    """Where the evidence lay in one image, as it was stored.

    Attributes:
        values: (h', w') float32 at native resolution, largest size 1 or all 0.
        layer: where it was taken.
        raw_max: largest size before it was divided by that; 0: no evidence.
    """

    values: Floats
    layer: str
    raw_max: float

    @property
    def trouble(self) -> str:
        """Why it cannot be drawn, or nothing."""
        if not np.isfinite(self.values).all():
            return "not a number"
        return "" if self.values.any() else "no positive evidence"

    @classmethod
    def of_rows(cls, cams: pd.DataFrame) -> dict[tuple[str, str], "Map"]:
        """(image, rule) -> its map, of rows of one member and method; any sizes."""
        names = ("image_id", "rule", "cam_h", "cam_w", "cam", "layer", "raw_max")
        return {
            (str(image), rule): cls(
                np.asarray(cam, np.float32).reshape(int(height), int(width)),
                str(layer),
                float(largest),
            )
            for image, rule, height, width, cam, layer, largest in zip(
                *(cams[name] for name in names), strict=True
            )
        }


def rectified(signed: Maps) -> Maps:
    """What speaks for the score alone: values below 0 become 0."""
    return replace(signed, values=np.maximum(signed.values, 0))


def normalise(values: ArrayLike) -> tuple[Floats, Floats]:
    """(n, h', w') -> the same with max |value| 1, and that maximum before, (n,).

    A map that is zero everywhere stays zero and has the maximum 0.
    """
    raw = np.asarray(values, np.float32)
    maximum = np.abs(raw).max(axis=(1, 2), initial=0)
    divisor = np.where(maximum > 0, maximum, 1).astype(np.float32)
    return raw / divisor[:, None, None], maximum.astype(np.float32)


def weights(native: int, wanted: int) -> Floats:
    """(wanted, native): how much of each cell each place along one side gets; rows sum to 1.

    Every cell stands for the square of pixels that it covers. Centres are half a step inside: cell
    i of `native` is centred at (i + 0.5) wanted / native - 0.5 of the wanted side, so that a map is
    neither shifted nor stretched. (Aligning the corners instead, as `scipy.ndimage.zoom` does,
    moves the cells of a 6x6 map by up to 3.5 of 48 pixels outward.) Beyond the outermost centres
    the outermost cell goes on. Shrinking samples; it does not average.
    """
    place = np.clip((np.arange(wanted) + 0.5) * native / wanted - 0.5, 0, native - 1)
    before = np.minimum(place.astype(np.int64), max(native - 2, 0))
    share = place - before
    matrix = np.zeros((wanted, native), np.float32)
    rows = np.arange(wanted)
    matrix[rows, before] = 1 - share
    matrix[rows, np.minimum(before + 1, native - 1)] += share
    return matrix


def resize(maps: ArrayLike, height: int, width: int) -> Floats:
    """(n, h', w') -> (n, height, width) float32, the same as `keras.ops.image.resize(bilinear)`."""
    values = np.asarray(maps, np.float32)
    if values.shape[1:] == (height, width):
        return values
    rows, columns = weights(values.shape[1], height), weights(values.shape[2], width)
    return np.asarray(rows @ values @ columns.T, np.float32)


def combine(members: Sequence[ArrayLike], coefficients: ArrayLike) -> Floats:
    """(n, h, w): the coefficient-weighted mean of the members' normalised maps.

    Every member's map first has maximum 1 and is resized (bilinear, half-pixel centres) to the
    largest grid among them. A member without evidence (a map of zeros) adds zeros. The mean has
    maximum 1 where all members have theirs in the same cell.

    What this is not: the map of one net that averages the members. The class activation map of an
    averaged logit is the weighted sum of the members' maps before normalising, so the two are the
    same only where the members' maxima are equal (and grids too). We normalise first because
    logits of different nets have different scales, and one loud member would drown the others.

    Args:
        members: m of (n, h', w'), each at its own resolution, normalised or not.
        coefficients: (m,) weight of each, not negative; need not sum to 1.
    """
    single = [normalise(values)[0] for values in members]
    height = max(values.shape[1] for values in single)
    width = max(values.shape[2] for values in single)
    stacked = np.stack([resize(values, height, width) for values in single])
    shares = np.asarray(coefficients, np.float64)
    return np.asarray(np.tensordot(shares / shares.sum(), stacked, axes=1), np.float32)
