"""What JAX may take of this machine; JAX reads it from variables when it first computes."""

import os

import jax

SINGLE_THREADED = "--xla_cpu_multi_thread_eigen=false"


def settle(threads: int | None) -> None:
    """Limit the threads on a CPU; before JAX computes anything.

    JAX that has computed already keeps what it was given then.

    Args:
        threads: of XLA's pool; None leaves them all.
    """
    if not threads:
        return
    os.environ["NPROC"] = str(threads)  # what XLA's CPU client sizes its pool by
    flags = os.environ.get("XLA_FLAGS", "").split()
    if threads == 1 and SINGLE_THREADED not in flags:
        os.environ["XLA_FLAGS"] = " ".join([*flags, SINGLE_THREADED])


def on_gpu() -> bool:
    """Whether JAX computes on a GPU."""
    return str(jax.default_backend()) == "gpu"


def gpu_name() -> str | None:
    """Name of the first GPU; None on a machine without one."""
    return str(jax.devices()[0].device_kind) if on_gpu() else None
