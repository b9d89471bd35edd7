"""Score-CAM: maps weighed by the answers to what they show.

Wang et al. 2020, https://arxiv.org/abs/1910.01279.

Each channel, brought to the image's size and to 0 to 1, is multiplied with the image; its weight is
the net's answer to that. As in the authors' programs and tf-keras-vis the answer is the probability
of the class (the paper leaves the score open and takes a softmax over channels instead; it also
subtracts the answer to the baseline, the same number for every channel). No gradient is used.

Maps are enlarged bilinearly with half-pixel centres. tf-keras-vis aligns corners, so the two agree
exactly only where the layer is as large as the image.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from analysis.explain.maps import Maps, rectified, resize
from analysis.explain.methods.gradient import floating
from analysis.explain.methods.integrated import own_mean
from analysis.explain.network import Network

EPSILON = 1e-7
"""Added to the range of a channel, so that one that is the same everywhere shows nothing."""

Floats = NDArray[np.float32]


def maps(
    network: Network,
    images: NDArray[Any],
    scores: ArrayLike,
    channels: int | None = None,
    baseline: float | None = None,
) -> Maps:
    """What is left above 0.

    Args:
        network: whose layer is weighed.
        images: (n, h, w).
        scores: (n, k) factors of the probabilities.
        channels: how many channels of each image to ask about, those that vary most over the map;
            the others get no weight ("Faster Score-CAM"). All of them by default: as many
            predictions an image as the layer has channels, less those that are zero everywhere.
        baseline: what is shown where a channel is silent, in the units of the images the net sees
            (bytes divided by 255); None for each image's own mean. The paper's is 0, which is the
            mean of its standardised images but black in ours: on planted evidence the map's maximum
            then lay on it in half of the images, with the mean in all of them.
    """
    return rectified(contrast(network, images, scores, channels, baseline))


def contrast(
    network: Network,
    images: NDArray[Any],
    scores: ArrayLike,
    channels: int | None = None,
    baseline: float | None = None,
) -> Maps:
    """Without the rectification; a weight is the difference of two classes' probabilities."""
    factors = np.asarray(scores, np.float32)
    block = max(1, network.batch // 4)
    pieces = [
        _block(
            network,
            images[first : first + block],
            factors[first : first + block],
            channels,
            baseline,
        )
        for first in range(0, max(len(images), 1), block)
    ]
    return Maps(np.concatenate(pieces), network.layer)


def _block(
    network: Network,
    images: NDArray[Any],
    factors: Floats,
    channels: int | None,
    baseline: float | None,
) -> Floats:
    activation = network.activation(images)
    wanted = _varying(activation, channels) & activation.any(axis=(1, 2))
    weights = np.zeros(wanted.shape, np.float32)
    given = floating(images)
    rest = own_mean(given) if baseline is None else np.full_like(given, baseline)
    for which, feature in _pairs(wanted, network.batch):
        masks = _masks(activation[which, :, :, feature], *given.shape[1:])
        shown = rest[which] + masks * (given[which] - rest[which])
        answers = softmax(network.logits(shown), axis=1)
        weights[which, feature] = (answers * factors[which]).sum(axis=1)
    return np.einsum("nhwf,nf->nhw", activation, weights)


def _varying(activation: Floats, channels: int | None) -> NDArray[np.bool_]:
    """(n, f): the channels of each image that vary most."""
    deviation = activation.std(axis=(1, 2))
    if channels is None or channels >= deviation.shape[1]:
        return np.ones(deviation.shape, bool)
    chosen = np.zeros(deviation.shape, bool)
    order = np.argsort(-deviation, axis=1, kind="stable")
    np.put_along_axis(chosen, order[:, :channels], True, axis=1)
    return chosen


def _pairs(
    wanted: NDArray[np.bool_], batch: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Image and channel of everything to be asked, a batch at a time."""
    which, feature = np.nonzero(wanted)
    for first in range(0, len(which), batch):
        now = slice(first, first + batch)
        yield which[now], feature[now]


def _masks(maps: Floats, height: int, width: int) -> Floats:
    """(n, h', w') -> (n, h, w), each from 0 to 1."""
    large = resize(maps, height, width)
    lowest = large.min(axis=(1, 2), keepdims=True)
    spread = large.max(axis=(1, 2), keepdims=True) - lowest
    return (large - lowest) / (spread + np.float32(EPSILON))
