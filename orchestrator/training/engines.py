"""Every backend: how its engine is opened, and what it says of the device.

Nothing is imported before it is asked for, and then one backend alone: with "jax" nothing loads
TensorFlow.
"""

from collections.abc import Callable
from typing import Protocol

from orchestrator.config import TrialConfig
from orchestrator.process import backend as backends
from orchestrator.training.engine import Engine
from orchestrator.training.inputs import Inputs
from orchestrator.training.precision_choice import PrecisionChoice


class Device(Protocol):
    """What a backend may take of this machine, and what it computes on."""

    def settle(self, threads: int | None) -> None:
        """Limit the threads, None for none, and the GPU's memory; before anything is computed."""

    def gpu_name(self) -> str | None:
        """Name of the first GPU; None on a machine without one."""


class Compiler(Protocol):
    """What compiles a trial's programs for the cache on the disk, and trains nothing."""

    def compile(self, config: TrialConfig, inputs: Inputs) -> int:
        """Compile; of inputs shapes and types alone count. Returns the number of programs."""


def _tensorflow(threads: int | None) -> Engine:
    from orchestrator.training.on_tensorflow.tensorflow_engine import TensorflowEngine

    return TensorflowEngine(threads)


def _jax(threads: int | None) -> Engine:
    from orchestrator.training.on_jax.jax_engine import JaxEngine

    return JaxEngine(threads)


ENGINES: dict[str, Callable[[int | None], Engine]] = {"tensorflow": _tensorflow, "jax": _jax}
"""Backend -> its engine with so many threads, None for all; one line adds one."""


def open_engine(backend: str, threads: int | None) -> Engine:
    """The backend's engine in this process, which computes with no other from here on.

    Args:
        backend: a key of ENGINES.
        threads: of a trial on a CPU; None for all.

    Raises:
        RuntimeError: where Keras computes with another already.
    """
    _begin(backend)
    return ENGINES[backend](threads)


def open_compiler(threads: int | None) -> Compiler:
    """What compiles ahead on JAX; on TensorFlow nothing does, it keeps no program on the disk.

    Arguments and errors as of `open_engine`.
    """
    _begin(backends.JAX)
    from orchestrator.training.on_jax.jax_engine import JaxEngine

    return JaxEngine(threads)


def device(backend: str) -> Device:
    """The backend's view of the machine; arguments and errors as of `open_engine`."""
    _begin(backend)
    if backend == backends.JAX:
        from orchestrator.training.on_jax import device as of_jax

        return of_jax
    from orchestrator.training.on_tensorflow import device as of_tensorflow

    return of_tensorflow


def choose_precision(backend: str, seconds: float = 1.0) -> PrecisionChoice:
    """The faster precision under this backend on the device that it will use.

    Args:
        backend: a key of ENGINES.
        seconds: of measuring, where that is needed.
    """
    _begin(backend)
    if backend == backends.JAX:
        from orchestrator.training.on_jax.precision import choose as on_jax

        return on_jax(seconds)
    from orchestrator.training.on_tensorflow.precision import choose as on_tensorflow

    return on_tensorflow(seconds)


def _begin(backend: str) -> None:
    backends.settle(backend)
    from orchestrator.models.keras_settings import settle_keras  # imports Keras

    settle_keras()
