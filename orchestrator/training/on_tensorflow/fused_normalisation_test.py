import keras
import numpy as np
import pytest
import tensorflow as tf

from orchestrator.config import TrialConfig
from orchestrator.models.catalogue import MODELS, Options, build
from orchestrator.training.inputs import Inputs
from orchestrator.training.on_tensorflow.fused_normalisation import fuse
from orchestrator.training.on_tensorflow.program import Program
from orchestrator.training.programs.program_key import ProgramKey

SHAPE = (6, 5, 4, 3)

BatchNormalization = keras.layers.BatchNormalization


class Renamed(BatchNormalization):
    pass


class Doubled(BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return 2 * super().call(inputs, training=training, mask=mask)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(3.0, 2.0, shape).astype("float32")


def model_of(kind=BatchNormalization, shape=SHAPE, **settings):
    """One normalisation whose four weights are neither 0 nor 1."""
    images = keras.Input(shape[1:])
    model = keras.Model(images, kind(name="norm", **settings)(images))
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.5, 2.0, w.shape) for w in model.weights])
    return model


def everything(model, x, training):
    """Outputs, gradients to the input and to what is learnt, statistics afterwards."""
    layer, x = model.get_layer("norm"), tf.constant(x)
    towards = tf.constant(draw(*x.shape, seed=2))
    variables = [v.value for v in (layer.gamma, layer.beta) if v is not None]

    @tf.function
    def both_ways():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = model(x, training=training)
            aim = tf.reduce_sum(tf.cast(y, tf.float32) * towards)
        return y, tape.gradient(aim, [x, *variables])

    y, gradients = both_ways()
    return [y, *gradients, layer.moving_mean.value, layer.moving_variance.value]


def assert_same(outputs, expected, tolerance):
    """Closer than the tolerance, as a share of the largest value."""
    assert len(outputs) == len(expected)
    for a, b in zip(outputs, expected, strict=True):
        assert a.dtype == b.dtype
        a, b = np.asarray(a, "float32"), np.asarray(b, "float32")
        np.testing.assert_allclose(a, b, atol=tolerance * np.abs(b).max(), rtol=0)


def operations(model, training):
    traced = tf.function(lambda x: model(x, training=training))
    graph = traced.get_concrete_function(tf.TensorSpec(model.input_shape)).graph
    return {operation.type for operation in graph.get_operations()}


# ---- the same numbers as Keras' layer


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"momentum": 0.9, "epsilon": 1e-5},
        {"center": False},
        {"scale": False},
        {"center": False, "scale": False},
        {"axis": 3},
        {"kind": Renamed},
    ],
)
def test_float32_is_keras_layer(training, settings):
    expected = everything(model_of(**settings), draw(*SHAPE), training)
    fused = model_of(**settings)
    assert fuse(fused) == 1
    assert_same(everything(fused, draw(*SHAPE), training), expected, 1e-5)


@pytest.mark.parametrize("channels", [3, 16, 24])  # 16: the kernel reads bfloat16 itself
@pytest.mark.parametrize("training", [True, False])
def test_bfloat16_is_keras_layer_to_its_last_digit(training, channels):
    shape = (*SHAPE[:3], channels)
    expected = everything(model_of(shape=shape, dtype="mixed_bfloat16"), draw(*shape), training)
    fused = model_of(shape=shape, dtype="mixed_bfloat16")
    assert fuse(fused) == 1
    outputs = everything(fused, draw(*shape), training)
    assert [a.dtype.name for a in outputs] == ["bfloat16", *["float32"] * 5]
    assert_same(outputs, expected, 2.0**-7)
    assert_same(outputs[2:], expected[2:], 1e-5)  # gamma, beta and the statistics are float32


def test_maps_far_from_zero_keep_their_variance():
    # mean 1000, deviation 0.1: a variance from squares less squared mean would be rounding alone
    x = (1000 + 0.1 * np.random.default_rng(0).normal(size=(8, 6, 6, 3))).astype("float32")
    model = model_of(shape=x.shape, center=False, scale=False, epsilon=1e-5, momentum=0.0)
    fuse(model)
    spread = np.std(model(x, training=True), axis=(0, 1, 2))
    np.testing.assert_allclose(spread, 1.0, atol=1e-3)
    variance = model.get_layer("norm").moving_variance
    np.testing.assert_allclose(variance, x.astype("float64").var((0, 1, 2)), rtol=1e-3)


@pytest.mark.parametrize("training", [True, False])
def test_frozen_layer_keeps_and_uses_its_statistics(training):
    models = [model_of(), model_of()]
    assert fuse(models[1]) == 1
    for model in models:
        model.get_layer("norm").trainable = False
    before = models[1].get_weights()
    expected, outputs = (everything(model, draw(*SHAPE), training) for model in models)
    assert_same(outputs, expected, 1e-5)
    for weight, value in zip(models[1].weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_moving_statistics_by_hand():
    # 0 and 4: mean 2, biased variance 4, unbiased 8; momentum 0.9 from mean 0 and variance 1
    images = keras.Input((1, 1, 1))
    model = keras.Model(images, BatchNormalization(momentum=0.9, name="norm")(images))
    assert fuse(model) == 1
    y = model(tf.constant([0.0, 4.0], shape=(2, 1, 1, 1)), training=True)
    layer = model.get_layer("norm")
    np.testing.assert_allclose(layer.moving_mean, [0.2], rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance, [1.3], rtol=1e-6)
    np.testing.assert_allclose(np.ravel(y), [-2 / 4.001**0.5, 2 / 4.001**0.5], rtol=1e-5)


def test_one_pixel_of_one_image_is_its_own_mean():
    model = model_of(shape=(1, 1, 1, 3))
    fuse(model)
    _, beta, _, variance = model.get_weights()
    np.testing.assert_allclose(model(draw(1, 1, 1, 3), training=True)[0, 0, 0], beta, atol=1e-4)
    np.testing.assert_allclose(model.weights[3], 0.99 * variance, rtol=1e-6)


def test_a_mask_is_honoured_as_in_keras():
    mask = tf.constant(np.arange(6 * 5 * 4).reshape(6, 5, 4) % 3 > 0)
    plain, fused = model_of(), model_of()
    fuse(fused)
    expected, outputs = (
        m.get_layer("norm")(tf.constant(draw(*SHAPE)), mask=mask, training=True)
        for m in (plain, fused)
    )
    np.testing.assert_array_equal(outputs, expected)
    np.testing.assert_array_equal(fused.weights[2], plain.weights[2])


# ---- in a program


def trained(fused, steps=3):
    """A small net after some steps of descent in one compiled loop."""
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, use_bias=False),
            BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.Flatten(),
            keras.layers.Dense(6),
            BatchNormalization(),
            keras.layers.Dense(2),
        ]
    )
    assert not fused or fuse(model) == 1
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    optimizer.build(model.trainable_variables)
    x, labels = tf.constant(draw(steps, 16, 8, 8, 1)), tf.constant([0, 1] * 8)

    @tf.function
    def run():
        for step in tf.range(steps):
            with tf.GradientTape() as tape:
                logits = model(x[step], training=True)
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            learnt = model.trainable_variables
            optimizer.apply(tape.gradient(loss, [v.value for v in learnt]), learnt)

    run()
    return model


def test_a_net_trained_three_steps_is_the_same_net():
    plain, fused = trained(fused=False), trained(fused=True)
    for a, b in zip(fused.weights, plain.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4, err_msg=a.path)
    x = draw(4, 8, 8, 1, seed=7)
    np.testing.assert_allclose(
        fused(x, training=False), plain(x, training=False), rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize("training", [True, False])
def test_the_kernel_stands_in_the_program_and_keras_arithmetic_does_not(training):
    # Fails when Keras no longer calls what stands in a layer's attribute `call`.
    plain, fused = model_of(), model_of()
    fuse(fused)
    assert "FusedBatchNormV3" not in operations(plain, training)
    assert "Rsqrt" in operations(plain, training)
    assert "FusedBatchNormV3" in operations(fused, training)
    assert operations(fused, training).isdisjoint({"Rsqrt", "SquaredDifference"})


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="a matter of oneDNN")
@pytest.mark.parametrize(("channels", "kind"), [(24, tf.float32), (32, tf.bfloat16)])
def test_the_kernel_reads_bfloat16_where_it_is_fast_in_it(channels, kind):
    model = model_of(shape=(2, 4, 4, channels), dtype="mixed_bfloat16")
    fuse(model)
    traced = tf.function(lambda x: model(x, training=True))
    graph = traced.get_concrete_function(tf.TensorSpec((2, 4, 4, channels))).graph
    kernels = [o for o in graph.get_operations() if o.type == "FusedBatchNormV3"]
    assert [kernel.get_attr("T") for kernel in kernels] == [kind]


def test_the_engine_trains_by_the_kernel():
    labels = np.zeros(8, np.uint8)
    x = np.zeros((8, 48, 48), np.uint8)
    inputs = Inputs(x, labels, x, labels, np.arange(8).astype(str), tuple("abcdefg"), "zeros")
    config = TrialConfig(architecture="cnn5", width=0.125, precision="float32")
    program = Program(ProgramKey.of(config, inputs), config)
    assert "FusedBatchNormV3" in operations(program.model, True)
    assert fuse(program.model) == 0


# ---- which layers, and what stays


def test_weights_and_files_stay_as_they_were(tmp_path):
    model = model_of()
    weights, variables, names = model.weights, model.variables, [w.path for w in model.weights]
    expected = model(draw(*SHAPE), training=False)
    assert fuse(model) == 1
    assert [id(w) for w in model.weights] == [id(w) for w in weights]
    assert [id(v) for v in model.variables] == [id(v) for v in variables]
    assert [w.path for w in model.weights] == names
    assert model.get_layer("norm").trainable_variables == weights[:2]
    model.save(tmp_path / "net.keras")
    copy = keras.saving.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(copy(draw(*SHAPE), training=False), expected)
    assert fuse(copy) == 1
    assert fuse(keras.models.clone_model(model)) == 1


def test_a_fused_layer_can_stand_in_another_model():
    model = model_of()
    fuse(model)
    images = keras.Input(SHAPE[1:])
    around = keras.Model(images, keras.layers.ReLU()(model(images)))
    expected = np.maximum(model(draw(*SHAPE), training=False), 0)
    np.testing.assert_array_equal(around(draw(*SHAPE), training=False), expected)


def test_layers_of_inner_models_are_fused_and_none_twice():
    images = keras.Input(SHAPE[1:])
    x = BatchNormalization()(model_of()(images))
    model = keras.Model(images, x)
    assert fuse(model) == 2
    assert fuse(model) == 0


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"shape": (6, 5)}, "no maps"),
        ({"shape": (6, 5, 4)}, "three axes"),
        ({"shape": (6, 2, 5, 4, 3)}, "five axes"),
        ({"axis": 1}, "channels first"),
        ({"renorm": True}, "other arithmetic"),
        ({"synchronized": True}, "means over devices"),
        ({"kind": Doubled}, "own computation"),
        ({"dtype": "float64"}, "no such kernel"),
        ({"dtype": "bfloat16"}, "variables in bfloat16"),
    ],
)
def test_other_layers_are_left_to_keras(settings, why):
    model = model_of(**settings)
    assert fuse(model) == 0, why
    assert "call" not in vars(model.get_layer("norm")), why


@pytest.mark.parametrize("name", MODELS)
def test_every_named_model_predicts_the_same(name):
    options = Options(width=0.125, weights="none", head="64")
    keras.utils.set_random_seed(3)
    model = build(name, (48, 48, 1), 7, options)
    x = np.random.default_rng(0).random((2, 48, 48, 1), dtype="float32")
    expected = np.array(model(x, training=False))
    norms = [layer for layer in model.layers if isinstance(layer, BatchNormalization)]
    assert {layer.momentum for layer in norms} == {0.9}
    assert fuse(model) == sum(layer.input_spec.ndim == 4 for layer in norms) > 0
    np.testing.assert_allclose(model(x, training=False), expected, rtol=1e-4, atol=1e-4)
