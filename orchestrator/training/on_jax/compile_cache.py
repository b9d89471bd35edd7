"""Compiled programs kept on the disk: a second process, or a second sweep, compiles none again.

Compiling a net for a GPU takes as long as dozens of its epochs. JAX files a program under its text,
its own version, the device and the compiler's flags; a program of another version is never taken.
"""

import hashlib
from pathlib import Path

import jax

FOLDER = "programs"
"""Of the product's cache."""

WORTH_KEEPING_S = 0.0
"""Of compiling: every program. A net's start draws its weights by some sixty small ones, which
together take seconds."""


def settle(cache: Path) -> Path:
    """Keep compiled programs under a cache from now on.

    On a CPU a program holds instructions of the processor that compiled it, so a folder that
    machines share has one folder a processor.

    Args:
        cache: the product's; made where it is missing.

    Returns:
        The folder with the programs.
    """
    folder = cache / FOLDER / _kind()
    folder.mkdir(parents=True, exist_ok=True)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", WORTH_KEEPING_S)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    # Of XLA's own caches the autotuner's findings alone, which no later program need search again.
    caches = "xla_gpu_per_fusion_autotune_cache_dir"
    jax.config.update("jax_persistent_cache_enable_xla_caches", caches)
    return folder


def _kind() -> str:
    device = jax.devices()[0]
    if device.platform != "cpu":
        return str(device.device_kind).replace(" ", "-")
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "cpu"
    traits = [line for line in lines if line.startswith(("model name", "flags"))]
    return "cpu-" + hashlib.sha256("\n".join(traits[:2]).encode()).hexdigest()[:12]
