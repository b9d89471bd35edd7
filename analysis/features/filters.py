"""Learned filters: the weights of a convolution as small pictures."""

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from analysis.explain.network import Network
from analysis.features.layers import convolutions, named
from orchestrator.errors import BadInput

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Filters:
    """The filters of one layer.

    Attributes:
        layer: its name.
        weights: (f, kh, kw, c), c the channels that a filter reads; signed.
        limit: largest absolute weight of all filters. Drawn from -limit to limit, filters can be
            compared with each other and zero has the middle colour. 0 if all weights are 0.
    """

    layer: str
    weights: Floats
    limit: float


def layers_of(network: Network) -> list[str]:
    """Names of the layers with filters, in their order from the image on."""
    return [layer.name for layer in convolutions(network)]


def filters(network: Network, layer: str | None = None) -> Filters:
    """The filters of a layer; of the first one if none is named, the one that reads the image.

    Of a separable convolution they are the spatial ones; a depthwise convolution has a filter for
    each channel and multiplier, and each reads one channel.

    Raises:
        BadInput: if the layer is missing or has no filters, or the net has no convolution.
    """
    names = layers_of(network)
    if not names:
        raise BadInput(f"{network.model.name} has no convolution, so there are no filters to show")
    name = names[0] if layer is None else layer
    if name not in names:
        there = named(network, name)
        raise BadInput(
            f"layer {name} ({type(there).__name__}) has no filters; "
            f"layers with filters: {', '.join(names)}"
        )
    weights = _by_filter(named(network, name))
    return Filters(name, weights, float(np.abs(weights).max(initial=0)))


def _by_filter(layer: keras.layers.Layer) -> Floats:
    """A layer's kernel, (kh, kw, c, f) in most of Keras, as (f, kh, kw, c)."""
    if isinstance(layer, keras.layers.DepthwiseConv2D | keras.layers.SeparableConv2D):
        separable = isinstance(layer, keras.layers.SeparableConv2D)
        kernel = _numbers(layer.depthwise_kernel if separable else layer.kernel)
        return kernel.reshape(*kernel.shape[:2], -1, 1).transpose(2, 0, 1, 3)
    order = (2, 0, 1, 3) if isinstance(layer, keras.layers.Conv2DTranspose) else (3, 0, 1, 2)
    return _numbers(layer.kernel).transpose(order)


def _numbers(variable: keras.Variable) -> Floats:
    return np.asarray(keras.ops.convert_to_numpy(variable), np.float32)
