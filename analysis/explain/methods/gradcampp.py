"""Grad-CAM++: places of positive gradient, weighed.

Chattopadhay et al. 2018, https://arxiv.org/abs/1710.11063.

alpha = G^2 / (2 G^2 + G^3 sum A), and a channel's weight is the sum of alpha ReLU(G). As in the
authors' programs, and unlike the paper, a channel's alphas are divided by their sum, and only
places of positive gradient count in it. There alpha is 1 / (2 + G sum A), which after a ReLU is
between 0 and 1/2. (Where all places count, as in tf-keras-vis, the denominator has a pole at
negative gradients, and the sum can be near zero or negative; a channel then gets a huge weight, or
the wrong sign. The two agree after global average pooling.)

The score S stands for itself, while the paper's exp(S) would multiply a whole map by a number.
"""

from typing import Any

from keras import ops
from numpy.typing import ArrayLike, NDArray

from analysis.explain.maps import Maps, rectified
from analysis.explain.methods.method import opposed
from analysis.explain.network import Network, Weighing

SMALLEST = 1e-7
"""Denominators nearer to zero are taken for this; only maps with negative values have such."""


def weigh(activation: Any, gradients: Any) -> Any:
    """(n, h', w', f), (n, d, h', w', f) -> (n, d, h', w'), see above."""
    positive = ops.relu(gradients)
    total = ops.sum(activation, axis=(1, 2))[:, None, None, None]
    alpha = ops.where(positive > 0, 1 / _away_from_zero(2 + positive * total), 0.0)
    share = alpha / _away_from_zero(ops.sum(alpha, axis=(2, 3), keepdims=True))
    return ops.einsum("nhwf,ndf->ndhw", activation, ops.sum(share * positive, axis=(2, 3)))


def _away_from_zero(values: Any) -> Any:
    return ops.where(ops.abs(values) < SMALLEST, SMALLEST, values)


WEIGHING = Weighing(weigh)


def maps(network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """What is left above 0: all of it, after a ReLU."""
    _, (values,) = network.weighed(images, scores, [WEIGHING])
    return rectified(Maps(values, network.layer))


def contrast(network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """The map of the one class less that of the other; the method itself has no negative side."""
    return opposed(maps, network, images, scores)
