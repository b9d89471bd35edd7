"""What an explanation method is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.explain.maps import Maps
from analysis.explain.network import Network, Weighing

MapFunction = Callable[[Network, NDArray[Any], ArrayLike], Maps]
"""(network, images (n, h, w), scores (n, k)) -> maps; scores are `network.directions`."""


@dataclass(frozen=True)
class Method:
    """One way of asking where the evidence was.

    Attributes:
        maps: the method as its authors define it; scores name one class an image.
        title: as a figure writes it.
        kind: "cam" weighs the maps of a layer, "input" asks the pixels.
        cost: in passes through the net, as a sentence a person can plan with.
        contrast: for scores that hold a class against another (+1 and -1): positive where the
            image speaks for the first, negative where for the second. (A method whose maps have
            no sign gives its maps of the difference of the two scores.)
        weighing: of methods that need the activation and its gradient alone, and so can share a
            pass through the net with others (`maps` is what is left above 0 of what it gives);
            None for the rest.
    """

    maps: MapFunction
    title: str
    kind: Literal["cam", "input"]
    cost: str
    contrast: MapFunction
    weighing: Weighing | None = None


def opposed(maps: MapFunction, network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """The maps of the classes with positive factors less those of the classes with negative ones.

    For methods that have no negative side of their own. Both maps are in the method's units, so
    the stronger one shows more.
    """
    factors = np.asarray(scores, np.float32)
    first = maps(network, images, np.maximum(factors, 0))
    second = maps(network, images, np.maximum(-factors, 0))
    return replace(first, values=first.values - second.values)
