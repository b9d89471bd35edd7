"""Feature maps: the right layers, the right channels, the numbers of the net itself."""

import keras
import numpy as np
import pytest
from keras import layers

from analysis.explain.network import Network, NoConvolution
from analysis.features.feature_maps import feature_maps, one_a_block
from orchestrator.models.catalogue import Options, build

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)


def house(name, side=48):
    return Network(build(name, (side, side, 1), 7, Options(width=0.25, weights="none")))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cnn5", ["c1_relu", "c2_relu", "cam"]),
        ("CCPCCPCCPFF", ["c2_relu", "c4_relu", "cam"]),
        ("vgg", ["c2_relu", "c4_relu", "c6_relu", "cam"]),
        ("convnet4", ["c2_relu", "c3_relu", "cam"]),
        ("CPIPIPF", ["c1_relu", "i1_relu", "cam"]),
        ("2R2RPF", ["r2_relu", "cam"]),
    ],
)
def test_one_layer_a_resolution_after_its_activation(name, shown):
    blocks = one_a_block(house(name))
    assert blocks == shown


def test_maps_are_those_that_the_layers_give():
    net = house("vgg")
    for one in feature_maps(net, IMAGES, channels=3):
        layer = net.model.get_layer(one.layer)
        part = keras.Model(net.model.input, layer.output)
        exact = np.asarray(part(IMAGES[..., None].astype(np.float32) / 255, training=False))
        np.testing.assert_allclose(
            one.maps, np.moveaxis(exact[..., one.channels], -1, 1), rtol=1e-4, atol=1e-5
        )
        assert one.of == exact.shape[-1]


def test_the_strongest_channels_come_first_and_are_the_same_for_every_image():
    inputs = keras.Input((4, 4, 1))
    x = layers.Conv2D(4, 1, use_bias=False, activation="relu", name="cam")(inputs)
    net = Network(keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x))))
    net.model.get_layer("cam").set_weights([np.array([[[[1.0, -1.0, 3.0, 2.0]]]])])
    images = np.stack([np.full((4, 4), 0.25), np.full((4, 4), 0.75)]).astype(np.float32)
    (blocks,) = feature_maps(net, images, channels=2)
    assert blocks.channels.tolist() == [2, 3]
    np.testing.assert_allclose(blocks.strength, [1.5, 1.0])
    np.testing.assert_allclose(blocks.maps[:, 0], images * 3)
    assert (blocks.silent, blocks.of, blocks.maps.shape) == (1, 4, (2, 2, 4, 4))


def test_named_layers_come_in_the_order_asked_for_and_narrow_ones_whole():
    blocks = feature_maps(house("cnn5"), IMAGES, ["cam", "c1"], channels=12)
    assert [one.layer for one in blocks] == ["cam", "c1"]
    assert [one.maps.shape[:2] for one in blocks] == [(3, 12), (3, 8)]


def test_looking_changes_nothing():
    net = house("cnn5")
    before = net.logits(IMAGES)
    feature_maps(net, IMAGES)
    np.testing.assert_array_equal(net.logits(IMAGES), before)


def test_a_net_without_maps_says_so():
    inputs = keras.Input((4, 4, 1))
    net = Network(keras.Model(inputs, layers.Dense(2)(layers.Flatten()(inputs))))
    with pytest.raises(NoConvolution, match="no convolution"):
        feature_maps(net, IMAGES[:, :4, :4])
