"""Which library computes, TensorFlow or JAX: chosen once a sweep, before either is loaded.

Keras decides at its import, and for the rest of the process. This module loads no framework.
"""

import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.errors import BadInput

AUTO = "auto"
TENSORFLOW, JAX = "tensorflow", "jax"
BACKENDS = (TENSORFLOW, JAX)
CHOICES = (AUTO, *BACKENDS)

BEFORE = TENSORFLOW
"""What computed where nothing is recorded: there was no other."""

JAX_ON_A_GPU = ("jax_cuda13_plugin", "jax_cuda12_plugin")
"""Modules with which JAX sees an NVIDIA GPU, by the extras [cuda13] and [cuda12]; it looks for
them in this order (https://docs.jax.dev/en/latest/installation.html)."""

INSTALL = {
    TENSORFLOW: "pip install 'tensorflow>=2.21,<2.22', on Python 3.11 to 3.13",
    JAX: "pip install -e '.[jax]', or .[cuda12] or .[cuda13] for a GPU",
}

NUMERIC = (
    "JAX_DEFAULT_MATMUL_PRECISION",
    "JAX_DEFAULT_PRNG_IMPL",
    "JAX_ENABLE_X64",
    "JAX_NUMPY_DTYPE_PROMOTION",
    "JAX_THREEFRY_PARTITIONABLE",
    "NVIDIA_TF32_OVERRIDE",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "ONEDNN_MAX_CPU_ISA",
    "TF_CUDNN_DETERMINISTIC",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_AUTO_MIXED_PRECISION",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_XLA_FLAGS",
)
"""Variables with which a library computes otherwise, under one and the same name of a trial: they
are not followed. `XLA_FLAGS` is, which also says where to write what was compiled."""

Installed = Callable[[str], bool]
"""Whether a module of that name could be imported."""


@dataclass(frozen=True)
class BackendChoice:
    """What was chosen and why.

    Attributes:
        backend: "tensorflow" or "jax".
        evidence: a few words with what was asked for or seen.
    """

    backend: str
    evidence: str


def is_installed(module: str) -> bool:
    """Whether a module could be imported; it is not."""
    return importlib.util.find_spec(module) is not None


def check(backend: str, installed: Installed = is_installed) -> None:
    """Refuse a backend that is not here.

    Raises:
        BadInput: saying how to install it.
    """
    if backend != AUTO and not installed(backend):
        raise BadInput(
            f"--backend {backend}: {backend} is not installed here; {INSTALL[backend]}, or leave "
            "the choice to --backend auto"
        )
    if backend == AUTO and not any(map(installed, BACKENDS)):
        raise BadInput(
            "neither TensorFlow nor JAX is installed here, and one of them computes: "
            + "; or ".join(INSTALL.values())
        )


def choose(wish: str, on_gpu: bool, installed: Installed = is_installed) -> BackendChoice:
    """The backend of a sweep: JAX where its trials get a GPU and JAX sees it, else TensorFlow.

    On processors TensorFlow is the faster: XLA's convolutions run there at 0.6 of its speed.

    Args:
        wish: "auto" or a backend.
        on_gpu: whether trials get a share of a GPU.
        installed: what is there.

    Raises:
        BadInput: where what is asked for is not installed.
    """
    check(wish, installed)
    if wish != AUTO:
        return BackendChoice(wish, "as asked for")
    if not installed(TENSORFLOW):
        return BackendChoice(JAX, "TensorFlow is not installed")
    if not on_gpu:
        return BackendChoice(TENSORFLOW, "no GPU; on processors it is the faster of the two")
    plugin = jax_plugin(installed)
    if installed(JAX) and plugin:
        return BackendChoice(JAX, f"a GPU, and JAX sees it by {plugin}")
    return BackendChoice(
        TENSORFLOW,
        "a GPU, but no JAX that sees it; that would be the faster: pip install -e '.[cuda12]'",
    )


def jax_plugin(installed: Installed = is_installed) -> str:
    """The module with which JAX sees a GPU, if there is one; "" where none is installed."""
    return next((name for name in JAX_ON_A_GPU if installed(name)), "")


def recorded_or_other(recorded: str, installed: Installed = is_installed) -> BackendChoice:
    """What reads the nets of a finished sweep: the backend that trained them, else the other.

    Raises:
        BadInput: where neither is installed.
    """
    check(AUTO, installed)
    if installed(recorded):
        return BackendChoice(recorded, "it trained the nets")
    other = next(name for name in BACKENDS if installed(name))
    return BackendChoice(
        other, f"{recorded}, which trained the nets, is not installed; both read the same weights"
    )


def not_followed() -> tuple[str, ...]:
    """A sentence where variables are set that would change numbers; empty where none is."""
    names = [name for name in NUMERIC if name in os.environ]
    if not names:
        return ()
    return (f"not followed, as a trial's numbers would change with it: {', '.join(names)}",)


def settle(backend: str) -> None:
    """Have Keras compute with this backend in this process; before Keras is imported.

    The variable outranks the user's `keras.json`, whose other entries
    `orchestrator.models.keras_settings` overrules; `NUMERIC` ones are taken away.

    Raises:
        RuntimeError: where Keras has been imported with another.
    """
    config = getattr(sys.modules.get("keras"), "config", None)
    loaded = config.backend() if config else backend
    if loaded != backend:
        raise RuntimeError(
            f"this process computes with Keras on {loaded} already; {backend} needs a process of "
            "its own"
        )
    for name in NUMERIC:
        os.environ.pop(name, None)
    os.environ["KERAS_BACKEND"] = backend
    os.environ["KERAS_NNX_ENABLED"] = "false"  # keras.json may say otherwise; our engine needs none
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def jax_memory(share: float) -> dict[str, str]:
    """Variables that keep a process of JAX within its share of a GPU's memory.

    JAX takes three quarters of the memory at its first step, so that a second process finds none
    (https://docs.jax.dev/en/latest/gpu_memory_allocation.html). They count before JAX is imported.

    Args:
        share: of one GPU, above 0 to 1.
    """
    variables = {"XLA_PYTHON_CLIENT_MEM_FRACTION": f"{0.9 * share:.4g}"}
    return variables if share == 1 else variables | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
