import keras
import numpy as np
import pytest
from keras import layers

from analysis.explain.maps import normalise
from analysis.explain.methods.catalogue import METHODS
from analysis.explain.methods.names import CAM, NAMES, PASSES
from analysis.explain.network import Network, NoConvolution, directions

SIDE = 16


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((SIDE, SIDE, 1))
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="cam")(inputs)
    x = layers.Dense(6)(layers.Flatten()(layers.MaxPooling2D(4)(x)))
    return Network(keras.Model(inputs, layers.Dense(3)(layers.ReLU()(x))))


def images(n=3):
    return np.random.default_rng(0).integers(0, 256, (n, SIDE, SIDE), dtype=np.uint8)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_gives_finite_maps_that_do_not_depend_on_other_images(network, name):
    method, scores = METHODS[name], directions([0, 2, 1], 3)
    together = method.maps(network, images(), scores)
    assert together.values.dtype == np.float32
    assert together.values.shape[0] == 3
    assert together.values.ndim == 3
    assert np.isfinite(together.values).all()
    assert np.abs(together.values).max() > 0
    for i in range(3):
        alone = method.maps(network, images()[i : i + 1], scores[i : i + 1])
        scale = np.abs(together.values).max()
        np.testing.assert_allclose(alone.values[0], together.values[i], atol=1e-4 * scale, rtol=0)
    strongest = np.abs(normalise(together.values)[0]).max(axis=(1, 2))
    np.testing.assert_allclose(strongest, 1, rtol=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_explains_a_contrast_and_another_class_otherwise(network, name):
    method = METHODS[name]
    one = method.maps(network, images(), directions([0, 2, 1], 3)).values
    other = method.maps(network, images(), directions([1, 0, 2], 3)).values
    against = method.contrast(network, images(), directions([0, 2, 1], 3, [1, 0, 2])).values
    assert against.shape == one.shape
    assert np.isfinite(against).all()
    assert not np.allclose(one, other, rtol=0.05)
    assert not np.allclose(one, against, rtol=0.05)


@pytest.mark.parametrize("name", METHODS)
def test_no_images_give_no_maps(network, name):
    no_maps = METHODS[name].maps(network, images(0), np.zeros((0, 3), np.float32))
    assert no_maps.values.shape[0] == 0
    assert no_maps.values.ndim == 3


@pytest.mark.parametrize("name", METHODS)
def test_without_convolutions_only_methods_that_ask_the_pixels_answer(name):
    model = keras.Sequential([keras.Input((SIDE, SIDE, 1)), layers.Flatten(), layers.Dense(3)])
    network, scores = Network(model), directions([0, 2, 1], 3)
    if METHODS[name].kind == "cam":
        with pytest.raises(NoConvolution):
            METHODS[name].maps(network, images(), scores)
    else:
        assert METHODS[name].maps(network, images(), scores).values.shape[0] == 3


def test_the_names_that_need_no_keras_are_those_of_the_methods():
    assert tuple(METHODS) == NAMES
    assert tuple(name for name, method in METHODS.items() if method.kind == "cam") == CAM
    words = {1: "about one prediction", 2: "about two predictions"}
    assert {name: METHODS[name].cost for name in PASSES} == {n: words[p] for n, p in PASSES.items()}
