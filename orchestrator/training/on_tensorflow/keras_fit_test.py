"""The compiled epoch is Keras' own `fit`, step by step: the slow reference of the fast path."""

import keras
import numpy as np
import pytest

from orchestrator.models.catalogue import Options, build
from orchestrator.testing.stand_ins import bands, tiny
from orchestrator.training.on_tensorflow.tensorflow_engine import TensorflowEngine

pytestmark = pytest.mark.long

STEPS, BATCH, SIDE = 100, 32, 24
INPUTS = bands(n=STEPS * BATCH, side=SIDE)
OPTIMIZERS = {
    "sgd": lambda rate: keras.optimizers.SGD(rate, momentum=0.9, nesterov=True),
    "adam": keras.optimizers.Adam,
}
RATES = {"sgd": 0.01, "adam": 0.001}


class StepLosses(keras.callbacks.Callback):
    """Keras tells the mean of all steps so far."""

    def __init__(self):
        super().__init__()
        self.means = []

    def on_train_batch_end(self, batch, logs=None):
        self.means.append(logs["loss"])

    @property
    def each(self):
        return np.diff(np.array(self.means) * np.arange(1, len(self.means) + 1), prepend=0)


@pytest.mark.parametrize("architecture", ["CPF", "CPCPFF"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_losses_of_100_steps_are_those_of_fit(architecture, optimizer):
    config = tiny(
        architecture=architecture,
        optimizer=optimizer,
        learning_rate=RATES[optimizer],
        momentum=0.9,
        batch_size=BATCH,
        weight_decay=0.0,
    )
    engine = TensorflowEngine(threads=1)
    engine.begin(config, INPUTS)
    begun = list(engine.weights().values())
    order = np.arange(STEPS * BATCH, dtype=np.int32).reshape(STEPS, 1, BATCH)
    rate = np.full(1, config.learning_rate, np.float32)
    ours = [engine.epoch(rows, rate).sums.loss for rows in order]

    model = build(architecture, (SIDE, SIDE, 1), 4, Options(width=config.width, dropout=0.0))
    model.set_weights(begun)
    model.compile(OPTIMIZERS[optimizer](config.learning_rate), cross_entropy())
    losses = StepLosses()
    images = INPUTS.training[..., None] / np.float32(255)
    model.fit(
        images,
        INPUTS.training_labels,
        batch_size=BATCH,
        shuffle=False,
        verbose=0,
        callbacks=[losses],
    )
    assert len(losses.each) == STEPS
    np.testing.assert_allclose(ours, losses.each, atol=1e-3)
    assert np.mean(ours[-10:]) < 0.8 * np.mean(ours[:10])  # they have learned


def cross_entropy():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
