import sys

import pytest

from orchestrator.training.on_tensorflow import precision
from orchestrator.training.on_tensorflow.precision import (
    PrecisionChoice,
    choose,
    processor_has_bfloat16,
)


@pytest.mark.parametrize(
    ("flags", "in_hardware"),
    [
        ("fpu avx2 avx512_bf16 sse", True),
        ("fpu amx_bf16", True),
        ("fpu avx2 avx512f amx_tile amx_int8", False),
        ("fpu avx512_bf16_other", False),
    ],
)
def test_flags_of_the_processor_decide(tmp_path, flags, in_hardware):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nmodel name\t: some amx_bf16 name\nflags\t\t: {flags}\n")
    assert processor_has_bfloat16(cpuinfo) is in_hardware


def test_machine_that_does_not_tell_has_none(tmp_path):
    assert processor_has_bfloat16(tmp_path / "absent") is False
    (tmp_path / "arm").write_text("processor\t: 0\nFeatures\t: fp asimd bf16\n")
    assert processor_has_bfloat16(tmp_path / "arm") is False


@pytest.mark.parametrize(
    ("plain", "mixed", "chosen"),
    [
        (100.0, 121.0, "mixed_bfloat16"),
        (100.0, 119.0, "float32"),
        (300.0, 15.0, "float32"),
    ],
)
def test_bfloat16_must_be_a_fifth_faster(plain, mixed, chosen):
    choice = precision._by_rates(plain, mixed)
    assert choice.precision == chosen
    assert f"bfloat16 {mixed:.0f} images/s, float32 {plain:.0f} images/s" in choice.evidence


@pytest.mark.parametrize(
    ("capability", "chosen"),
    [((9, 0), "mixed_bfloat16"), ((8, 0), "mixed_bfloat16"), ((7, 5), "float32")],
)
def test_compute_capability_decides_on_a_gpu(capability, chosen):
    details = {"device_name": "Some GPU", "compute_capability": capability}
    choice = precision._by_capability(details)
    assert choice.precision == chosen
    assert f"Some GPU has compute capability {capability[0]}.{capability[1]}" in choice.evidence


def test_gpu_that_does_not_tell_computes_in_float32():
    assert precision._by_capability({}).precision == "float32"


def test_processor_without_bfloat16_is_not_measured(monkeypatch):
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU")
    monkeypatch.setattr(precision, "BFLOAT16_FLAGS", frozenset())
    assert choose() == PrecisionChoice(
        "float32", "the processor has neither avx512_bf16 nor amx_bf16"
    )


def test_self_test_normalises_as_training_does():
    from orchestrator.training.on_tensorflow.fused_normalisation import fuse

    assert fuse(precision._net("mixed_bfloat16")) == 0  # none of its six is left to do


def test_choice_on_this_machine_is_a_precision_with_its_reason():
    choice = choose(seconds=0.05)
    assert choice.precision in ("float32", "mixed_bfloat16")
    assert choice.evidence
    assert "tensorflow" in sys.modules
