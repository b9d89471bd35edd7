"""Grad-CAM: maps weighed by their mean gradient.

Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391.
"""

from typing import Any

from keras import ops
from numpy.typing import ArrayLike, NDArray

from analysis.explain.maps import Maps, rectified
from analysis.explain.network import Network, Weighing


def weigh(activation: Any, gradients: Any) -> Any:
    """sum_f A_f mean(G_f): (n, h', w', f), (n, d, h', w', f) -> (n, d, h', w').

    Gradients may also come as their means, (n, d, 1, 1, f).
    """
    return ops.einsum("nhwf,ndf->ndhw", activation, ops.mean(gradients, axis=(2, 3)))


WEIGHING = Weighing(weigh, by_mean=True)


def maps(network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """What is left above 0 (the paper's equation 2)."""
    return rectified(contrast(network, images, scores))


def contrast(network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """Without the rectification: the maps of a difference are the difference of the maps."""
    _, (values,) = network.weighed(images, scores, [WEIGHING])
    return Maps(values, network.layer)
