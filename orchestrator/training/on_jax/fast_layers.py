"""Batch normalisation and max-pooling in forms that XLA turns into few passes over the maps.

The models stay Keras operations only; the engine exchanges the computation of the model that it
trains, so that layers, names, variables, their order and what is saved stay as they were.

Keras normalises (Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167) by a variance about the
mean, which reads the maps a second time once the mean is there; here both moments come of one pass.
Its max-pooling is a windowed reduction, whose gradient searches every window again; here it is the
largest of shifted maps, whose gradient is a comparison. Values are equal up to rounding. Where
several values of a window are equally large, the gradient is shared among them and not given to
the first.
"""

from collections.abc import Iterator
from types import MethodType
from typing import Any

import jax.numpy as jnp
import keras
from jax import lax


def quicken(model: keras.Model) -> int:
    """Let the forms above compute every normalisation and max-pooling of maps in a model.

    Feature maps are (n, h, w, f), channels last. Left to Keras are other ranks and axes, batch
    renormalisation, pooling by a step that differs between the axes, and classes that compute
    something of their own in `call`. Layers inside inner models count too.

    Returns:
        Number of layers that compute otherwise from now on.
    """
    exchanged = 0
    for layer in _layers(model):
        fits, call = _FORMS.get(type(layer), (_never, None))
        if "call" not in vars(layer) and fits(layer):
            layer.call = MethodType(call, layer)
            exchanged += 1
    return exchanged


def _never(layer: Any) -> bool:
    return False


def _layers(model: keras.Model) -> Iterator[Any]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def _plain_normalisation(layer: Any) -> bool:
    return bool(
        layer.built
        and layer.axis in (-1, layer.input_spec.ndim - 1)
        and layer.variable_dtype == "float32"
        and not layer.renorm
    )


def _normalised(layer: Any, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
    """In place of `call` of Keras' layer: (..., f) -> (..., f); statistics in float32."""
    if mask is not None:
        return type(layer).call(layer, inputs, training=training, mask=mask)
    x = jnp.asarray(inputs, jnp.float32)
    # As in Keras, a frozen layer keeps its statistics and normalises by them.
    if training and layer.trainable:
        places = tuple(range(x.ndim - 1))
        mean = x.mean(places)
        variance = jnp.maximum((x * x).mean(places) - mean * mean, 0.0)
        for moving, batch in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
            moving.assign(moving.value * layer.momentum + batch * (1.0 - layer.momentum))
    else:
        mean, variance = layer.moving_mean.value, layer.moving_variance.value
    factor = lax.rsqrt(variance + layer.epsilon)
    if layer.gamma is not None:
        factor = factor * layer.gamma.value
    offset = -mean * factor
    if layer.beta is not None:
        offset = offset + layer.beta.value
    return (x * factor + offset).astype(layer.compute_dtype)


def _square_pooling(layer: Any) -> bool:
    sizes, strides = set(layer.pool_size), set(layer.strides)
    return len(sizes) == len(strides) == 1 and layer.data_format == "channels_last"


def _pooled(layer: Any, inputs: Any) -> Any:
    """In place of `call` of Keras' layer: (n, h, w, f) -> (n, h', w', f)."""
    window, step = layer.pool_size[0], layer.strides[0]
    tall, wide = (_extent(side, window, step, layer.padding) for side in inputs.shape[1:3])
    lowest = jnp.array(-jnp.inf, inputs.dtype)
    ends = [(before, below, 0) for before, below, _ in (tall, wide)]
    padded = lax.pad(inputs, lowest, [(0, 0, 0), *ends, (0, 0, 0)])
    (_, _, rows), (_, _, columns) = tall, wide
    if window == step:
        shape = (inputs.shape[0], rows, step, columns, step, inputs.shape[-1])
        return padded[:, : rows * step, : columns * step].reshape(shape).max((2, 4))
    largest = None
    for i in range(window):
        for j in range(window):
            place = padded[:, i : i + step * (rows - 1) + 1 : step]
            place = place[:, :, j : j + step * (columns - 1) + 1 : step]
            largest = place if largest is None else jnp.maximum(largest, place)
    return largest


def _extent(side: int, window: int, step: int, padding: str) -> tuple[int, int, int]:
    """What is padded before and after one axis, and the number of windows on it."""
    if padding == "valid":
        return 0, 0, (side - window) // step + 1
    windows = -(-side // step)
    missing = max((windows - 1) * step + window - side, 0)
    return missing // 2, missing - missing // 2, windows


_FORMS: dict[type, tuple[Any, Any]] = {
    keras.layers.BatchNormalization: (_plain_normalisation, _normalised),
    keras.layers.MaxPooling2D: (_square_pooling, _pooled),
}
"""Kind of layer -> (whether it can be exchanged, what computes in its place)."""
