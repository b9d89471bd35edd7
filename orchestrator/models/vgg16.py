"""`vgg16`: transfer learning from ImageNet.

Base: the convolutional part of configuration D of Simonyan & Zisserman (ICLR 2015,
https://arxiv.org/abs/1409.1556), 14.71 million parameters, weights as Keras Applications
distributes them. Head after the template of Khanzada, Bai & Celepcikay
(https://arxiv.org/abs/2004.11823): pool5, flattened; then dropout and a hidden layer, once for each
number in `head`; then the logits. Differs from the template: ImageNet's weights in place of
VGGFace's, images at their own size in place of 197x197, batch normalisation in the head (an
option), head of 256 units by default in place of 4096 and 1024.
"""

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from orchestrator.errors import BadInput
from orchestrator.models import blocks
from orchestrator.models.custom_layers import PACKAGE
from orchestrator.models.options import CAM_LAYER, Options, locate_weights

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""(filters, convolutions) of the five blocks; each ends with a 2x2 pooling."""

MEANS = (103.939, 116.779, 123.68)
"""ImageNet's mean blue, green and red, which the weights expect to have been subtracted."""

SMALLEST = 2 ** len(BLOCKS)


@keras.saving.register_keras_serializable(PACKAGE)
class ImageNetScaling(keras.layers.Layer):
    """From our images to what the weights were trained on: (n, h, w, 1 or 3) -> (n, h, w, 3).

    255 x - mean, blue first; a gray channel is repeated, a colour image is red first. [0, 1]
    becomes ImageNet's own range. Variants with other ranges get the same formula: a standardised
    image comes out about four times too strong and half a standard deviation too dark. The base has
    no normalisation, so its features grow in about the same measure, and the head's batch
    normalisation takes that out again; without it, prefer variants in [0, 1].
    """

    def call(self, inputs: Any) -> Any:
        """See the class."""
        colours = ops.flip(inputs, -1) if inputs.shape[-1] == 3 else ops.repeat(inputs, 3, axis=-1)
        return colours * 255.0 - ops.cast(ops.convert_to_tensor(MEANS), inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(n, h, w, 3)."""
        return (*input_shape[:-1], 3)


def vgg16(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """VGG16 with a new head: (n, h, w, 1 or 3) -> (n, k) logits; h, w at least 32.

    With loaded weights: `fine_tune` says which blocks learn, `width` acts on the head alone, the
    base has no batch normalisation. With weights="none": everything learns whatever `fine_tune`
    says, `width` and `batch_normalisation` act on the base too. `pooling` acts on the base in both
    cases (its weights were trained with max). Dropout stands before each hidden layer of the head,
    or before the logits where there is none.

    Raises:
        BadInput: if the images are too small or have 2 channels, or the weights cannot be had.
    """
    _check_shape(shape)
    path = locate_weights(options.weights)
    inputs = keras.Input(shape, name="images")
    x = ImageNetScaling(name="imagenet_scaling")(inputs)
    for number in range(1, len(BLOCKS) + 1):
        x = _block(x, number, options, loaded=path is not None)
    if path is not None:
        base = keras.Model(inputs, x)
        _load(base, path)
        _freeze(base, options.fine_tune)
    return keras.Model(inputs, _head(x, classes, options), name="vgg16")


def _check_shape(shape: tuple[int, int, int]) -> None:
    height, width, channels = shape
    if min(height, width) < SMALLEST or channels not in (1, 3):
        raise BadInput(
            f"vgg16 cannot take images of {height}x{width} pixels with {channels} channels; it "
            f"expects at least {SMALLEST}x{SMALLEST} pixels and 1 or 3 channels"
        )


def _block(x: Any, number: int, options: Options, loaded: bool) -> Any:
    filters, convolutions = BLOCKS[number - 1]
    for repeat in range(1, convolutions + 1):
        name = f"block{number}_conv{repeat}"
        if loaded:
            # zeros: random weights would be made, at a third of a second, and then replaced
            start = {"kernel_initializer": "zeros", "padding": "same", "name": name}
            x = layers.Conv2D(filters, 3, **start)(x)
        else:
            scaled = options.scaled(filters)
            x = blocks.convolution(x, scaled, 3, name, options.batch_normalisation)
        last = number == len(BLOCKS) and repeat == convolutions
        x = blocks.rectified(x, CAM_LAYER if last else f"{name}_relu")
    return blocks.pooling(x, options.pooling, 2, f"block{number}_pool", padding="valid")


def _load(base: keras.Model, path: Path) -> None:
    try:
        with warnings.catch_warnings(action="ignore"):  # of what a wrong file lacks; said below
            base.load_weights(path)
    except Exception as error:  # h5py and Keras raise a dozen kinds for a damaged file
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise BadInput(
            f"{path} does not hold the weights of VGG16 without top, or is damaged ({reason}); get "
            "the file anew, or train from scratch by --set weights=none"
        ) from error
    for variable in base.weights:
        value = variable.numpy()
        if not np.isfinite(value).all() or (value.ndim > 1 and not value.any()):
            raise BadInput(f"{path}: the weights of {variable.path} are not finite or all zero")


def _freeze(base: keras.Model, fine_tune: str) -> None:
    learning = {"frozen": "none", "last_block": f"block{len(BLOCKS)}", "all": "block"}[fine_tune]
    for layer in base.layers:
        layer.trainable = layer.name.startswith(learning)


def _head(x: Any, classes: int, options: Options) -> Any:
    x = layers.Flatten(name="flatten")(x)
    units = options.head_units()
    for number, size in enumerate(units, start=1):
        x = blocks.dropped(x, options.dropout, f"head{number}")
        scaled = options.scaled(size)
        x = blocks.hidden(x, scaled, f"head{number}", options.batch_normalisation)
    if not units:
        x = blocks.dropped(x, options.dropout, "flatten")
    return blocks.logits(x, classes)
