"""HiResCAM: each place weighed by its own gradient.

Draelos & Carin 2020, https://arxiv.org/abs/2011.08891.

Before a linear head its map shares out the score: the sum is the logit less the bias, and a cell is
what the logit loses if the cell is emptied. After global average pooling it is Grad-CAM, cell by
cell; they differ for fully connected heads.
"""

from typing import Any

from keras import ops
from numpy.typing import ArrayLike, NDArray

from analysis.explain.maps import Maps, rectified
from analysis.explain.network import Network, Weighing


def weigh(activation: Any, gradients: Any) -> Any:
    """sum_f A_f G_f: (n, h', w', f), (n, d, h', w', f) -> (n, d, h', w')."""
    return ops.sum(activation[:, None] * gradients, axis=-1)


WEIGHING = Weighing(weigh)


def maps(network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """What is left above 0.

    The authors' equation has no rectification; they rectify where the map is shown, to be compared
    with Grad-CAM's.
    """
    return rectified(contrast(network, images, scores))


def contrast(network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """Without the rectification: the maps of a difference are the difference of the maps."""
    _, (values,) = network.weighed(images, scores, [WEIGHING])
    return Maps(values, network.layer)
