"""LayerCAM: places by their positive gradient.

Jiang et al. 2021, https://doi.org/10.1109/TIP.2021.3089943.
"""

from typing import Any

from keras import ops
from numpy.typing import ArrayLike, NDArray

from analysis.explain.maps import Maps, rectified
from analysis.explain.methods.method import opposed
from analysis.explain.network import Network, Weighing


def weigh(activation: Any, gradients: Any) -> Any:
    """sum_f A_f ReLU(G_f): (n, h', w', f), (n, d, h', w', f) -> (n, d, h', w')."""
    return ops.sum(activation[:, None] * ops.relu(gradients), axis=-1)


WEIGHING = Weighing(weigh)


def maps(network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """What is left above 0: all of it, after a ReLU."""
    _, (values,) = network.weighed(images, scores, [WEIGHING])
    return rectified(Maps(values, network.layer))


def contrast(network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """The map of the one class less that of the other; the method itself has no negative side."""
    return opposed(maps, network, images, scores)
