"""A network from any valid string of the notation."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from orchestrator.models import blocks
from orchestrator.models.layers import ResponseNormalisation
from orchestrator.models.options import CAM_LAYER, Options
from orchestrator.models.plan import Step, Style, plan


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
    for step in plan(text, min(shape[:2]), style or Style()):
        if step.letter == "F" and len(x.shape) > 2:
            x = layers.Flatten(name="flatten")(x)
        x = BUILD[step.letter](x, step, options, classes)
        if step.dropout:
            x = blocks.dropped(x, options.dropout, step.name)
    return keras.Model(inputs, x, name="from_notation")


def _convolution(x: Any, step: Step, options: Options, classes: int) -> Any:
    filters = options.scaled(step.size)
    x = blocks.convolution(x, filters, step.window, step.name, options.batch_normalisation)
    return blocks.rectified(x, _output(step))


def _pooling(x: Any, step: Step, options: Options, classes: int) -> Any:
    if step.window == 0:
        return layers.GlobalAveragePooling2D(name=step.name)(x)
    return blocks.pooling(x, options.pooling, step.window, step.name)


def _response_normalisation(x: Any, step: Step, options: Options, classes: int) -> Any:
    return ResponseNormalisation(name=step.name)(x)


def _inception(x: Any, step: Step, options: Options, classes: int) -> Any:
    return blocks.inception(x, step.size, step.name, options, _output(step))


def _residual(x: Any, step: Step, options: Options, classes: int) -> Any:
    filters = options.scaled(step.size)
    return blocks.residual(x, filters, step.name, options, step.strides, _output(step))


def _fully_connected(x: Any, step: Step, options: Options, classes: int) -> Any:
    if step.size == 0:
        return blocks.logits(x, classes)
    return blocks.hidden(x, options.scaled(step.size), step.name, options.batch_normalisation)


BUILD: dict[str, Callable[[Any, Step, Options, int], Any]] = {
    "C": _convolution,
    "P": _pooling,
    "N": _response_normalisation,
    "I": _inception,
    "R": _residual,
    "F": _fully_connected,
}
"""Letter of the notation -> what it adds to the network."""


def _output(step: Step) -> str:
    return CAM_LAYER if step.last_feature else f"{step.name}_relu"
