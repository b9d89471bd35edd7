import pytest

from orchestrator.training.precision_choice import (
    by_capability,
    by_rates,
    processor_has_bfloat16,
    rates,
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
    choice = by_rates(plain, mixed)
    assert choice.precision == chosen
    assert f"bfloat16 {mixed:.0f} images/s, float32 {plain:.0f} images/s" in choice.evidence


@pytest.mark.parametrize(
    ("capability", "chosen"),
    [((9, 0), "mixed_bfloat16"), ((8, 0), "mixed_bfloat16"), ((7, 5), "float32")],
)
def test_compute_capability_decides_on_a_gpu(capability, chosen):
    choice = by_capability("Some GPU", capability)
    assert choice.precision == chosen
    assert f"Some GPU has compute capability {capability[0]}.{capability[1]}" in choice.evidence


def test_gpu_that_does_not_tell_computes_in_float32():
    assert by_capability("the GPU", ()).precision == "float32"


def test_a_rate_is_the_fastest_of_steps_taken_in_turns():
    order = []
    measured = rates([lambda: order.append("a"), lambda: order.append("b")], batch=4, seconds=0.0)
    assert order == ["a", "b"] * 2  # once to compile, once at least to measure
    assert all(rate > 0 for rate in measured)
