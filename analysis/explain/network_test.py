from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

from analysis.backends.hooks import captured
from analysis.explain.methods import gradcam, hirescam
from analysis.explain.network import (
    Network,
    NoConvolution,
    Weighing,
    directions,
    pixels,
)
from analysis.members import UNDRAWN
from orchestrator.errors import BadInput
from orchestrator.models.catalogue import CAM_LAYER, MODELS, Options, build

SIDE = 48


def small(head="dense", channels=1, side=8):
    """Convolutions with batch normalisation, and the head asked for."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((side, side, channels))
    x = layers.Conv2D(6, 3, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.ReLU(name="relu")(x)
    if head == "mean":
        x = layers.GlobalAveragePooling2D()(x)
    else:
        x = layers.MaxPooling2D(3, 2, padding="same")(x)
        x = layers.Dense(10, activation="relu")(layers.Flatten()(x))
    return stirred(keras.Model(inputs, layers.Dense(3, name="logits")(x), name="small"))


def stirred(model):
    """Statistics, factors and offsets that are not those of the start; kernels as He et al.'s."""
    rng = np.random.default_rng(3)
    for variable in model.weights:
        if len(variable.shape) == 1:
            variable.assign(rng.uniform(0.3, 1.5, variable.shape))
        else:
            deviation = np.sqrt(2 / np.prod(variable.shape[:-1]))
            variable.assign(rng.normal(0, deviation, variable.shape).astype(np.float32))
    return model


class Subclassed(keras.Model):
    """What Keras knows nothing of before it has run."""

    def __init__(self):
        super().__init__(name="subclassed")
        self.first = layers.Conv2D(4, 3, activation="relu", name="first")
        self.last = layers.Conv2D(5, 3, activation="relu", name="last")
        self.end = layers.Dense(3)

    def call(self, images, training=False):
        return self.end(ops.mean(self.last(self.first(images)), axis=(1, 2)))


@keras.saving.register_keras_serializable("network_test")
class Block(layers.Layer):
    """A layer with layers inside, and a sum that is no layer."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Conv2D(4, 3, padding="same", activation="relu", name="inner")

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return self.inner(x) + x


def nested(inside):
    """Another model as one of the layers."""
    base = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(4, 3, padding="same", activation="relu", name="a"),
            layers.MaxPooling2D(name="pool"),
            layers.Conv2D(5, 3, padding="same", activation="relu", name="b"),
            layers.MaxPooling2D(name="pool2"),
        ],
        name="base",
    )
    ends = [layers.Flatten(), layers.Dense(8, activation="relu"), layers.Dense(3)]
    if inside == "sequential":
        return keras.Sequential([keras.Input((16, 16, 3)), base, *ends])
    inputs = keras.Input((16, 16, 3))
    x = base(inputs)
    for layer in ends:
        x = layer(x)
    return keras.Model(inputs, x)


def images_for(network, n=5, seed=0):
    return np.random.default_rng(seed).random((n, *network.shape[:2]), np.float32)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_gives_predictions_and_maps_in_one_pass_by_the_short_way(name):
    options = Options(weights="none", width=0.25)
    with keras.saving.custom_object_scope(UNDRAWN):
        network = Network(stirred(build(name, (SIDE, SIDE, 1), 7, options)))
    images = images_for(network, 3)
    scores = directions([0, 3, 6], 7)
    logits, (one,) = network.weighed(images, scores, [gradcam.WEIGHING])
    _, (every,) = network.weighed_all(images, [gradcam.WEIGHING])
    taps = network.taps(images, scores)
    honest = gradcam.weigh(taps.activation, taps.gradient[:, None])[:, 0]
    assert network.layer == CAM_LAYER
    dense = any(isinstance(layer, keras.layers.Dense) for layer in network.model.layers)
    assert (network._head is not None) == dense  # so that maps by the two ways are compared
    np.testing.assert_allclose(logits, taps.logits, atol=1e-5)
    scale = np.abs(honest).max()
    np.testing.assert_allclose(one, honest, atol=1e-5 * scale)
    np.testing.assert_allclose(every[np.arange(3), [0, 3, 6]], honest, atol=1e-5 * scale)


def test_the_short_way_is_not_taken_where_pooling_depends_on_all_values():
    keras.utils.set_random_seed(0)
    options = Options(weights="none", width=0.25, pooling="stochastic")
    network = Network(build("cnn5", (SIDE, SIDE, 1), 7, options))
    network.weighed_all(images_for(network, 2), [gradcam.WEIGHING])
    assert network._head is None


def test_weights_may_change_between_questions():
    model = small()
    network = Network(model)
    images, scores = images_for(network), directions([0] * 5, 3)
    _, (before,) = network.weighed(images, scores, [gradcam.WEIGHING])
    kernel = model.get_layer("logits").kernel
    kernel.assign(-kernel)
    for variable in model.layers[5].weights:  # the large product that is done ahead
        variable.assign(variable * 2)
    _, (after,) = network.weighed(images, scores, [gradcam.WEIGHING])
    _, (fresh,) = Network(model).weighed(images, scores, [Weighing(gradcam.weigh)])
    assert not np.allclose(before, after, rtol=0.1)
    np.testing.assert_allclose(after, fresh, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("inside", ["functional", "sequential"])
def test_layers_of_models_inside_are_found_and_differentiated(inside):
    network = Network(nested(inside))
    assert network.layer == "b"
    images = images_for(network, 3)
    taps = network.taps(images, directions([0, 1, 2], 3))
    assert taps.activation.shape == taps.gradient.shape == (3, 8, 8, 5)
    assert np.abs(taps.gradient).max() > 0


def test_a_subclass_works_once_it_is_told_the_images_shape():
    with pytest.raises(BadInput, match="how large its images are"):
        Network(Subclassed())
    network = Network(Subclassed(), shape=(10, 10, 1))
    assert (network.layer, network.classes) == ("last", 3)
    taps = network.taps(images_for(network, 2), directions([0, 1], 3))
    assert taps.gradient.shape == (2, 6, 6, 5)


def test_layers_inside_layers_are_found():
    inputs = keras.Input((8, 8, 1))
    x = Block(name="block")(layers.Conv2D(4, 3, padding="same")(inputs))
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    images = np.random.default_rng(0).random((2, 8, 8), np.float32)
    assert Network(model).layer == "inner"
    block_taps = Network(model, "block").taps(images, directions([0, 1], 2))
    inner = Network(model, "inner").taps(images, directions([0, 1], 2))
    assert np.all(block_taps.gradient == inner.gradient)  # the sum passes on what it gets
    assert not np.allclose(block_taps.activation, inner.activation)


def test_a_sum_beside_the_pooling_keeps_the_short_way_closed():
    """The layer's maps go on twice, once through an operation that is no layer's own."""

    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv2D(3, 3, activation="relu", name="cam")
            self.pool, self.flat = layers.MaxPooling2D(), layers.Flatten()
            self.first, self.second = layers.Dense(4), layers.Dense(2)

        def call(self, images, training=False):
            maps = self.conv(images)
            return self.second(self.first(self.flat(self.pool(maps)))) + ops.sum(
                maps[..., :2] ** 2, axis=(1, 2)
            )

    network = Network(Two(), shape=(8, 8, 1))
    images, scores = images_for(network, 3), directions([0, 1, 0], 2)
    _, (values,) = network.weighed(images, scores, [gradcam.WEIGHING])
    taps = network.taps(images, scores)
    honest = np.einsum("nhwf,nf->nhw", taps.activation, taps.gradient.mean(axis=(1, 2)))
    assert network._head is None
    np.testing.assert_allclose(values, honest, rtol=1e-4, atol=1e-5)


def test_a_layer_used_twice_shows_its_last_use():
    inputs = keras.Input((8, 8, 1))
    twice = layers.Conv2D(1, 3, padding="same", activation="relu", name="twice")
    x = twice(twice(inputs))
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    images = np.random.default_rng(0).random((3, 8, 8), np.float32)
    network = Network(model)
    taps = network.taps(images, directions([0, 1, 1], 2))
    np.testing.assert_allclose(
        taps.activation, np.asarray(twice(twice(images[..., None]))), atol=1e-6
    )
    _, (values,) = network.weighed(images, directions([0, 1, 1], 2), [hirescam.WEIGHING])
    bias = model.layers[-1].bias.numpy()
    np.testing.assert_allclose(
        values.sum(axis=(1, 2)) + bias[[0, 1, 1]],
        network.logits(images)[np.arange(3), [0, 1, 1]],
        atol=1e-5,
    )


def test_bytes_are_divided_by_255_and_gray_is_repeated():
    given = np.array([[[0, 51], [102, 255]]], np.uint8)
    np.testing.assert_allclose(pixels(given, 3)[0, ..., 2], [[0, 0.2], [0.4, 1]], atol=1e-7)
    assert np.all(pixels(given.astype(np.float64), 1)[..., 0] == given)


def test_bytes_and_their_fractions_get_the_same_answer():
    network = Network(small())
    given = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    fractions = given.astype(np.float32) / 255
    np.testing.assert_allclose(network.logits(given), network.logits(fractions), atol=1e-6)


def test_directions_name_classes_and_hold_one_against_another():
    expected = [[0, 1, -1], [1, 0, 0]]
    assert directions([1, 0], 3, against=[2, 0]).tolist() == expected


def test_no_images_give_no_rows():
    network = Network(small())
    none = np.zeros((0, 8, 8), np.float32)
    assert network.logits(none).shape == (0, 3)
    logits, (maps,) = network.weighed_all(none, [gradcam.WEIGHING])
    assert (logits.shape, maps.shape) == ((0, 3), (0, 3, 8, 8))
    assert network.taps(none, np.zeros((0, 3))).gradient.shape == (0, 8, 8, 6)


def test_more_images_than_a_batch_are_compiled_once_and_joined():
    network = Network(small())
    images = images_for(network, network.batch + 3)
    _, (maps,) = network.weighed(images, None, [gradcam.WEIGHING])
    network.weighed(images[1:], None, [gradcam.WEIGHING])
    network.weighed(images[: network.batch - 9], None, [gradcam.WEIGHING])
    (program,) = network._programs.values()
    for some in (images, images[1:], images[: network.batch - 9]):
        network.logits(some)
    assert (program.compilations, network._logits.compilations) == (1, 1)
    assert maps.shape == (network.batch + 3, 8, 8)
    _, (last,) = network.weighed(images[-3:], None, [gradcam.WEIGHING])
    np.testing.assert_allclose(maps[-3:], last, rtol=1e-4, atol=1e-6)


def test_without_scores_each_image_is_explained_at_the_nets_own_prediction():
    network = Network(small())
    images = images_for(network, 6)
    said, (own,) = network.weighed(images, None, [gradcam.WEIGHING])
    np.testing.assert_allclose(said, network.logits(images), atol=1e-5)
    _, (told,) = network.weighed(images, directions(said.argmax(axis=1), 3), [gradcam.WEIGHING])
    np.testing.assert_allclose(own, told, atol=1e-6)


def test_a_net_without_convolutions_says_what_else_to_ask():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(3)])
    network = Network(model)
    images = images_for(network, 2)
    for ask in (
        lambda: network.layer,
        lambda: network.taps(images, directions([0, 1], 3)),
        lambda: network.activation(images),
        lambda: network.weighed_all(images, [gradcam.WEIGHING]),
    ):
        with pytest.raises(NoConvolution, match="ask for gradient"):
            ask()
    _, gradient = network.sensitivity(images, directions([0, 1], 3))
    kernel = model.layers[-1].kernel.numpy()
    np.testing.assert_allclose(gradient[1].ravel(), kernel[:, 1], atol=1e-6)


def test_the_maps_after_the_activation_are_taken_not_those_before_or_after_pooling():
    assert Network(small()).layer == "relu"


def test_pooled_values_kept_as_maps_of_one_pixel_are_no_maps():
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, activation="relu", name="maps")(inputs)
    x = layers.Conv2D(3, 1, name="classes")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    assert Network(keras.Model(inputs, layers.Flatten()(x))).layer == "maps"


def test_unknown_layers_and_other_precisions_are_refused():
    with pytest.raises(BadInput, match=r"no layer is called nose; .*relu"):
        Network(small(), "nose")
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = small()
    finally:
        keras.config.set_dtype_policy("float32")
    with pytest.raises(BadInput, match="computes in bfloat16; explanations need float32"):
        Network(model)


def test_images_and_scores_that_do_not_fit_are_refused():
    network = Network(small())
    with pytest.raises(BadInput, match=r"images are \(2, 9, 8\); this net expects \(n, 8, 8\)"):
        network.logits(np.zeros((2, 9, 8)))
    with pytest.raises(BadInput, match=r"expected \(2, 3\)"):
        network.taps(np.zeros((2, 8, 8)), np.zeros((2, 4)))


def test_catching_leaves_the_layer_as_it_was():
    model = small()
    relu = model.get_layer("relu")
    with captured(relu) as given:
        model(np.zeros((1, 8, 8, 1)))
    assert given[0].shape == (1, 8, 8, 6)
    with pytest.raises(ValueError, match="shape"), captured(relu):
        model(np.zeros((1, 8, 8, 2)))
    assert "call" not in vars(relu)


def test_asking_changes_no_weight():
    model = small()
    before = [w.numpy().copy() for w in model.weights]
    network = Network(model)
    network.weighed_all(images_for(network), [gradcam.WEIGHING])
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(before, model.weights, strict=True))


def test_a_reloaded_model_gives_the_same_maps(tmp_path: Path):
    model = small()
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    images = images_for(Network(model), 3)
    maps = [Network(m).weighed(images, None, [gradcam.WEIGHING])[1][0] for m in (model, again)]
    np.testing.assert_allclose(*maps, atol=1e-6)
