"""Batch normalisation by TensorFlow's single kernel, behind Keras' layers.

Keras puts batch normalisation (Ioffe & Szegedy 2015,
https://arxiv.org/abs/1502.03167, algorithms 1 and 2) together from elementary
operations, and in float32 also where the maps are bfloat16: on a CPU that takes longer than the
convolutions. TensorFlow has one kernel for it, forwards and backwards, that reads either type. The
models stay Keras operations only; the engine exchanges the computation of the model that it trains,
so that layers, names, variables, their order and what is saved stay as they were.

The numbers are those of Keras' layer up to rounding. The kernel returns the batch's unbiased
variance (the sum divided by N - 1, where N = n h w), while Keras averages the biased one (by N):
that is undone here. One thing is lost: with `tf.config.experimental.enable_op_determinism` a frozen
layer has no gradient on a GPU.
"""

from collections.abc import Iterator
from types import MethodType
from typing import Any

import keras
import tensorflow as tf

KERNEL_TYPES = (tf.float32, tf.bfloat16, tf.float16)
"""Types of feature maps that the kernel takes; statistics, scale and offset are float32."""

EVEN_CHANNELS = 16
"""On a CPU the kernel is fast in bfloat16 only where this divides the channels.

oneDNN vectorises it for whole registers of 16 and falls back to plain loops otherwise: 90 to 225 ms
in place of 15 for ten million values there and back (8 to 128 channels, one core with AMX). Through
float32 and back it is 33 to 55 ms, with the same result: the kernel counts in float32 anyway.
"""


def fuse(model: keras.Model) -> int:
    """Let TensorFlow's kernel compute every batch normalisation of feature maps in a model.

    Feature maps are (n, h, w, f), channels last. Left to Keras are other ranks and axes, batch
    renormalisation, statistics synchronised between devices, variables that are not float32, and
    classes that compute something of their own in `call`. Layers inside inner models count too; a
    layer that was fused before does not count again. A copy made from the model's configuration or
    file is not fused.

    Returns:
        Number of layers that compute otherwise from now on.
    """
    layers = [layer for layer in _normalisations(model) if _replaceable(layer)]
    for layer in layers:
        layer.call = MethodType(_normalised, layer)
    return len(layers)


def _normalisations(model: keras.Model) -> Iterator[Any]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _normalisations(layer)
        elif isinstance(layer, keras.layers.BatchNormalization):
            yield layer


def _replaceable(layer: Any) -> bool:
    return (
        type(layer).call is keras.layers.BatchNormalization.call
        and "call" not in vars(layer)
        and layer.built
        and layer.input_spec.ndim == 4
        and layer.axis in (-1, 3)
        and layer.variable_dtype == "float32"
        and not layer.renorm
        and not layer.synchronized
    )


def _normalised(layer: Any, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
    """In place of `call` of Keras' layer: (n, h, w, f) -> (n, h, w, f)."""
    if mask is not None or inputs.dtype not in KERNEL_TYPES:
        return type(layer).call(layer, inputs, training=training, mask=mask)
    # As in Keras, a frozen layer keeps its statistics and normalises by them.
    by_batch = bool(training) and layer.trainable
    result = tf.raw_ops.FusedBatchNormV3(
        x=tf.cast(inputs, _kernel_type(inputs)),
        scale=_or_constant(layer.gamma, 1.0, inputs),
        offset=_or_constant(layer.beta, 0.0, inputs),
        mean=[] if by_batch else tf.convert_to_tensor(layer.moving_mean),
        variance=[] if by_batch else tf.convert_to_tensor(layer.moving_variance),
        epsilon=layer.epsilon,
        is_training=by_batch,
    )
    if by_batch:
        _follow(layer.moving_mean, result.batch_mean, layer.momentum)
        number = tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32)
        biased = result.batch_variance * ((number - 1.0) / number)
        _follow(layer.moving_variance, biased, layer.momentum)
    return tf.cast(result.y, layer.compute_dtype)


def _kernel_type(inputs: Any) -> Any:
    uneven = inputs.dtype == tf.bfloat16 and inputs.shape[-1] % EVEN_CHANNELS
    return tf.float32 if uneven and not tf.config.list_physical_devices("GPU") else inputs.dtype


def _or_constant(variable: Any, value: float, inputs: Any) -> Any:
    if variable is None:  # center=False or scale=False
        return tf.fill(inputs.shape[-1:], value)
    return tf.convert_to_tensor(variable)


def _follow(moving: Any, batch: Any, momentum: float) -> None:
    moving.assign(moving * momentum + batch * (1.0 - momentum))
