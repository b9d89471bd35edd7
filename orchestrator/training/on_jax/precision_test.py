from orchestrator.training.on_jax.precision import choose


def test_on_a_processor_it_is_float32_whatever_the_processor_can():
    choice = choose()
    assert choice.precision == "float32"
    assert "XLA" in choice.evidence
