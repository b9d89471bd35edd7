"""The methods by name: a file and an entry add one."""

from collections.abc import Mapping

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
from analysis.explain.network import Weighing

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
"""Methods that can share a pass: `Network.weighed` gives their maps before rectification."""
