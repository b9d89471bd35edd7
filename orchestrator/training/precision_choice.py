"""Which arithmetic a trial runs in when its configuration leaves that to the machine.

bfloat16 makes convolutions faster on processors with AVX512_BF16 or AMX and about twenty times
slower on all others, so it is taken only where the processor has it and a short measurement agrees.
The measurement belongs to a machine, not to a trial: decide once a sweep, or trials of one sweep
could run in different arithmetic. Each backend measures with its own steps; the rules are here.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")

BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})

LEAST_GAIN = 1.2
"""How many times faster bfloat16 must be in the self-test."""

LEAST_CAPABILITY = (8, 0)
"""CUDA compute capability with bfloat16 tensor cores: Ampere and later."""


@dataclass(frozen=True)
class PrecisionChoice:
    """What was chosen and why.

    Attributes:
        precision: "float32" or "mixed_bfloat16", a Keras dtype policy.
        evidence: one sentence with what was found or measured.
    """

    precision: str
    evidence: str


WITHOUT_BFLOAT16 = PrecisionChoice("float32", "the processor has neither avx512_bf16 nor amx_bf16")


def processor_has_bfloat16(cpuinfo: Path = CPUINFO) -> bool:
    """Whether the processor multiplies bfloat16 in hardware; False where Linux does not tell."""
    try:
        text = cpuinfo.read_text()
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return not BFLOAT16_FLAGS.isdisjoint(flags.split())


def by_capability(name: str, capability: tuple[int, ...]) -> PrecisionChoice:
    """What a GPU computes in.

    Args:
        name: of the GPU.
        capability: CUDA compute capability, e.g. (9, 0); () where it is not told.
    """
    precision = "mixed_bfloat16" if capability >= LEAST_CAPABILITY else "float32"
    version = ".".join(map(str, capability)) or "unknown"
    return PrecisionChoice(
        precision, f"{name} has compute capability {version}; bfloat16 asks for 8.0"
    )


def by_rates(plain: float, mixed: float) -> PrecisionChoice:
    """What a processor computes in, from images a second in float32 and with bfloat16."""
    ratio = mixed / plain
    precision = "mixed_bfloat16" if ratio >= LEAST_GAIN else "float32"
    return PrecisionChoice(
        precision,
        f"self-test: bfloat16 {mixed:.0f} images/s, float32 {plain:.0f} images/s,"
        f" ratio {ratio:.2f}; taken from {LEAST_GAIN}",
    )


def rates(steps: Sequence[Callable[[], object]], batch: int, seconds: float) -> list[float]:
    """Images a second of each step at its best, taken in turns so that neighbours disturb alike.

    Args:
        steps: each one step, which returns when it is computed; the first call compiles.
        batch: images of a step.
        seconds: of measuring, in all.
    """
    for step in steps:
        step()
    fastest = [float("inf")] * len(steps)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or float("inf") in fastest:
        for i, step in enumerate(steps):
            start = time.perf_counter()
            step()
            fastest[i] = min(fastest[i], time.perf_counter() - start)
    return [batch / duration for duration in fastest]
