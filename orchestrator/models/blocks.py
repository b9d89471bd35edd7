"""The pieces that the families share: one function a letter of the notation.

Each takes and gives a Keras tensor and names its layers by its first name, so that two builds of
one network have the same names in the same order. Convolutions pad with zeros ("same"). Where batch
normalisation follows, a layer has no bias of its own: the normalisation would take it away again.
Weights start from He et al.'s (2015, https://arxiv.org/abs/1502.01852) normal distribution, biases
from 0.
"""

from typing import Any

from keras import layers

from orchestrator.models.custom_layers import Dropout, StochasticPooling
from orchestrator.models.options import Options

START = "he_normal"

STATISTICS_MOMENTUM = 0.9
"""Share of batch normalisation's moving statistics that a step keeps.

Torch7's default (there called 0.1, the share of the batch), in which the nets of Pramerdorfer &
Kampel (2016) were trained. Keras' 0.99 forgets the initial statistics only after several hundred
steps: on a small data set, of 50 steps an epoch, validation would stay at chance for many epochs.
"""


def convolution(
    x: Any, filters: int, kernel: int, name: str, normalise: bool, strides: int = 1
) -> Any:
    """(n, h, w, c) -> (n, h / strides, w / strides, filters), no activation yet.

    Args:
        x: images or feature maps.
        filters: as they are; the width has been taken into account.
        kernel: side in pixels.
        name: of the layer; its normalisation is name_bn.
        normalise: whether batch normalisation (Ioffe & Szegedy 2015,
            https://arxiv.org/abs/1502.03167) follows.
        strides: pixels from one place to the next.
    """
    x = layers.Conv2D(
        filters,
        kernel,
        strides,
        padding="same",
        use_bias=not normalise,
        kernel_initializer=START,
        name=name,
    )(x)
    return normalised(x, name) if normalise else x


def normalised(x: Any, name: str) -> Any:
    """Batch normalisation of the last axis, after or before the layer `name`; any shape."""
    return layers.BatchNormalization(momentum=STATISTICS_MOMENTUM, name=f"{name}_bn")(x)


def rectified(x: Any, name: str) -> Any:
    """max(x, 0), under a name of its own."""
    return layers.Activation("relu", name=name)(x)


def pooling(x: Any, kind: str, window: int, name: str, padding: str = "same") -> Any:
    """(n, h, w, f) -> (n, h / 2, w / 2, f), rounded up ("same") or down ("valid")."""
    build = {
        "max": layers.MaxPooling2D,
        "average": layers.AveragePooling2D,
        "stochastic": StochasticPooling,
    }[kind]
    return build(window, strides=2, padding=padding, name=name)(x)


def inception(x: Any, n: int, name: str, options: Options, output: str) -> Any:
    """An inception module (Szegedy et al. 2015, figure 2b): (n, h, w, f) -> (n, h, w, 9/4 n).

    Source: https://arxiv.org/abs/1409.4842. Branches, all rectified: 1x1 with 3/4 n filters; 1x1
    with n/2, then 3x3 with n; 1x1 with n/8, then 5x5 with n/4; 3x3 max-pooling of stride 1, then
    1x1 with n/4. `output` names their concatenation.
    """

    def branch(x: Any, share: float, kernel: int, label: str) -> Any:
        label = f"{name}_{label}"
        filters = options.scaled(share * n)
        x = convolution(x, filters, kernel, label, options.batch_normalisation)
        return rectified(x, f"{label}_relu")

    one = branch(x, 3 / 4, 1, "1x1")
    three = branch(branch(x, 1 / 2, 1, "3x3_reduce"), 1, 3, "3x3")
    five = branch(branch(x, 1 / 8, 1, "5x5_reduce"), 1 / 4, 5, "5x5")
    pooled = layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    pooled = branch(pooled, 1 / 4, 1, "pool_projection")
    return layers.Concatenate(name=output)([one, three, five, pooled])


def residual(x: Any, filters: int, name: str, options: Options, strides: int, output: str) -> Any:
    """A basic residual block (He et al. 2016, figure 2): (n, h, w, f) -> (n, h', w', filters).

    Source: https://arxiv.org/abs/1512.03385. Two 3x3 convolutions, the first with `strides`; the
    shortcut is a 1x1 convolution where the shape changes (their option B). `output` names the
    activation after the addition.
    """
    normalise = options.batch_normalisation
    branch = convolution(x, filters, 3, f"{name}_a", normalise, strides)
    branch = rectified(branch, f"{name}_a_relu")
    branch = convolution(branch, filters, 3, f"{name}_b", normalise)
    if strides > 1 or x.shape[-1] != filters:
        # Every second pixel first: the same numbers as a 1x1 convolution with that stride, whose
        # gradient writes beyond its memory in oneDNN below 16 channels (uxlfoundation/oneDNN#6035).
        x = layers.MaxPooling2D(1, strides, name=f"{name}_thinned")(x) if strides > 1 else x
        x = convolution(x, filters, 1, f"{name}_shortcut", normalise)
    return rectified(layers.Add(name=f"{name}_sum")([x, branch]), output)


def hidden(x: Any, units: int, name: str, normalise: bool) -> Any:
    """A hidden fully connected layer: (n, f) -> (n, units), normalised, rectified."""
    x = layers.Dense(units, use_bias=not normalise, kernel_initializer=START, name=name)(x)
    if normalise:
        x = normalised(x, name)
    return rectified(x, f"{name}_relu")


def dropped(x: Any, rate: float, name: str, factor: float = 1.0) -> Any:
    """Dropout with a dial, after the layer `name`."""
    return Dropout(rate, factor, name=f"{name}_dropout")(x)


def logits(x: Any, classes: int) -> Any:
    """(n, f) -> (n, k) in float32 under every precision: the loss needs its digits."""
    return layers.Dense(classes, dtype="float32", name="logits")(x)
