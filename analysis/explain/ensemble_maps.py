"""One map for an ensemble, and how far its members agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from analysis.explain.methods.method import normalise
from analysis.explain.resize import resize

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Together:
    """The members' maps as one.

    Attributes:
        values: (n, h, w), maximum |value| 1, or 0 everywhere.
        raw_max: (n,) that maximum before: 1 where all members have theirs in the same cell.
        stacked: (m, n, h, w) the members' normalised maps on one grid.
        shares: (m,) say of each, sum 1.
    """

    values: Floats
    raw_max: Floats
    stacked: Floats
    shares: NDArray[np.float64]

    @cached_property
    def std(self) -> Floats:
        """(n, h, w) weighted standard deviation over members."""
        mean = np.tensordot(self.shares, self.stacked, axes=1)
        variance = np.tensordot(self.shares, (self.stacked - mean) ** 2, axes=1)
        return np.sqrt(variance).astype(np.float32)

    @cached_property
    def agreement(self) -> Floats:
        """(n,) mean rank correlation (Spearman) over pairs of members, -1 to 1.

        Pairs with a constant map are left out, and NaN says that no pair was left.
        """
        return _agreement(self.stacked)


def together(maps: Sequence[ArrayLike], coefficients: ArrayLike) -> Together:
    """The coefficient-weighted mean of the members' normalised maps, normalised again.

    Every member's map first has maximum 1 and is resized (bilinear, half-pixel centres) to the
    largest grid among them. A member without evidence (a map of zeros) adds zeros.

    What this is not: the map of one net that averages the members. The class activation map of an
    averaged logit is the weighted sum of the members' maps before normalising, so the two are the
    same only where the members' maxima are equal (and grids too). We normalise first because
    logits of different nets have different scales, and one loud member would drown the others.

    Args:
        maps: m of (n, h', w'), each at its own resolution, normalised or not.
        coefficients: (m,) say of each, not negative; need not sum to 1.
    """
    single = [normalise(values)[0] for values in maps]
    height = max(values.shape[1] for values in single)
    width = max(values.shape[2] for values in single)
    stacked = np.stack([resize(values, height, width) for values in single])
    say = np.asarray(coefficients, np.float64)
    shares = say / say.sum()
    values, raw_max = normalise(np.tensordot(shares, stacked, axes=1))
    return Together(values, raw_max, stacked, shares)


def spearman(one: ArrayLike, other: ArrayLike) -> Floats:
    """(n,) rank correlation of maps (n, h, w) of one size; NaN where one of them is constant."""
    ranks = [_centred_ranks(np.asarray(maps)) for maps in (one, other)]
    norms = [np.sqrt((some**2).sum(axis=1)) for some in ranks]
    product = norms[0] * norms[1]
    with np.errstate(invalid="ignore"):
        return ((ranks[0] * ranks[1]).sum(axis=1) / product).astype(np.float32)


def _agreement(stacked: Floats) -> Floats:
    n = stacked.shape[1]
    pairs = [spearman(one, other) for one, other in combinations(stacked, 2)]
    known = np.array([~np.isnan(pair) for pair in pairs]).reshape(-1, n).sum(axis=0)
    total = np.nan_to_num(np.array(pairs).reshape(-1, n)).sum(axis=0)
    return np.where(known > 0, total / np.maximum(known, 1), np.nan).astype(np.float32)


def _centred_ranks(maps: Floats) -> NDArray[np.float64]:
    ranks = rankdata(maps.reshape(len(maps), -1), axis=1)
    centred: NDArray[np.float64] = ranks - ranks.mean(axis=1, keepdims=True)
    return centred
