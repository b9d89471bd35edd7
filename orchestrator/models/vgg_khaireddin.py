"""`vgg_khaireddin`: the wide VGG of Khaireddin & Chen 2021, https://arxiv.org/abs/2105.03588.

Layers as in their code, https://github.com/usef-kh/fer: four pairs of 3x3 convolutions with 64,
128, 256, 512 filters, normalised and rectified, a 2x2 pooling after each pair; two hidden layers of
4,096 units, not normalised, dropout after each. They train it on crops of 40 x 40 pixels: 29.9
million parameters; on images of 48 x 48 the first hidden layer is larger, 40.4 million. Their
73.28 % is of PublicTest, with PrivateTest for choices (dropout 0.2, ten crops). Differs in the
start of the weights (He et al. 2015, https://arxiv.org/abs/1502.01852).
"""

import keras
from keras import layers

from orchestrator.errors import BadInput
from orchestrator.models import blocks
from orchestrator.models.options import CAM_LAYER, Options

FILTERS = (64, 128, 256, 512)

UNITS = 4096
"""Of each of the two hidden layers."""

LEAST_SIDE = 2 ** len(FILTERS)
"""Pixels: the poolings leave one."""


def vgg_khaireddin(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """CCPCCPCCPCCPFFF: (n, h, w, c) -> (n, k) logits; h, w at least 16.

    Raises:
        BadInput: for smaller images.
    """
    if min(shape[:2]) < LEAST_SIDE:
        raise BadInput(
            f"vgg_khaireddin: images of {shape[0]} x {shape[1]} pixels are too small; "
            f"expected {LEAST_SIDE} x {LEAST_SIDE} or more"
        )
    inputs = keras.Input(shape, name="images")
    x = inputs
    for stage, filters in enumerate(FILTERS, start=1):
        for number in (2 * stage - 1, 2 * stage):
            name = f"c{number}"
            x = blocks.convolution(x, options.scaled(filters), 3, name, options.batch_normalisation)
            x = blocks.rectified(x, CAM_LAYER if number == 2 * len(FILTERS) else f"{name}_relu")
        x = blocks.pooling(x, options.pooling, 2, f"p{stage}", padding="valid")
    x = layers.Flatten(name="flatten")(x)
    for name in ("f1", "f2"):
        x = blocks.hidden(x, options.scaled(UNITS), name, normalise=False)
        x = blocks.dropped(x, options.dropout, name)
    return keras.Model(inputs, blocks.logits(x, classes), name="vgg_khaireddin")
