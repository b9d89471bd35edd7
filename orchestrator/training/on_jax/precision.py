"""Which arithmetic a trial runs in on JAX when its configuration leaves that to the machine."""

import jax

from orchestrator.training.on_jax import device
from orchestrator.training.precision_choice import PrecisionChoice, by_capability

ON_A_PROCESSOR = PrecisionChoice(
    "float32", "XLA's convolutions gain nothing from bfloat16 on a processor"
)
"""Measured on one Zen 4 core with avx512_bf16: 164 images/s against 175 in float32."""


def choose(seconds: float = 1.0) -> PrecisionChoice:
    """The faster precision on the device JAX will use, with the evidence.

    Args:
        seconds: of measuring, which nothing here needs.
    """
    del seconds
    if not device.on_gpu():
        return ON_A_PROCESSOR
    gpu = jax.devices()[0]
    capability = str(getattr(gpu, "compute_capability", ""))
    parts = tuple(int(part) for part in capability.split(".") if part.isdigit())
    return by_capability(str(gpu.device_kind), parts)
