import numpy as np
import pytest

from orchestrator.testing.stand_ins import noise, tiny
from orchestrator.training.on_jax.jax_engine import JaxEngine
from orchestrator.training.on_jax.program import Program

INPUTS = noise(n=64)  # 32 of 16 x 16 validate
CONFIG = tiny(
    optimizer="adam",
    dropout=0.3,
    augmentation_strength=1.0,
    ema=0.9,
    label_smoothing=0.1,
    weight_decay=1e-3,
)
ORDER = np.random.default_rng(0).permutation(64).reshape(4, 16).astype(np.int32)
RATES = np.full(4, 0.01, np.float32)


def program_after_an_epoch(inside, monkeypatch):
    """Sums, logits and weights; 32 images in batches of 24, so that the last one is not full."""
    monkeypatch.setattr("orchestrator.training.on_jax.jax_engine.PREDICTION_BATCH", 24)
    monkeypatch.setattr("orchestrator.training.on_jax.device.on_gpu", lambda: inside)
    monkeypatch.setattr("orchestrator.training.on_jax.jax_engine.GPU_PREDICTION_BATCH", 24)
    engine = JaxEngine(1)
    engine.begin(CONFIG, INPUTS)
    result = engine.epoch(ORDER, RATES)
    return result.sums, result.logits, result.weights


def test_loops_inside_of_the_program_and_outside_compute_the_same(monkeypatch):
    """The form for GPUs, which on a processor is the slow one."""
    outside = program_after_an_epoch(False, monkeypatch)
    inside = program_after_an_epoch(True, monkeypatch)
    assert inside[0].loss == pytest.approx(outside[0].loss, rel=1e-5)
    assert inside[0].accuracy == outside[0].accuracy
    assert inside[1].shape == (32, 4)
    np.testing.assert_allclose(inside[1], outside[1], atol=1e-4)
    for name, weight in outside[2].items():
        np.testing.assert_allclose(inside[2][name], weight, atol=1e-4)


def test_an_epoch_is_dispatched_and_what_it_gave_outlives_the_next():
    engine = JaxEngine(1)
    engine.begin(CONFIG, INPUTS)
    first = engine.epoch(ORDER, RATES)
    state = engine.state()
    second = engine.epoch(ORDER, RATES)  # whose buffers were the first one's
    assert np.isfinite(second.sums.loss)
    assert first.sums.loss != second.sums.loss
    assert (np.asarray(first.logits) != np.asarray(second.logits)).any()
    engine.load_state(state)
    again = engine.epoch(ORDER, RATES)
    np.testing.assert_array_equal(again.logits, second.logits)
    assert again.sums == second.sums
    for name, weight in second.weights.items():
        np.testing.assert_array_equal(again.weights[name], weight)


def test_a_state_lists_variables_in_the_models_order():
    engine = JaxEngine(1)
    engine.begin(CONFIG, INPUTS)
    now = engine._now
    assert isinstance(now, Program)
    values = [np.asarray(value) for value in engine.state().values()]
    shapes = [tuple(variable.shape) for variable in now.model.variables]
    assert [value.shape for value in values[: len(shapes)]] == shapes
    slots = [tuple(slot.shape) for slot in now.optimizer.variables]
    average = [tuple(weight.shape) for weight in now.model.weights]
    rest = [*slots, *average, (2,), ()]  # augmentation's random state, steps done
    assert [value.shape for value in values[len(shapes) :]] == rest
