import keras
import numpy as np

from orchestrator.models.catalogue import Options, build
from orchestrator.testing.stand_ins import noise, tiny
from orchestrator.training.on_tensorflow.tensorflow_engine import TensorflowEngine


def test_weights_are_those_of_keras_seed():
    """The program seeds Python's generator alone."""
    engine, config = TensorflowEngine(threads=1), tiny(seed=5)
    engine.begin(config, noise())
    keras.utils.set_random_seed(5)
    model = build("CPF", (16, 16, 1), 4, Options(width=0.125, dropout=0.0, weights="none"))
    for value, weight in zip(engine.weights().values(), model.weights, strict=True):
        np.testing.assert_array_equal(value, weight.numpy())
