"""On JAX: a program for each shape, variables as arguments of it, and gradients by `jax.vjp`.

Everything is computed in float32: unless it is told, JAX rounds the factors of products to 10 bits
on a GPU.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

from analysis.backends.backend import Program, Pull, Steps, Tensor
from analysis.backends.hooks import hooked
from orchestrator.process.cache_folder import default_cache
from orchestrator.training.on_jax import compile_cache, device
from orchestrator.training.on_jax.device import gpu_name

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

FEW, ON_CPU, ON_GPU = 32, 256, 1024
"""Rows that a program is compiled for. On a CPU a few are not worth filling up to a batch; on a GPU
compiling once more costs as much as a hundred batches."""


def _pass_over_tensorflow() -> None:
    """Have Keras take TensorFlow for absent in this process, unless it is there already.

    Whenever Keras copies or saves a layer it asks whether something is a shape of TensorFlow's, and
    where that is installed, imports it to find out, which takes seconds. It asks once.
    """
    if "tensorflow" in sys.modules:
        return
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        keras.saving.serialize_keras_object(keras.initializers.Zeros())
    finally:
        del sys.modules["tensorflow"]


_pass_over_tensorflow()


class _Jitted:
    """A `jax.jit` of the steps as a function of arrays and of the variables' values."""

    def __init__(
        self,
        steps: Steps,
        read: Sequence[keras.Variable],
        written: Sequence[keras.Variable] = (),
    ) -> None:
        self._steps, self._read, self._written = steps, tuple(read), tuple(written)
        self._jitted: Any = jax.jit(self._stateless)

    @property
    def compilations(self) -> int:
        return int(self._jitted._cache_size())

    def _stateless(
        self, values: Sequence[jax.Array], arrays: Sequence[jax.Array]
    ) -> tuple[list[jax.Array], list[jax.Array]]:
        state = list(zip(self._read, values, strict=True))
        with (
            jax.default_matmul_precision("float32"),
            keras.StatelessScope(state_mapping=state) as scope,
        ):
            results = list(self._steps(*arrays))
            return results, [scope.get_current_value(variable) for variable in self._written]

    def __call__(self, *arrays: NDArray[Any], rows: int = 0) -> list[NDArray[Any]]:
        values = [variable.value for variable in self._read]
        filled = [_filled(array, rows) for array in arrays]
        results, changed = self._jitted(values, filled)
        for variable, value in zip(self._written, changed, strict=True):
            variable.assign(value)
        if not rows:
            return [np.array(result) for result in jax.device_get(results)]
        return [np.array(result[: len(arrays[0])]) for result in jax.device_get(results)]


def _filled(array: NDArray[Any], rows: int) -> NDArray[Any]:
    if len(array) >= rows:
        return array
    return np.concatenate([array, np.zeros((rows - len(array), *array.shape[1:]), array.dtype)])


def settle(threads: int | None) -> None:
    """See `Backend`; compiled programs are kept in the product's cache from then on."""
    device.settle(threads)
    compile_cache.settle(default_cache())


def batch_rows(rows: int) -> int:
    """See `Backend`."""
    if device.on_gpu():
        return ON_GPU
    return FEW if rows <= FEW else ON_CPU


def compiled(
    steps: Steps,
    shapes: Sequence[tuple[int, ...]],
    read: Sequence[keras.Variable],
    written: Sequence[keras.Variable] = (),
) -> Program:
    """See `Backend`; for each number of rows it is compiled anew."""
    return _Jitted(steps, read, written)


def direct(steps: Steps, read: Sequence[keras.Variable]) -> Program:
    """Compiled too: operation by operation, each would be compiled by itself."""
    return _Jitted(steps, read)


def outlined(function: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> Tensor:
    """Nothing is computed."""
    return jax.eval_shape(function, jax.ShapeDtypeStruct(shape, jnp.float32))


def pullback(function: Callable[[Tensor], Tensor], point: Tensor) -> tuple[Tensor, Pull]:
    """See `Backend`."""
    made, pull = jax.vjp(function, point)
    return made, lambda factors: pull(factors)[0]


def pullback_at(
    layer: keras.layers.Layer, function: Callable[[], tuple[Tensor, Tensor]]
) -> tuple[tuple[Tensor, Tensor], Pull]:
    """By a change of nothing that is added to what the layer gives."""
    shapes: list[tuple[int, ...]] = []

    def noted(_: keras.layers.Layer, __: Any, made: Any) -> Any:
        shapes.append(made.shape)
        return made

    with hooked([layer], noted):
        jax.eval_shape(function)
    last = len(shapes)

    def changed(change: Tensor) -> tuple[Tensor, Tensor]:
        uses = 0

        def added(_: keras.layers.Layer, __: Any, made: Any) -> Any:
            nonlocal uses
            uses += 1
            return made + change if uses == last else made

        with hooked([layer], added):
            return function()

    made, pull, more = jax.vjp(changed, jnp.zeros(shapes[-1]), has_aux=True)
    return (made, more), lambda factors: pull(factors)[0]


def irfft2(real: Tensor, imaginary: Tensor, size: tuple[int, int]) -> Tensor:
    """See `Backend`."""
    return jnp.fft.irfft2(jax.lax.complex(real, imaginary), size)
