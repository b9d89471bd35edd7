"""`mini_xception`: a small net of separable convolutions that many programs carry.

Arriaga, Valdenegro-Toro & Plöger, "Real-time Convolutional Neural Networks for Emotion and Gender
Classification" (2017, https://arxiv.org/abs/1710.07557), as in their code: two 3x3 convolutions of
8 filters without padding; four modules of 16, 32, 64, 128 filters, each two separable 3x3
convolutions and a 3x3 max-pooling of stride 2, with a 1x1 convolution of stride 2 added to them; a
3x3 convolution with a filter a class; a global average. No fully connected layer: 58,423 parameters
for seven classes. Where we differ: images of any size instead of 64x64; no L2 penalty of 0.01 on
the first two layers (`weight_decay` is the setting for it); the dropout before the last
convolution is ours, so that the option acts, and rate 0 is the original.
"""

from typing import Any

import keras
from keras import layers

from orchestrator.errors import BadInput
from orchestrator.models import blocks
from orchestrator.models.options import CAM_LAYER, Options

FIRST = 8
"""Filters of the two first convolutions."""

MODULES = (16, 32, 64, 128)
"""Filters of the separable convolutions of each module."""

LEAST_SIDE = 5
"""Pixels: the first convolutions leave one."""


def mini_xception(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """Separable convolutions: (n, h, w, c) -> (n, k) logits; h, w at least 5.

    Class activation maps are taken from the last module's sum, which nothing rectifies.

    Raises:
        BadInput: for smaller images.
    """
    if min(shape[:2]) < LEAST_SIDE:
        raise BadInput(
            f"mini_xception: images of {shape[0]} x {shape[1]} pixels are too small; "
            f"expected {LEAST_SIDE} x {LEAST_SIDE} or more"
        )
    inputs = keras.Input(shape, name="images")
    x = inputs
    for number in (1, 2):
        x = _unpadded(x, options.scaled(FIRST), f"c{number}", options.batch_normalisation)
        x = blocks.rectified(x, f"c{number}_relu")
    for number, filters in enumerate(MODULES, start=1):
        output = CAM_LAYER if number == len(MODULES) else f"x{number}_sum"
        x = _module(x, options.scaled(filters), f"x{number}", options, output)
    x = blocks.dropped(x, options.dropout, "x4")
    # In float32, as all logits: see `blocks.logits`.
    maps = layers.Conv2D(classes, 3, padding="same", dtype="float32", name="class_maps")(x)
    out = layers.GlobalAveragePooling2D(dtype="float32", name="logits")(maps)
    return keras.Model(inputs, out, name="mini_xception")


def _unpadded(x: Any, filters: int, name: str, normalise: bool) -> Any:
    """(n, h, w, c) -> (n, h - 2, w - 2, filters)."""
    x = layers.Conv2D(
        filters, 3, use_bias=not normalise, kernel_initializer=blocks.START, name=name
    )(x)
    return blocks.normalised(x, name) if normalise else x


def _module(x: Any, filters: int, name: str, options: Options, output: str) -> Any:
    """Two separable convolutions beside a shortcut: (n, h, w, c) -> (n, h / 2, w / 2, filters)."""
    normalise = options.batch_normalisation
    # Every second pixel first, as in `blocks.residual`.
    thinned = layers.MaxPooling2D(1, 2, padding="same", name=f"{name}_thinned")(x)
    shortcut = blocks.convolution(thinned, filters, 1, f"{name}_shortcut", normalise)
    x = _separable(x, filters, f"{name}_a", normalise)
    x = blocks.rectified(x, f"{name}_a_relu")
    x = _separable(x, filters, f"{name}_b", normalise)
    x = blocks.pooling(x, options.pooling, 3, f"{name}_pool")
    return layers.Add(name=output)([x, shortcut])


def _separable(x: Any, filters: int, name: str, normalise: bool) -> Any:
    """A filter a channel, then a 1x1 convolution: (n, h, w, c) -> (n, h, w, filters).

    Weights start as in Keras (Glorot & Bengio 2010), as the original's do: He et al.'s rule takes
    the number of inputs of a filter a channel for that of a whole convolution.
    """
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=not normalise, name=name)(x)
    return blocks.normalised(x, name) if normalise else x
