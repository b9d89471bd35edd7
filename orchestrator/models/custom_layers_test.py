import keras
import numpy as np
import pytest

from orchestrator.errors import BadInput
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


# ---- dropout


def test_dropout_zeroes_its_share_and_keeps_the_mean() -> None:
    out = np.array(dropout_model(0.25)(np.ones((4, 10_000), np.float32), training=True))
    assert np.mean(out == 0) == pytest.approx(0.25, abs=0.01)
    assert np.unique(out[out > 0]) == pytest.approx([4 / 3])


def test_dropout_changes_nothing_in_inference_and_at_rate_0() -> None:
    x = np.random.default_rng(0).normal(size=(2, 10_000)).astype(np.float32)
    np.testing.assert_array_equal(dropout_model(0.5)(x, training=False), x)
    np.testing.assert_array_equal(dropout_model(0.0)(x, training=True), x)


def test_a_factor_takes_its_part_of_the_rate() -> None:
    model = dropout_model(0.9, factor=2 / 3)
    turn(model, 0.3)
    out = np.array(model(np.ones((4, 10_000), np.float32), training=True))
    assert np.mean(out == 0) == pytest.approx(0.2, abs=0.01)


def test_the_rate_is_a_variable_but_no_weight() -> None:
    model = dropout_model(0.3)
    assert model.count_params() == 0
    assert model.get_weights() == []
    assert [v.name for v in model.variables] == ["rate", "seed_generator_state"]
    assert model.trainable_variables == []


def test_weights_of_another_trial_do_not_bring_its_rate(tmp_path: object) -> None:
    first, second = dropout_model(0.3), dropout_model(0.6)
    first.save_weights(f"{tmp_path}/first.weights.h5")
    second.load_weights(f"{tmp_path}/first.weights.h5")
    assert float(second.get_layer("d").rate.numpy()) == pytest.approx(0.6)


@pytest.mark.parametrize("rate", [1.0, -0.1, float("nan")])
def test_a_rate_outside_its_range_is_refused(rate: float) -> None:
    with pytest.raises(BadInput, match="dropout"):
        Dropout(rate)


def test_under_bfloat16_the_rate_is_still_exact() -> None:
    layer = Dropout(0.3, dtype="mixed_bfloat16")
    out = layer(np.ones((20, 10_000), np.float32), training=True)
    assert keras.backend.standardize_dtype(out.dtype) == "bfloat16"
    assert float(layer.rate.numpy()) == np.float32(0.3)
    assert np.mean(np.asarray(out, np.float32) == 0) == pytest.approx(0.3, abs=0.005)


# ---- stochastic pooling


def test_inference_is_the_mean_weighted_by_the_activations() -> None:
    out = StochasticPooling()(image([[1, 2], [3, 4]]), training=False)
    assert float(out[0, 0, 0, 0]) == pytest.approx((1 + 4 + 9 + 16) / 10)


def test_training_draws_in_proportion_to_the_activations() -> None:
    many = np.repeat(image([[1, 2], [3, 4]]), 20_000, axis=0)
    drawn = np.array(StochasticPooling()(many, training=True)).ravel()
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [1, 2, 3, 4]
    assert counts / 20_000 == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.015)


def test_zeros_are_never_drawn_beside_others_and_alone_give_zero() -> None:
    many = np.repeat(image([[0, 0, 0, 0], [5, 0, 0, 0]]), 1000, axis=0)
    for training in (True, False):
        out = np.array(StochasticPooling()(many, training=training))
        assert np.unique(out[:, 0, 0]).tolist() == [5]
        assert np.unique(out[:, 0, 1]).tolist() == [0]


def test_negative_values_have_probability_zero() -> None:
    out = StochasticPooling()(image([[-9, 2], [2, -1]]), training=False)
    assert float(out[0, 0, 0, 0]) == pytest.approx(2.0)


@pytest.mark.parametrize("side", [1, 2, 5, 6])
@pytest.mark.parametrize(("window", "padding"), [(2, "same"), (3, "same"), (1, "valid")])
def test_windows_lie_where_keras_puts_them(side: int, window: int, padding: str) -> None:
    x = np.zeros((side * side, side, side, 1), np.float32)
    x.reshape(side * side, -1)[np.arange(side * side), np.arange(side * side)] = 1
    layer = StochasticPooling(window, 2, padding)
    expected = keras.layers.MaxPooling2D(window, 2, padding)(x)
    np.testing.assert_allclose(layer(x, training=True), expected)
    np.testing.assert_allclose(layer(x, training=False), expected)
    assert layer.compute_output_shape(x.shape) == tuple(expected.shape)


# ---- response normalisation


def test_response_normalisation_by_hand() -> None:
    x = np.arange(1, 5, dtype=np.float32).reshape(1, 1, 1, 4)  # 1 2 3 4
    layer = ResponseNormalisation(depth=3, k=1, alpha=0.5, beta=0.5)
    sums = np.array([1 + 4, 1 + 4 + 9, 4 + 9 + 16, 9 + 16])
    expected = np.array([1, 2, 3, 4]) / np.sqrt(1 + 0.5 * sums)
    assert np.array(layer(x)).ravel() == pytest.approx(expected)


# ---- all of them


@pytest.mark.parametrize(
    "layer", [Dropout(0.2, 0.5), StochasticPooling(3, 2, "valid"), ResponseNormalisation(3)]
)
def test_a_layer_survives_serialisation(layer: keras.layers.Layer) -> None:
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == layer.get_config()


@pytest.mark.parametrize("layer", [StochasticPooling, ResponseNormalisation])
@pytest.mark.parametrize("training", [True, False])
def test_a_layer_keeps_bfloat16(layer: type[keras.layers.Layer], training: bool) -> None:
    built = layer(dtype="mixed_bfloat16")
    extra = {"training": training} if layer is StochasticPooling else {}
    out = built(image([[1, 2], [3, 4]]), **extra)
    assert keras.backend.standardize_dtype(out.dtype) == "bfloat16"
