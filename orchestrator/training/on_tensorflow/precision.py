"""Which arithmetic a trial runs in when its configuration leaves that to the machine.

bfloat16 makes convolutions faster on processors with AVX512_BF16 or AMX and about twenty times
slower on all others, so it is taken only where the processor has it and a short measurement agrees.
The measurement belongs to a machine, not to a trial: decide once a sweep, or trials of one sweep
could run in different arithmetic.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CPUINFO = Path("/proc/cpuinfo")

BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})

LEAST_GAIN = 1.2
"""How many times faster bfloat16 must be in the self-test."""

LEAST_CAPABILITY = (8, 0)
"""CUDA compute capability with bfloat16 tensor cores: Ampere and later."""

BATCH = 16


@dataclass(frozen=True)
class PrecisionChoice:
    """What was chosen and why.

    Attributes:
        precision: "float32" or "mixed_bfloat16", a Keras dtype policy.
        evidence: one sentence with what was found or measured.
    """

    precision: str
    evidence: str


def processor_has_bfloat16(cpuinfo: Path = CPUINFO) -> bool:
    """Whether the processor multiplies bfloat16 in hardware; False where Linux does not tell."""
    try:
        text = cpuinfo.read_text()
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return not BFLOAT16_FLAGS.isdisjoint(flags.split())


def choose(seconds: float = 1.0) -> PrecisionChoice:
    """The faster precision on the device TensorFlow will use, with the evidence.

    On a GPU its compute capability decides. On a CPU a small convolutional net is trained in both,
    with the threads TensorFlow has been given and without XLA, whose CPU convolutions are slower.

    Args:
        seconds: of measuring; compiling the two steps adds about as much.
    """
    # Imported here: the flag test above must serve processes that never load TensorFlow.
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return _by_capability(tf.config.experimental.get_device_details(gpus[0]))
    if not processor_has_bfloat16():
        return PrecisionChoice("float32", "the processor has neither avx512_bf16 nor amx_bf16")
    rates = _measure([_step("float32"), _step("mixed_bfloat16")], seconds)
    return _by_rates(*rates)


def _by_capability(details: dict[str, Any]) -> PrecisionChoice:
    name = details.get("device_name", "the GPU")
    capability = tuple(details.get("compute_capability", (0, 0)))
    precision = "mixed_bfloat16" if capability >= LEAST_CAPABILITY else "float32"
    version = ".".join(map(str, capability)) if capability != (0, 0) else "unknown"
    return PrecisionChoice(
        precision, f"{name} has compute capability {version}; bfloat16 asks for 8.0"
    )


def _by_rates(plain: float, mixed: float) -> PrecisionChoice:
    ratio = mixed / plain
    precision = "mixed_bfloat16" if ratio >= LEAST_GAIN else "float32"
    return PrecisionChoice(
        precision,
        f"self-test: bfloat16 {mixed:.0f} images/s, float32 {plain:.0f} images/s,"
        f" ratio {ratio:.2f}; taken from {LEAST_GAIN}",
    )


def _measure(steps: list[Callable[[], Any]], seconds: float) -> list[float]:
    """Images a second of each step at its best, taken in turns so that neighbours disturb alike."""
    for step in steps:
        step()
    fastest = [float("inf")] * len(steps)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or float("inf") in fastest:
        for i, step in enumerate(steps):
            start = time.perf_counter()
            step()
            fastest[i] = min(fastest[i], time.perf_counter() - start)
    return [BATCH / duration for duration in fastest]


def _step(policy: str) -> Callable[[], Any]:
    """One forward and backward pass of a small net in this precision, compiled on first call."""
    # Imported here for the same reason as in `choose`.
    import tensorflow as tf

    net = _net(policy)
    images = tf.random.stateless_normal((BATCH, 48, 48, 1), seed=(0, 0))
    weights = [variable.value for variable in net.trainable_variables]

    @tf.function(jit_compile=False)
    def pass_both_ways() -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(net(images, training=True)))
        return tf.add_n([tf.reduce_sum(g) for g in tape.gradient(loss, weights)])

    return lambda: pass_both_ways().numpy()


def _net(policy: str) -> Any:
    import keras

    from orchestrator.training.on_tensorflow.fused_normalisation import fuse

    layers = keras.layers
    net = keras.Sequential(
        [
            keras.Input((48, 48, 1)),
            *_block(32, policy),
            *_block(64, policy),
            *_block(128, policy),
            layers.GlobalAveragePooling2D(dtype=policy),
            layers.Dense(7, dtype="float32"),
        ]
    )
    fuse(net)
    return net


def _block(filters: int, policy: str) -> list[Any]:
    """Two convolutions and a pooling, as in the VGG family."""
    import keras

    # With batch normalisation, computed as in training: it gains less in bfloat16 than convolutions
    # do, so without it the ratio would be too good for the nets that are really trained.
    layers = keras.layers
    convolution = [
        (
            layers.Conv2D(filters, 3, padding="same", dtype=policy),
            layers.BatchNormalization(dtype=policy),
            layers.ReLU(dtype=policy),
        )
        for _ in range(2)
    ]
    return [*convolution[0], *convolution[1], layers.MaxPooling2D(dtype=policy)]
