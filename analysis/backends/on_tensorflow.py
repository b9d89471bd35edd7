"""On TensorFlow: graphs that take any number of rows, and gradients by a tape."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf
from numpy.typing import NDArray

from analysis.backends.backend import Program, Pull, Steps, Tensor
from analysis.backends.hooks import hooked
from orchestrator.training.on_tensorflow.device import gpu_name, settle

__all__ = [
    "batch_rows",
    "compiled",
    "direct",
    "gpu_name",
    "irfft2",
    "outlined",
    "pullback",
    "pullback_at",
    "settle",
]

ON_CPU, ON_GPU = 256, 1024
"""Rows at once: more gain nothing on a few cores, fewer leave a GPU idle."""


class _Graph:
    """A `tf.function`, or what one is made of: arrays in, arrays out."""

    def __init__(self, function: Callable[..., Sequence[tf.Tensor]]) -> None:
        self._function = function

    @property
    def compilations(self) -> int:
        count = getattr(self._function, "experimental_get_tracing_count", None)
        return int(count()) if count else 0

    def __call__(self, *arrays: NDArray[Any], rows: int = 0) -> list[NDArray[Any]]:
        return [result.numpy() for result in self._function(*arrays)]


def batch_rows(rows: int) -> int:
    """See `Backend`."""
    return ON_GPU if gpu_name() else ON_CPU


def compiled(
    steps: Steps,
    shapes: Sequence[tuple[int, ...]],
    read: Sequence[keras.Variable],
    written: Sequence[keras.Variable] = (),
) -> Program:
    """A graph; without AutoGraph, since no `if` and no loop here depends on a tensor."""
    signature = [tf.TensorSpec((None, *shape), tf.float32) for shape in shapes]
    return _Graph(tf.function(steps, input_signature=signature, autograph=False))


def direct(steps: Steps, read: Sequence[keras.Variable]) -> Program:
    """Operation by operation: a graph takes seconds to be made."""
    return _Graph(lambda *arrays: steps(*map(tf.convert_to_tensor, arrays)))


def outlined(function: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> Tensor:
    """See `Backend`."""
    return function(tf.zeros(shape))


def pullback(function: Callable[[Tensor], Tensor], point: Tensor) -> tuple[Tensor, Pull]:
    """See `Backend`."""
    source = tf.convert_to_tensor(point)
    with tf.GradientTape(watch_accessed_variables=False, persistent=True) as tape:
        tape.watch(source)
        made = function(source)
    return made, _pull(tape, made, source)


def pullback_at(
    layer: keras.layers.Layer, function: Callable[[], tuple[Tensor, Tensor]]
) -> tuple[tuple[Tensor, Tensor], Pull]:
    """See `Backend`."""
    sources: list[tf.Tensor] = []

    def watched(_: keras.layers.Layer, __: Any, made: Any) -> tf.Tensor:
        source = tf.identity(made)
        tape.watch(source)
        sources[:] = [source]
        return source

    tape = tf.GradientTape(watch_accessed_variables=False, persistent=True)
    with tape, hooked([layer], watched):
        made, more = function()
    return (made, more), _pull(tape, made, sources[0])


def _pull(tape: tf.GradientTape, made: tf.Tensor, point: tf.Tensor) -> Pull:
    def pull(factors: tf.Tensor) -> tf.Tensor:
        zero = tf.UnconnectedGradients.ZERO
        return tape.gradient(made, point, output_gradients=factors, unconnected_gradients=zero)

    return pull


def irfft2(real: Tensor, imaginary: Tensor, size: tuple[int, int]) -> Tensor:
    """See `Backend`."""
    return tf.signal.irfft2d(tf.complex(real, imaginary), size)
