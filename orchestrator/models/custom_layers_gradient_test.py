"""The layers inside of a compiled function, and under TensorFlow's tape."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from orchestrator.models.custom_layers import (
    Dropout,
    ResponseNormalisation,
    StochasticPooling,
)


def image(values: object) -> np.ndarray:
    return np.asarray(values, np.float32)[None, :, :, None]


def turn(model: keras.Model, rate: float) -> None:
    """Another rate for every Dropout, as the engine gives a reused network that of its trial."""
    for layer in model.layers:
        if isinstance(layer, Dropout):
            layer.rate.assign(rate)


def dropout_model(rate: float, factor: float = 1.0) -> keras.Model:
    inputs = keras.Input((10_000,))
    return keras.Model(inputs, Dropout(rate, factor, name="d")(inputs))


def test_another_rate_acts_in_a_compiled_function_without_a_new_trace() -> None:
    model, traces = dropout_model(0.5), []

    @tf.function
    def share_dropped(x: tf.Tensor) -> tf.Tensor:
        traces.append(1)
        return tf.reduce_mean(tf.cast(model(x, training=True) == 0, tf.float32))

    x = tf.ones((2, 10_000))
    assert float(share_dropped(x)) == pytest.approx(0.5, abs=0.03)
    turn(model, 0.1)
    assert float(share_dropped(x)) == pytest.approx(0.1, abs=0.03)
    turn(model, 0.0)
    assert float(share_dropped(x)) == 0
    assert len(traces) == 1


def test_the_gradient_goes_to_the_drawn_value_alone() -> None:
    x = tf.constant(image([[1, 2], [3, 4]]))
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = StochasticPooling()(x, training=True)
    gradient = tape.gradient(out, x).numpy().ravel()
    assert sorted(gradient) == [0, 0, 0, 1]
    assert gradient[int(out[0, 0, 0, 0]) - 1] == 1


def test_a_window_of_zeros_has_a_finite_gradient() -> None:
    x = tf.zeros((1, 2, 2, 1))
    for training in (True, False):
        with tf.GradientTape() as tape:
            tape.watch(x)
            out = StochasticPooling()(x, training=training)
        assert np.isfinite(tape.gradient(out, x).numpy()).all()


def test_response_normalisation_as_tensorflow_has_it() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 3, 8)).astype(np.float32) * 50
    expected = tf.nn.local_response_normalization(x, depth_radius=2, bias=2, alpha=1e-4, beta=0.75)
    np.testing.assert_allclose(ResponseNormalisation()(x), expected, rtol=1e-5)
