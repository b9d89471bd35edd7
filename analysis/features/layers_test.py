"""Which layers of a net give maps, and which have filters."""

import keras
import pytest
from keras import layers

from analysis.explain.network import Network
from analysis.features.layers import channels_of, convolutions, named, with_maps
from orchestrator.errors import BadInput


@pytest.fixture(scope="module")
def network():
    given = keras.Input((8, 8, 1))
    x = layers.Conv2D(3, 3, padding="same", name="one")(given)
    x = layers.ReLU(name="relu")(x)
    x = layers.MaxPooling2D(name="pool")(x)
    x = layers.Conv2D(5, 3, padding="same", activation="relu", name="two")(x)
    return Network(keras.Model(given, layers.Dense(2)(layers.Flatten()(x))))


def test_layers_with_maps_stand_in_order_without_what_only_passes_maps_on(network):
    assert [use.layer.name for use in with_maps(network)] == ["one", "relu", "two"]
    assert [layer.name for layer in convolutions(network)] == ["one", "two"]


def test_a_layer_is_told_by_its_name_and_channels_are_counted(network):
    assert named(network, "two").filters == 5
    assert (channels_of(network, "relu"), channels_of(network, "two")) == (3, 5)


def test_what_is_not_there_or_gives_no_maps_is_refused_with_the_names_of_what_does(network):
    with pytest.raises(BadInput, match="is called three; with maps: one, relu, two"):
        named(network, "three")
    with pytest.raises(BadInput, match="gives no maps; with maps: one, relu, two"):
        channels_of(network, "flatten")
