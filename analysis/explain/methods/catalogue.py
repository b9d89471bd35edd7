"""The methods by name: a file and an entry add one."""

from collections.abc import Iterable, Mapping

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
from orchestrator.errors import BadInput

METHODS: Mapping[str, Method] = {
    "gradcam": Method(gradcam.maps, "Grad-CAM", "cam", "about one prediction", gradcam.contrast),
    "gradcam++": Method(
        gradcampp.maps, "Grad-CAM++", "cam", "about one prediction", gradcampp.contrast
    ),
    "hirescam": Method(hirescam.maps, "HiResCAM", "cam", "about one prediction", hirescam.contrast),
    "layercam": Method(layercam.maps, "LayerCAM", "cam", "about one prediction", layercam.contrast),
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


def check(names: Iterable[str]) -> tuple[str, ...]:
    """The names, where all are known.

    Raises:
        BadInput: naming those that are not, and those that there are.
    """
    asked = tuple(names)
    unknown = sorted(set(asked) - set(METHODS))
    if unknown:
        raise BadInput(
            f"no explanation method is called {', '.join(unknown)}; known: {', '.join(METHODS)}"
        )
    return asked
