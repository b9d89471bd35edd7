"""A network from any valid string of the notation."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from orchestrator.models import blocks
from orchestrator.models.custom_layers import ResponseNormalisation
from orchestrator.models.layer_sizes import LayerSize, Style, layer_sizes
from orchestrator.models.options import CAM_LAYER, Options


def from_notation(
    text: str,
    shape: tuple[int, int, int],
    classes: int,
    options: Options,
    style: Style | None = None,
) -> keras.Model:
    """The network that a string describes: (n, h, w, c) -> (n, k) logits.

    Without a style its layers are those of Pramerdorfer & Kampel's nets: convolutions 3x3 with 32
    filters, twice as many after every P, 512 at most; P 2x2 of stride 2; hidden F 256 units; batch
    normalisation and ReLU after every convolution and hidden F; dropout after every P that follows
    a C and after every hidden F.

    Args:
        text: a string, e.g. "CPNCPNCPCFF".
        shape: (h, w, c) of an image.
        classes: k.
        options: see there.
        style: a family's own sizes.

    Raises:
        BadInput: if the string is not valid, or has more poolings than the image allows.
    """
    inputs = keras.Input(shape, name="images")
    x = inputs
    for layer in layer_sizes(text, min(shape[:2]), style or Style()):
        if layer.letter == "F" and len(x.shape) > 2:
            x = layers.Flatten(name="flatten")(x)
        x = BUILD[layer.letter](x, layer, options, classes)
        if layer.dropout:
            x = blocks.dropped(x, options.dropout, layer.name)
    return keras.Model(inputs, x, name="from_notation")


def _convolution(x: Any, layer: LayerSize, options: Options, classes: int) -> Any:
    filters = options.scaled(layer.size)
    x = blocks.convolution(x, filters, layer.window, layer.name, options.batch_normalisation)
    return blocks.rectified(x, _output(layer))


def _pooling(x: Any, layer: LayerSize, options: Options, classes: int) -> Any:
    if layer.window == 0:
        return layers.GlobalAveragePooling2D(name=layer.name)(x)
    return blocks.pooling(x, options.pooling, layer.window, layer.name)


def _response_normalisation(x: Any, layer: LayerSize, options: Options, classes: int) -> Any:
    return ResponseNormalisation(name=layer.name)(x)


def _inception(x: Any, layer: LayerSize, options: Options, classes: int) -> Any:
    return blocks.inception(x, layer.size, layer.name, options, _output(layer))


def _residual(x: Any, layer: LayerSize, options: Options, classes: int) -> Any:
    filters = options.scaled(layer.size)
    return blocks.residual(x, filters, layer.name, options, layer.strides, _output(layer))


def _fully_connected(x: Any, layer: LayerSize, options: Options, classes: int) -> Any:
    if layer.size == 0:
        return blocks.logits(x, classes)
    return blocks.hidden(x, options.scaled(layer.size), layer.name, options.batch_normalisation)


BUILD: dict[str, Callable[[Any, LayerSize, Options, int], Any]] = {
    "C": _convolution,
    "P": _pooling,
    "N": _response_normalisation,
    "I": _inception,
    "R": _residual,
    "F": _fully_connected,
}
"""Letter of the notation -> what it adds to the network."""


def _output(layer: LayerSize) -> str:
    return CAM_LAYER if layer.last_feature else f"{layer.name}_relu"
