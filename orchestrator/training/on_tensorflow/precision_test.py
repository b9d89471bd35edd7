import sys

import pytest

from orchestrator.training import precision_choice
from orchestrator.training.on_tensorflow import precision
from orchestrator.training.on_tensorflow.precision import choose
from orchestrator.training.precision_choice import PrecisionChoice


def test_processor_without_bfloat16_is_not_measured(monkeypatch):
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU")
    monkeypatch.setattr(precision_choice, "BFLOAT16_FLAGS", frozenset())
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
