"""What JAX may take of this machine; JAX reads it from variables when it first computes."""

import os

import jax

from orchestrator.process import hardware
from orchestrator.process.backend import jax_plugin

SINGLE_THREADED = "--xla_cpu_multi_thread_eigen=false"


def settle(threads: int | None) -> None:
    """Limit the threads on a CPU; before JAX computes anything.

    JAX that has computed already keeps what it was given then.

    Args:
        threads: of XLA's pool; None leaves them all.
    """
    if threads:
        os.environ.update(limits(threads, os.environ.get("XLA_FLAGS", ""), _gpu_in_sight()))


def limits(threads: int, flags: str, gpu: bool) -> dict[str, str]:
    """Variables that limit the threads; none where a GPU computes.

    There the pool would be the one that compiles, which tries out dozens of kernels for each
    convolution: one thread takes many minutes over what all cores have in half of one.

    Args:
        threads: of XLA's pool.
        flags: of XLA, as they are set.
        gpu: whether JAX will compute on one.
    """
    if gpu:
        return {}
    variables = {"NPROC": str(threads)}  # what XLA sizes its pools by
    if threads == 1 and SINGLE_THREADED not in flags.split():
        variables["XLA_FLAGS"] = f"{flags} {SINGLE_THREADED}".strip()
    return variables


def _gpu_in_sight() -> bool:
    """Whether JAX will find a GPU, as far as can be told before it looks, which is once."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    platforms = os.environ.get("JAX_PLATFORMS", "")
    return hardware.has_gpu() and not hidden and platforms != "cpu" and bool(jax_plugin())


def on_gpu() -> bool:
    """Whether JAX computes on a GPU."""
    return str(jax.default_backend()) == "gpu"


def gpu_name() -> str | None:
    """Name of the first GPU; None on a machine without one."""
    return str(jax.devices()[0].device_kind) if on_gpu() else None
