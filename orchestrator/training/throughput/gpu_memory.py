"""What one of several processes may take of a GPU's memory."""

USABLE = 0.9
"""Share of a GPU's memory that all processes together may fill with arrays: each of them needs a
few hundred MB besides, for the driver's context and the libraries' code."""


def memory_environment(share: float) -> dict[str, str]:
    """Variables for a process that gets a share of a GPU; to be set before JAX is imported.

    JAX would take three quarters of the memory at its start, so that a second process finds none:
    https://docs.jax.dev/en/latest/gpu_memory_allocation.html.

    Args:
        share: of the GPU, above 0 to 1.
    """
    return {
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "XLA_PYTHON_CLIENT_MEM_FRACTION": f"{USABLE * share:.3f}",
    }
