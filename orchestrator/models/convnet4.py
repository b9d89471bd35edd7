"""`convnet4`: four convolutions and two fully connected layers, for Debnath et al.'s network.

Debnath et al., "Four-layer ConvNet to facial emotion recognition with
minimal epochs and the significance of data diversity", Scientific Reports 12:6991 (2022). Their
numbers of filters are not published where we could read them, and they feed LBP and ORB features
beside the image, which this does not. Filled in from the baseline notebook of Khanzada, Bai &
Celepcikay (https://arxiv.org/abs/2004.11823), whose order of layers (convolution, ReLU,
normalisation, pooling, dropout) is the same: normalisation of the input; 3x3 convolutions with 32,
32, 64, 64 filters; 2x2 pooling after the second, third and fourth; 1024 hidden units. 2.44 million
parameters.

The notebook drops .2 after each convolution and .3 after the hidden layer: here two thirds of the
rate, and the rate. Its text reports 64.0 % on the test images; Debnath et al.'s figures above 90 %
are not of the standard test images (their 96 % is training accuracy).
"""

from typing import Any

import keras
from keras import layers

from orchestrator.models import blocks
from orchestrator.models.options import CAM_LAYER, Options

FILTERS = (32, 32, 64, 64)


def convnet4(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """Four convolutions: (n, h, w, c) -> (n, k) logits; any h, w.

    Class activation maps are taken after the fourth ReLU, before its normalisation. Without batch
    normalisation the input is not normalised either.
    """
    inputs = keras.Input(shape, name="images")
    x = _normalised(inputs, "images", options)
    for number, filters in enumerate(FILTERS, start=1):
        name = f"c{number}"
        x = blocks.convolution(x, options.scaled(filters), 3, name, normalise=False)
        x = blocks.rectified(x, f"{name}_relu" if number < len(FILTERS) else CAM_LAYER)
        x = _normalised(x, name, options)
        if number > 1:
            x = blocks.pooling(x, options.pooling, 2, f"p{number - 1}")
        x = blocks.dropped(x, options.dropout, name, factor=2 / 3)
    x = blocks.hidden(layers.Flatten(name="flatten")(x), options.scaled(1024), "f1", False)
    x = _normalised(blocks.dropped(x, options.dropout, "f1"), "f1", options)
    return keras.Model(inputs, blocks.logits(x, classes), name="convnet4")


def _normalised(x: Any, name: str, options: Options) -> Any:
    if not options.batch_normalisation:
        return x
    return blocks.normalised(x, name)
