"""Every named model, and the one door to them: `build`."""

from collections.abc import Callable

import keras

from orchestrator.models.convnet4 import convnet4
from orchestrator.models.inception import inception
from orchestrator.models.keras_settings import settle_keras
from orchestrator.models.mini_xception import mini_xception
from orchestrator.models.notation import NAMED, canonical, check
from orchestrator.models.options import CAM_LAYER, Options
from orchestrator.models.plain import ccpccpccpff, cnn5, cpcpcpfff
from orchestrator.models.resnet import resnet
from orchestrator.models.resnet18 import resnet18
from orchestrator.models.strings import from_notation
from orchestrator.models.vgg import vgg
from orchestrator.models.vgg16 import vgg16
from orchestrator.models.vgg_khaireddin import vgg_khaireddin

__all__ = ["CAM_LAYER", "MODELS", "Build", "Options", "build", "parameter_count"]

Build = Callable[[tuple[int, int, int], int, Options], keras.Model]
"""((h, w, c), k, options) -> a model (n, h, w, c) -> (n, k) logits with a layer CAM_LAYER."""

MODELS: dict[str, Build] = {
    "cnn5": cnn5,
    "CPCPCPFFF": cpcpcpfff,
    "CCPCCPCCPFF": ccpccpccpff,
    "vgg": vgg,
    "vgg_khaireddin": vgg_khaireddin,
    "inception": inception,
    "resnet": resnet,
    "resnet18": resnet18,
    "convnet4": convnet4,
    "mini_xception": mini_xception,
    "vgg16": vgg16,
}
"""Name -> builder; one file and one line adds a model (and its name in `results.settings`)."""

_BY_STRING = {canonical(text): name for name, text in NAMED.items()}


def build(
    name: str, shape: tuple[int, int, int], classes: int, options: Options | None = None
) -> keras.Model:
    """A named model, or the network that a string of the notation describes.

    Call `keras.utils.set_random_seed` and set the dtype policy before: two builds with the same
    seed have equal variables in the same order, under the same names. Keras' settings in this
    process become its defaults, whatever the user's `keras.json` says.

    Args:
        name: a key of MODELS or a valid string; a string that describes a named model (CPCPCPFF)
            builds that model.
        shape: (h, w, c) of an image.
        classes: k.
        options: see there.

    Returns:
        (n, h, w, c) float -> (n, k) float32 logits.

    Raises:
        BadInput: if the name is neither, or the images are too small for it, or vgg16's weights
            cannot be had.
    """
    options = options or Options()
    check(name)
    settle_keras()  # nets come through here whoever asks for them
    named = name if name in MODELS else _BY_STRING.get(canonical(name))
    if named is not None:
        return MODELS[named](shape, classes, options)
    return from_notation(name, shape, classes, options)


def parameter_count(model: keras.Model) -> int:
    """Numbers that make up the trained network: all weights, frozen or not.

    Batch normalisation counts four a channel, its moving mean and variance too, as Keras'
    `count_params` and `summary` do; dropout rates and random states are no weights.
    """
    return int(model.count_params())
