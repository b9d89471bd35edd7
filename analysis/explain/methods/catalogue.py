"""The methods by name: a file and an entry add one. Some share a pass through the net."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.explain.maps import Floats, Maps, rectified
from analysis.explain.methods import (
    gradcam,
    gradcampp,
    gradient,
    hirescam,
    integrated,
    layercam,
    occlusion,
    scorecam,
    smoothgrad,
)
from analysis.explain.methods.method import Method
from analysis.explain.network import Network, Weighing

ONE = "about one prediction"

METHODS: Mapping[str, Method] = {
    "gradcam": Method(gradcam.maps, "Grad-CAM", "cam", ONE, gradcam.contrast, gradcam.WEIGHING),
    "gradcam++": Method(
        gradcampp.maps, "Grad-CAM++", "cam", ONE, gradcampp.contrast, gradcampp.WEIGHING
    ),
    "hirescam": Method(hirescam.maps, "HiResCAM", "cam", ONE, hirescam.contrast, hirescam.WEIGHING),
    "layercam": Method(layercam.maps, "LayerCAM", "cam", ONE, layercam.contrast, layercam.WEIGHING),
    "scorecam": Method(
        scorecam.maps, "Score-CAM", "cam", "a prediction for each channel", scorecam.contrast
    ),
    "gradient": Method(
        gradient.maps, "Input gradient", "input", "about two predictions", gradient.maps
    ),
    "smoothgrad": Method(
        smoothgrad.maps, "SmoothGrad", "input", "two predictions a noisy copy", smoothgrad.maps
    ),
    "integrated": Method(
        integrated.maps,
        "Integrated gradients",
        "input",
        "two predictions a step",
        integrated.contrast,
    ),
    "occlusion": Method(
        occlusion.maps, "Occlusion", "input", "a prediction for each patch", occlusion.contrast
    ),
}

WEIGHINGS: Mapping[str, Weighing] = {
    name: method.weighing for name, method in METHODS.items() if method.weighing is not None
}
"""Methods that can share a pass: all they need is activation and gradient."""


def maps_by(
    names: Sequence[str],
    network: Network,
    images: NDArray[Any],
    scores: ArrayLike,
    contrast: bool = False,
) -> dict[str, Maps]:
    """Name -> what `METHODS[name].maps`, or its contrast, gives; what can share a pass does.

    Raises:
        NoConvolution: where no layer gives maps and a method needs them.
    """
    if contrast:
        return {name: METHODS[name].contrast(network, images, scores) for name in names}
    sharing = [name for name in names if name in WEIGHINGS]
    shared = cam_maps(network, images, scores, sharing) if sharing else {}
    alone = {n: METHODS[n].maps(network, images, scores) for n in names if n not in shared}
    return {name: (shared | alone)[name] for name in names}


def cam_maps(
    network: Network,
    images: NDArray[Any],
    scores: ArrayLike | None,
    names: Sequence[str] = tuple(WEIGHINGS),
) -> dict[str, Maps]:
    """Name -> what `METHODS[name].maps` gives, out of one pass through the net.

    Without scores, each image is explained at the class that the net itself predicts.

    Raises:
        NoConvolution: where no layer gives maps.
    """
    _, values = network.weighed(images, scores, [WEIGHINGS[name] for name in names])
    layer = network.layer
    return {n: rectified(Maps(each, layer)) for n, each in zip(names, values, strict=True)}


def cam_maps_of_all_classes(
    network: Network, images: NDArray[Any], names: Sequence[str] = ("gradcam",)
) -> tuple[Floats, dict[str, Floats]]:
    """The logits (n, k), and by name the maps (n, k, h', w') of every class.

    Raises:
        NoConvolution: where no layer gives maps.
    """
    logits, values = network.weighed_all(images, [WEIGHINGS[name] for name in names])
    return logits, {n: np.maximum(v, 0) for n, v in zip(names, values, strict=True)}
