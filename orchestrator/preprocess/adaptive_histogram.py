"""Contrast-limited adaptive histogram equalisation of many images at once.

The same numbers as scikit-image's `equalize_adapthist` of each image, bit for bit (a test compares
them), several times as fast: for faces of 48 pixels nearly all of its time goes into calls of NumPy
on a few numbers, and a histogram of one region is as cheap as those of a thousand.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRAYS = 2**14
"""Grey levels in between; scikit-image's NR_OF_GRAY."""

BINS = 256

AT_ONCE = 32
"""Images in memory together: their regions' histograms fit into a processor's cache."""

Whole = NDArray[np.int32]
Floats = NDArray[np.float64]


def equalise(images: NDArray[np.uint8], region: tuple[int, int], clip: float) -> Floats:
    """Each image by itself, stretched to [0, 1] before and after.

    Args:
        images: (n, h, w), none of them of one grey level.
        region: (height, width) of a contextual region in pixels.
        clip: share of a region's pixels that one grey level may count for, 0 to 1.

    Returns:
        (n, h, w).
    """
    pieces = [
        _stretched(_equalised(images[first : first + AT_ONCE], region, clip))
        for first in range(0, len(images), AT_ONCE)
    ]
    return np.concatenate(pieces)


def _stretched(images: NDArray[Any]) -> Floats:
    """To [0, 1]; an image of one grey level, which has no range, is cut to it."""
    values = images.astype(np.float64)
    low = values.min(axis=(1, 2), keepdims=True)
    spread = values.max(axis=(1, 2), keepdims=True) - low
    stretched = (values - low) / np.where(spread > 0, spread, 1)
    return np.where(spread > 0, stretched, np.clip(values, 0, 1))


def _equalised(images: NDArray[np.uint8], region: tuple[int, int], clip: float) -> NDArray[Any]:
    levels = np.round(_stretched(images) * (GRAYS - 1)).astype(np.int32) // (1 + GRAYS // BINS)
    before = [side // 2 for side in region]
    after = [
        (side - levels % side) % side + math.ceil(side / 2)
        for side, levels in zip(region, images.shape[1:], strict=True)
    ]
    pairs = list(zip(before, after, strict=True))
    padded = np.pad(levels, [(0, 0), *pairs], mode="reflect")
    maps = _mappings(padded, region, clip)
    result = _interpolated(_blocks(padded, region), maps, region)
    (top, bottom), (left, right) = pairs
    _, height, width = padded.shape
    rebuilt = result.transpose(0, 1, 3, 2, 4).reshape(padded.shape)
    return rebuilt[:, top : height - bottom, left : width - right]


def _blocks(images: Whole, region: tuple[int, int]) -> Whole:
    """(n, h, w) -> (n, rows, columns, height, width) of regions."""
    (n, h, w), (high, wide) = images.shape, region
    return images.reshape(n, h // high, high, w // wide, wide).transpose(0, 1, 3, 2, 4)


def _mappings(padded: Whole, region: tuple[int, int], clip: float) -> Whole:
    """(n, rows + 2, columns + 2, BINS): what each level becomes; those at the edge stand twice."""
    high, wide = region
    inside = padded[:, high // 2 :, wide // 2 :]
    rows, columns = (s // k - 1 for s, k in zip(padded.shape[1:], region, strict=True))
    blocks = _blocks(inside[:, : rows * high, : columns * wide], region)
    flat = blocks.reshape(-1, high * wide)
    offsets = np.arange(len(flat), dtype=np.int32)[:, None] * BINS
    counts = np.bincount((flat + offsets).ravel(), minlength=len(flat) * BINS).astype(np.int32)
    pixels = high * wide
    limit = int(np.clip(clip * pixels, 1, None)) if clip > 0 else pixels
    clipped = _clipped(counts.reshape(-1, BINS), limit)
    mapping = np.cumsum(clipped, axis=1).astype(np.float64) * ((GRAYS - 1) / pixels)
    levels = np.minimum(mapping, GRAYS - 1).astype(np.int32)
    edges = [(0, 0), (1, 1), (1, 1), (0, 0)]
    return np.pad(levels.reshape(len(padded), rows, columns, BINS), edges, mode="edge")


def _clipped(counts: Whole, limit: int) -> Whole:
    """Histograms (m, BINS) with no bin above the limit; what was cut goes to the others."""
    excess = np.maximum(counts - limit, 0).sum(axis=1)
    result = np.minimum(counts, limit)
    step = (excess // BINS)[:, None]
    low = result < limit - step
    middle = (result >= limit - step) & (result < limit)
    excess -= low.sum(axis=1) * step[:, 0]
    excess += np.where(middle, result - limit, 0).sum(axis=1)
    result = np.where(middle, limit, result + np.where(low, step, 0))
    return _shared_out(result, excess, limit)


def _shared_out(counts: Whole, excess: Whole, limit: int) -> Whole:
    """One more for bins at even distances that are below the limit, until nothing is left."""
    left = np.flatnonzero(excess > 0)
    place = np.arange(BINS)
    while len(left):
        before = excess[left]
        for first in range(BINS):
            open_bins = counts[left] < limit
            step = np.maximum(1, open_bins.sum(axis=1) // excess[left])[:, None]
            given = open_bins & (place >= first) & ((place - first) % step == 0)
            counts[left] += given
            excess[left] -= given.sum(axis=1)
            still = excess[left] > 0
            left, before = left[still], before[still]
            if not len(left):
                return counts
        left = left[excess[left] != before]  # full everywhere: nothing can be shared out
    return counts


def _interpolated(blocks: Whole, maps: Whole, region: tuple[int, int]) -> NDArray[np.uint16]:
    """Each pixel by the mappings of the four regions around it, (n, rows, columns, h, w)."""
    n, rows, columns, high, wide = blocks.shape
    levels = blocks.reshape(-1, high * wide)
    levels = levels + np.arange(len(levels), dtype=np.int32)[:, None] * BINS
    down, across = (np.arange(side) / side for side in region)
    result = np.zeros(levels.shape, np.float32)
    for edge_row, edge_column in np.ndindex(2, 2):
        near = maps[:, edge_row : edge_row + rows, edge_column : edge_column + columns]
        vertical = down if edge_row else 1 - down
        horizontal = across if edge_column else 1 - across
        share = (vertical[:, None] * horizontal[None, :]).ravel()
        result += (near.ravel().take(levels) * share).astype(np.float32)
    return result.astype(np.uint16).reshape(n, rows, columns, high, wide)
