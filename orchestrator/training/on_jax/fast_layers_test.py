import jax
import keras
import numpy as np
import pytest

from orchestrator.training.on_jax.fast_layers import quicken

SHAPE = (6, 7, 5, 3)


class Doubled(keras.layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return 2 * super().call(inputs, training=training, mask=mask)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(3.0, 2.0, shape).astype("float32")


def model_of(layer, shape=SHAPE):
    """One layer whose weights, if it has some, are neither 0 nor 1."""
    images = keras.Input(shape[1:])
    model = keras.Model(images, layer(images))
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.5, 2.0, w.shape) for w in model.weights])
    return model


def both_ways(model, x, training):
    """Outputs, gradients to the input and to what is learnt, other variables afterwards."""
    learned = [v.value for v in model.trainable_variables]
    others = [v.value for v in model.non_trainable_variables]
    towards = None

    def aim(learned, x):
        nonlocal towards
        y, after = model.stateless_call(learned, others, x, training=training)
        towards = draw(*y.shape, seed=2)
        return (y.astype("float32") * towards).sum(), (y, after)

    (_, (y, after)), gradients = jax.value_and_grad(aim, (0, 1), has_aux=True)(learned, x)
    return [np.asarray(a, "float32") for a in jax.tree.leaves((y, gradients, after))]


def assert_same(values, expected, tolerance):
    """Closer than the tolerance, as a share of the largest value."""
    assert len(values) == len(expected)
    for a, b in zip(values, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=tolerance * np.abs(b).max(), rtol=0)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "settings",
    [{}, {"momentum": 0.9, "epsilon": 1e-5}, {"center": False}, {"scale": False}, {"axis": 3}],
)
def test_normalisation_is_keras_layer(training, settings):
    expected = both_ways(
        model_of(keras.layers.BatchNormalization(**settings)), draw(*SHAPE), training
    )
    quick = model_of(keras.layers.BatchNormalization(**settings))
    assert quicken(quick) == 1
    assert_same(both_ways(quick, draw(*SHAPE), training), expected, 2e-5)


def test_normalisation_of_vectors_is_keras_layer():
    x = draw(8, 4)
    expected = both_ways(model_of(keras.layers.BatchNormalization(), x.shape), x, True)
    quick = model_of(keras.layers.BatchNormalization(), x.shape)
    assert quicken(quick) == 1
    assert_same(both_ways(quick, x, True), expected, 2e-5)


def test_under_bfloat16_the_maps_are_bfloat16_and_the_statistics_float32():
    def layer():
        return keras.layers.BatchNormalization(dtype="mixed_bfloat16")

    expected = both_ways(model_of(layer()), draw(*SHAPE), True)
    quick = model_of(layer())
    quicken(quick)
    outputs, _ = quick.stateless_call(
        quick.trainable_variables, quick.non_trainable_variables, draw(*SHAPE), training=True
    )
    assert outputs.dtype == "bfloat16"
    # Rounding of maps to 8 bits; statistics, the last two, as in float32.
    values = both_ways(quick, draw(*SHAPE), True)
    assert_same(values[:-2], expected[:-2], 1e-2)
    assert_same(values[-2:], expected[-2:], 2e-5)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("window", "step"), [(2, 2), (3, 2), (3, 1), (1, 2), (3, 3), (2, 1)])
def test_pooling_is_keras_layer(window, step, padding):
    def layer():
        return keras.layers.MaxPooling2D(window, strides=step, padding=padding)

    expected = both_ways(model_of(layer()), draw(*SHAPE), True)
    quick = model_of(layer())
    assert quicken(quick) == 1
    assert_same(both_ways(quick, draw(*SHAPE), True), expected, 1e-6)


def test_equal_values_of_a_window_share_the_gradient():
    quick = model_of(keras.layers.MaxPooling2D(2), (1, 2, 2, 1))
    quicken(quick)
    x = np.array([[3.0, 3.0], [1.0, 0.0]], np.float32).reshape(1, 2, 2, 1)
    slope = jax.grad(lambda x: quick.stateless_call([], [], x)[0].sum())(x)
    np.testing.assert_allclose(np.asarray(slope).ravel(), [0.5, 0.5, 0, 0])


@pytest.mark.parametrize(
    "layer",
    [
        Doubled(),
        keras.layers.MaxPooling2D((2, 3)),
        keras.layers.AveragePooling2D(2),
        keras.layers.BatchNormalization(axis=1),
        keras.layers.LayerNormalization(),
    ],
)
def test_others_are_left_to_keras(layer):
    assert quicken(model_of(layer)) == 0


def test_layers_of_inner_models_count_and_none_twice():
    inner = model_of(keras.layers.BatchNormalization())
    images = keras.Input(SHAPE[1:])
    outer = keras.Model(images, keras.layers.MaxPooling2D(2)(inner(images)))
    assert quicken(outer) == 2
    assert quicken(outer) == 0
