"""What maps that know nothing would score, and the tables of maps against them.

Faces are centred, so a spot in the middle of the image scores well without having looked: a share
of mass means something only above that of an even map and that of such a spot.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.explain.face_regions import REGIONS, Floats, Masks, canonical
from analysis.explain.maps import resize

SIGMA = 10 / 48
"""Standard deviation of the spot in the middle, as a share of the image's height and width."""

NORMAL = 1.959964
"""Half the width of a 95 % interval in standard errors, normal distribution."""

KEYS = ("member", "method", "rule", "label", "correct")


@dataclass(frozen=True)
class Baselines:
    """Shares of mass that two maps without knowledge have.

    Attributes:
        masks: "drawn", known for each image, or "canonical", boxes on an upright face.
        uniform: (n, 5) or (1, 5), an even map: each region's area.
        centre: the same shape, a Gaussian in the middle of the image.
        ids: (n,) of the images; None where all have the same masks.
    """

    masks: str
    uniform: Floats
    centre: Floats
    ids: NDArray[np.str_] | None = None


def canonical_baselines() -> Baselines:
    """For `regions.canonical` masks."""
    return Baselines("canonical", *_both(canonical()[None]))


def drawn_baselines(masks: Masks, ids: NDArray[np.str_]) -> Baselines:
    """For masks that are known image by image: (n, h, w) and the images' ids, (n,)."""
    return Baselines("drawn", *_both(masks), ids)


def centre(height: int, width: int) -> Floats:
    """(h, w) the Gaussian in the middle; its maximum is about 1."""
    y, x = (
        np.exp(-(((np.arange(side) + 0.5) / side - 0.5) ** 2) / (2 * SIGMA**2))
        for side in (height, width)
    )
    return np.outer(y, x).astype(np.float32)


def hits(maps: ArrayLike, masks: Masks, wanted: ArrayLike) -> NDArray[np.bool_]:
    """The pointing game: whether a map's largest value lies on a wanted region.

    After Zhang et al. (https://arxiv.org/abs/1608.00507, section 4.2), without their margin of 15
    pixels. The map is spread to the pixels first; a map without positive values misses.

    Args:
        maps: (n, h', w').
        masks: (n, h, w) indices into REGIONS.
        wanted: (n, 5) which regions count, image by image.

    Returns:
        (n,).
    """
    values = np.asarray(maps, np.float32)
    large = resize(values, *masks.shape[1:]).reshape(len(values), -1)
    regions = masks.reshape(len(masks), -1)[np.arange(len(masks)), large.argmax(axis=1)]
    wins = np.asarray(wanted, bool)[np.arange(len(regions)), regions]
    return np.asarray(wins & (large.max(axis=1, initial=0) > 0))


def region_rows(cams: pd.DataFrame, baselines: Baselines) -> list[dict[str, Any]]:
    """How much of the maps lies where, by member, method, rule, true class, and right or wrong.

    Baselines are averaged over the very images that a row stands for. Maps that are zero have no
    shares and do not count; a group of such maps alone has n = 0 and NaN. An interval needs two.

    Args:
        cams: rows of `results.schema.CAMS`; the column `cam` is not read.
        baselines: for the masks that the shares were taken with.

    Returns:
        Rows of `results.schema.REGIONS`, five (one a region) a group, groups in sorted order.

    Raises:
        KeyError: for an image that drawn baselines do not know.
    """
    keys = [c for c in KEYS if c != "correct"]
    table = cams[keys].assign(correct=(cams["label"] == cams["prediction"]).astype(bool))
    shown = cams[list(REGIONS)].to_numpy(np.float64)
    has_shares = ~np.isnan(shown).any(axis=1)
    columns = {"share": shown}
    for name in ("uniform", "centre"):
        columns[name] = np.where(has_shares[:, None], _for_images(baselines, name, cams), np.nan)
    groups = table.groupby(list(KEYS), sort=True, observed=True).ngroup().to_numpy()
    first = np.unique(groups, return_index=True)[1]
    moments = {name: _moments(groups, has_shares, values) for name, values in columns.items()}
    heads = table.iloc[first].to_dict("records")
    return [
        {**head, "region": region, "masks": baselines.masks, **_numbers(moments, g, r)}
        for g, head in enumerate(heads)
        for r, region in enumerate(REGIONS)
    ]


def _both(masks: Masks) -> tuple[Floats, Floats]:
    spot = centre(*masks.shape[1:])
    inside = [masks == region for region in range(len(REGIONS))]
    uniform = np.stack([here.mean(axis=(1, 2)) for here in inside], axis=1)
    weighed = np.stack([(here * spot).sum(axis=(1, 2)) for here in inside], axis=1)
    return uniform.astype(np.float32), (weighed / spot.sum()).astype(np.float32)


def _for_images(baselines: Baselines, name: str, cams: pd.DataFrame) -> NDArray[np.float64]:
    values = np.asarray(getattr(baselines, name), np.float64)
    if baselines.ids is None:
        return np.broadcast_to(values, (len(cams), len(REGIONS)))
    place = pd.Index(baselines.ids).get_indexer(cams["image_id"])
    if (place < 0).any():
        raise KeyError(f"no masks of image {cams['image_id'].to_numpy()[place < 0][0]}")
    return values[place]


def _moments(
    groups: NDArray[np.int64], counted: NDArray[np.bool_], values: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Of each group: how many are counted, (g,), their mean and its standard error, (g, 5)."""
    size = int(groups.max(initial=-1)) + 1
    groups, values = groups[counted], values[counted]
    n = np.bincount(groups, minlength=size)

    def summed(of: NDArray[np.float64]) -> NDArray[np.float64]:
        each = [np.bincount(groups, of[:, r], minlength=size) for r in range(of.shape[1])]
        return np.stack(each, axis=1)

    with np.errstate(invalid="ignore", divide="ignore"):
        mean = summed(values) / n[:, None]
        variance = summed((values - mean[groups]) ** 2) / (n - 1)[:, None]
        return {"n": n, "mean": mean, "error": np.sqrt(variance / n[:, None])}


def _numbers(
    moments: dict[str, dict[str, NDArray[np.float64]]], group: int, region: int
) -> dict[str, Any]:
    share, error = (float(moments["share"][key][group, region]) for key in ("mean", "error"))
    return {
        "n": int(moments["share"]["n"][group]),
        "share": share,
        "low": float(np.maximum(share - NORMAL * error, 0)),
        "high": float(np.minimum(share + NORMAL * error, 1)),
        "uniform": float(moments["uniform"]["mean"][group, region]),
        "centre": float(moments["centre"]["mean"][group, region]),
    }
