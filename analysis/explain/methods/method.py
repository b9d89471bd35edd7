"""What an explanation method is, and what it gives."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.explain.network import Network

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


Explain = Callable[[Network, NDArray[Any], ArrayLike], Maps]
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
    """

    maps: Explain
    title: str
    kind: Literal["cam", "input"]
    cost: str
    contrast: Explain


def rectified(signed: Maps) -> Maps:
    """What speaks for the score alone: values below 0 become 0."""
    return replace(signed, values=np.maximum(signed.values, 0))


def opposed(explain: Explain, network: Network, images: NDArray[Any], scores: ArrayLike) -> Maps:
    """The maps of the classes with positive factors less those of the classes with negative ones.

    For methods that have no negative side of their own. Both maps are in the method's units, so
    the stronger one shows more.
    """
    factors = np.asarray(scores, np.float32)
    first = explain(network, images, np.maximum(factors, 0))
    second = explain(network, images, np.maximum(-factors, 0))
    return replace(first, values=first.values - second.values)


def normalise(values: ArrayLike) -> tuple[Floats, Floats]:
    """(n, h', w') -> the same with max |value| 1, and that maximum before, (n,).

    A map that is zero everywhere stays zero and has the maximum 0.
    """
    raw = np.asarray(values, np.float32)
    maximum = np.abs(raw).max(axis=(1, 2), initial=0)
    divisor = np.where(maximum > 0, maximum, 1).astype(np.float32)
    return raw / divisor[:, None, None], maximum.astype(np.float32)
