"""Which precision is the faster one under TensorFlow; `training.precision_choice` has the rules."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from orchestrator.training.on_tensorflow.fused_normalisation import fuse
from orchestrator.training.precision_choice import (
    WITHOUT_BFLOAT16,
    PrecisionChoice,
    by_capability,
    by_rates,
    processor_has_bfloat16,
    rates,
)

BATCH = 16


def choose(seconds: float = 1.0) -> PrecisionChoice:
    """The faster precision on the device TensorFlow will use, with the evidence.

    On a GPU its compute capability decides. On a CPU a small convolutional net is trained in both,
    with the threads TensorFlow has been given and without XLA, whose CPU convolutions are slower.

    Args:
        seconds: of measuring; compiling the two steps adds about as much.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        name, capability = details.get("device_name", "the GPU"), details.get("compute_capability")
        return by_capability(name, tuple(capability or ()))
    if not processor_has_bfloat16():
        return WITHOUT_BFLOAT16
    return by_rates(*rates([_step("float32"), _step("mixed_bfloat16")], BATCH, seconds))


def _step(policy: str) -> Callable[[], Any]:
    """One forward and backward pass of a small net in this precision, compiled on first call."""
    net = _net(policy)
    images = tf.random.stateless_normal((BATCH, 48, 48, 1), seed=(0, 0))
    weights = [variable.value for variable in net.trainable_variables]

    @tf.function(jit_compile=False)
    def pass_both_ways() -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(net(images, training=True)))
        return tf.add_n([tf.reduce_sum(g) for g in tape.gradient(loss, weights)])

    return lambda: pass_both_ways().numpy()


def _net(policy: str) -> Any:
    layers = keras.layers
    net = keras.Sequential(
        [
            keras.Input((48, 48, 1)),
            *_block(32, policy),
            *_block(64, policy),
            *_block(128, policy),
            layers.GlobalAveragePooling2D(dtype=policy),
            layers.Dense(7, dtype="float32"),
        ]
    )
    fuse(net)
    return net


def _block(filters: int, policy: str) -> list[Any]:
    """Two convolutions and a pooling, as in the VGG family."""
    # With batch normalisation, computed as in training: it gains less in bfloat16 than convolutions
    # do, so without it the ratio would be too good for the nets that are really trained.
    layers = keras.layers
    convolution = [
        (
            layers.Conv2D(filters, 3, padding="same", dtype=policy),
            layers.BatchNormalization(dtype=policy),
            layers.ReLU(dtype=policy),
        )
        for _ in range(2)
    ]
    return [*convolution[0], *convolution[1], layers.MaxPooling2D(dtype=policy)]
