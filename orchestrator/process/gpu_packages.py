"""What a framework lacks to compute on the GPU that it was given, from installed packages.

Loads no framework.
"""

import contextlib
import os
import re
from collections.abc import Callable
from importlib import metadata

from orchestrator.process.backend import JAX, TENSORFLOW

CUDNN = "nvidia-cudnn-cu12"
LEAST_CUDNN = (9, 24)
"""Below it, convolutions that XLA compiles end with an error; TensorFlow's own do not."""

PACKAGES = {
    TENSORFLOW: ("tensorflow", "nvidia-cuda-runtime-cu12", CUDNN),
    JAX: ("jax", "jaxlib", "jax-cuda12-plugin", "jax-cuda13-plugin"),
}
"""Backend -> packages whose versions decide whether it sees a GPU."""

INSTALL = {
    TENSORFLOW: f"pip install 'tensorflow[and-cuda]==2.21.*' '{CUDNN}>=9.24'",
    JAX: "pip install -e '.[cuda12]' (or .[cuda13], for drivers of CUDA 13)",
}

Version = Callable[[str], str | None]
"""Package -> its version; None where it is not installed."""


def version(package: str) -> str | None:
    """Of an installed package."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version(package)
    return None


def sees_none(backend: str, share: float, problem: str = "", of: Version = version) -> str:
    """That trials were given a GPU and their framework has none: what to look at, what to install.

    Args:
        backend: what computes.
        share: of a GPU that a trial gets.
        problem: what the framework itself said.
        of: versions.
    """
    there = [f"{name} {of(name)}" for name in PACKAGES[backend] if of(name)]
    lacking = [name for name in PACKAGES[backend] if not of(name)]
    installed = f"installed: {', '.join(there)}; not: {', '.join(lacking) or 'none of ours'}"
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "not set")
    own = f"; it says: {problem}" if problem else ""
    return (
        f"each trial was given {share:g} of a GPU, but {backend} sees none where trials run "
        f"({installed}; CUDA_VISIBLE_DEVICES {visible}{own}); see that nvidia-smi answers there, "
        f"and {INSTALL[backend]}; --gpus-per-trial 0 trains on the CPU"
    )


def cudnn_note(of: Version = version) -> str:
    """That cuDNN is too old for what TensorFlow has XLA compile; "" if it is not."""
    there = of(CUDNN)
    numbers = tuple(map(int, re.findall(r"\d+", there or "")[:2]))
    if not numbers or numbers >= LEAST_CUDNN:
        return ""
    return (
        f"{CUDNN} is {there}: what TensorFlow has XLA compile would fail on this GPU; nothing here "
        f"asks for that, but to be safe pip install '{CUDNN}>=9.24'"
    )
