"""Filters come out one by one, each as it stands in the kernel."""

import keras
import numpy as np
import pytest
from keras import layers

from analysis.explain.network import Network
from analysis.features.filters import filters, layers_of
from orchestrator.errors import BadInput
from orchestrator.models.catalogue import Options, build


def network(*middle, side=8):
    inputs = keras.Input((side, side, 1))
    x = inputs
    for layer in middle:
        x = layer(x)
    return Network(keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x))))


def test_a_filter_is_its_own_slice_of_the_kernel():
    net = network(layers.Conv2D(2, (3, 5), name="one"), layers.Conv2D(4, 2, name="two"))
    kernel = np.arange(30, dtype=np.float32).reshape(3, 5, 1, 2) - 40
    net.model.get_layer("one").set_weights([kernel, np.zeros(2)])
    first = filters(net)
    assert (first.layer, first.weights.shape, first.limit) == ("one", (2, 3, 5, 1), 40.0)
    np.testing.assert_array_equal(first.weights[1], kernel[:, :, :, 1])
    second = filters(net, "two")
    assert second.weights.shape == (4, 2, 2, 2)
    assert second.limit == np.abs(second.weights).max()
    assert layers_of(net) == ["one", "two"]


def test_one_scale_for_all_filters_with_zero_in_its_middle():
    net = network(layers.Conv2D(2, 1, name="one"))
    net.model.get_layer("one").set_weights([np.array([[[[-0.5, 0.25]]]]), np.zeros(2)])
    assert filters(net).limit == 0.5


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.DepthwiseConv2D(3, depth_multiplier=2, name="x"), (8, 3, 3, 1)),
        (layers.SeparableConv2D(5, 3, name="x"), (4, 3, 3, 1)),
        (layers.Conv2DTranspose(5, 3, name="x"), (5, 3, 3, 4)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_of_convolution_has_its_filters_first(layer, shape):
    net = network(layers.Conv2D(4, 3), layer)
    first = filters(net, "x").weights
    assert first.shape == shape
    if isinstance(layer, layers.DepthwiseConv2D):
        np.testing.assert_array_equal(first[3, :, :, 0], np.asarray(layer.kernel)[:, :, 1, 1])
    if isinstance(layer, layers.Conv2DTranspose):
        np.testing.assert_array_equal(first[3, :, :, 2], np.asarray(layer.kernel)[:, :, 3, 2])


def test_models_inside_models_have_filters_too():
    inner = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="within")])
    net = network(inner)
    assert layers_of(net) == ["within"]
    assert filters(net).weights.shape == (2, 3, 3, 1)


def test_a_model_of_the_house_shows_its_first_layer():
    net = Network(build("cnn5", (48, 48, 1), 7, Options(width=0.25)))
    assert filters(net).weights.shape == (8, 5, 5, 1)
    assert layers_of(net) == ["c1", "c2", "c3"]


def test_what_has_no_filters_is_said_with_what_has():
    net = network(layers.Conv2D(2, 3, name="one"), layers.ReLU(name="after"))
    with pytest.raises(BadInput, match=r"after \(ReLU\) has no filters; .*: one"):
        filters(net, "after")
    with pytest.raises(BadInput, match=r"no layer of .* is called else; with maps: one"):
        filters(net, "else")
    with pytest.raises(BadInput, match="no convolution"):
        filters(network())
