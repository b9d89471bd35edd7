"""Several CAM methods of the same images, out of one pass through the net."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.explain.methods import gradcam, gradcampp, hirescam, layercam
from analysis.explain.methods.method import Maps
from analysis.explain.network import Network, Weighing

WEIGHINGS: Mapping[str, Weighing] = {
    "gradcam": gradcam.WEIGHING,
    "gradcam++": gradcampp.WEIGHING,
    "hirescam": hirescam.WEIGHING,
    "layercam": layercam.WEIGHING,
}
"""Methods that can share a pass: all they need is activation and gradient."""

Floats = NDArray[np.float32]


def cam_maps(
    network: Network,
    images: NDArray[Any],
    scores: ArrayLike | None,
    names: Sequence[str] = tuple(WEIGHINGS),
) -> dict[str, Maps]:
    """Name -> what `METHODS[name].maps` gives.

    Without scores, each image is explained at the class that the net itself predicts.

    Raises:
        NoConvolution: where no layer gives maps.
    """
    return answers_and_maps(network, images, scores, names)[1]


def answers_and_maps(
    network: Network,
    images: NDArray[Any],
    scores: ArrayLike | None,
    names: Sequence[str] = tuple(WEIGHINGS),
) -> tuple[Floats, dict[str, Maps]]:
    """The logits (n, k) of the same pass beside what `cam_maps` gives."""
    logits, values = network.weighed(images, scores, [WEIGHINGS[name] for name in names])
    return logits, _named(network, names, values)


def cam_maps_of_all_classes(
    network: Network, images: NDArray[Any], names: Sequence[str] = ("gradcam",)
) -> tuple[Floats, dict[str, Floats]]:
    """The logits (n, k), and by name the maps (n, k, h', w') of every class.

    Raises:
        NoConvolution: where no layer gives maps.
    """
    logits, values = network.weighed_all(images, [WEIGHINGS[name] for name in names])
    return logits, {n: np.maximum(v, 0) for n, v in zip(names, values, strict=True)}


def _named(network: Network, names: Sequence[str], values: Sequence[Floats]) -> dict[str, Maps]:
    return {
        name: Maps(np.maximum(each, 0), network.layer)
        for name, each in zip(names, values, strict=True)
    }
