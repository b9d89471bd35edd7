"""Every model, every optimizer, on the backend of this process."""

import math

import keras
import numpy as np
import pytest

from orchestrator.models.catalogue import MODELS
from orchestrator.testing.stand_ins import bands, noise, tiny
from orchestrator.training.engines import ENGINES
from orchestrator.training.optimizers import OPTIMIZERS
from orchestrator.training.training_run import TrainingRun

NOISE = noise()  # 64 images of 16 x 16 train, 32 validate, 4 classes


def new_engine():
    """Of the backend of this process: `KERAS_BACKEND=jax` tests the other."""
    return ENGINES[keras.backend.backend()](1)


@pytest.fixture(scope="module")
def engine():
    return new_engine()


def trained(engine, config, inputs, epochs):
    run = TrainingRun(engine, config, inputs)
    for _ in range(epochs):
        run.epoch()
    return run


RATES = {"sgd": 0.05, "adam": 0.01, "adamw": 0.01, "muon": 0.01}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_bands_are_learnt(name, engine):
    config = tiny(optimizer=name, learning_rate=RATES[name], epochs=6, width=0.25)
    run = trained(engine, config, bands(), epochs=6)
    assert max(row.validation_accuracy for row in run.history) > 0.9
    assert run.history[-1].train_loss < 0.6 * run.history[0].train_loss


def test_rate_of_a_million_is_a_stop_and_no_exception(engine):
    run = TrainingRun(engine, tiny(learning_rate=1e6, batch_normalisation=False, epochs=20), NOISE)
    while run.stop is None:
        run.epoch()
    assert run.stop.kind == "diverged"
    last = run.history[-1]
    assert not (math.isfinite(last.train_loss) and math.isfinite(last.validation_loss))


QUICK = ("cnn5", "NCRIPF", "CPCF stochastic")
CASES = [
    pytest.param(name, precision, marks=() if name in QUICK else pytest.mark.slow)
    for name in (*MODELS, *QUICK[1:])
    for precision in ("float32", "mixed_bfloat16")
]


@pytest.mark.parametrize(("name", "precision"), CASES)
def test_every_model_trains(name, precision):
    architecture, _, pooling = name.partition(" ")
    side = 32 if name == "vgg16" else 24
    chosen = {"architecture": architecture, "pooling": pooling or "max", "precision": precision}
    config, engine = tiny(**chosen, dropout=0.3, head="8"), new_engine()
    run = trained(engine, config, noise(n=32, side=side), epochs=1)
    row = run.history[0]
    assert math.isfinite(row.train_loss)
    assert math.isfinite(row.validation_loss)
    assert all(array.dtype == np.float32 for array in run.best_weights.values())
    changed = engine.weights()
    engine.begin(config, noise(n=32, side=side))
    moved = [not np.array_equal(changed[key], value) for key, value in engine.weights().items()]
    assert all(moved)
