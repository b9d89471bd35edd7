import dataclasses

import numpy as np
import pytest

from orchestrator.testing.stand_ins import noise, numbers, tiny
from orchestrator.training.on_tensorflow.tensorflow_engine import TensorflowEngine
from orchestrator.training.training_run import TrainingRun

INPUTS = noise()
CONFIG = tiny(dropout=0.3, ema=0.8, epochs=4, momentum=0.5, optimizer="adam")


def assert_equal(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


class LooksAhead(TensorflowEngine):
    """As if it returned early: what it gave out must outlive the epochs that come after."""

    asynchronous = True


@pytest.mark.parametrize("ema", [0.0, 0.8])
def test_epochs_dispatched_ahead_change_no_bit(ema):
    config = dataclasses.replace(CONFIG, ema=ema)
    plain = TrainingRun(TensorflowEngine(threads=1), config, INPUTS)
    run = TrainingRun(LooksAhead(threads=1), config, INPUTS)
    for _ in range(4):
        plain.epoch()
        run.epoch(horizon=4)
        assert [numbers(row) for row in run.history] == [numbers(row) for row in plain.history]
        assert_equal(run.state()[0], plain.state()[0])
        assert_equal(run.best_weights, plain.best_weights)
        np.testing.assert_array_equal(run.best_probabilities, plain.best_probabilities)


def test_what_an_epoch_gave_outlives_the_next():
    engine = TensorflowEngine(threads=1)
    engine.begin(CONFIG, INPUTS)
    order, rates = np.arange(64, dtype=np.int32).reshape(4, 16), np.full(4, 0.1, np.float32)
    result, state = engine.epoch(order, rates), engine.state()
    parts = (result.weights, state)
    copies = [{name: np.array(value) for name, value in part.items()} for part in parts]
    logits = result.logits.copy()
    later = engine.epoch(order, rates)
    for part, copy in zip(parts, copies, strict=True):
        assert_equal(part, copy)
    np.testing.assert_array_equal(result.logits, logits)
    moved = [not np.array_equal(later.weights[name], value) for name, value in copies[0].items()]
    assert all(moved)
