"""The plain gradient, and what all methods that ask the pixels have in common."""

import keras
import numpy as np
import pytest
from keras import layers

from analysis.explain.methods import gradient, integrated, occlusion, smoothgrad
from analysis.explain.network import Network
from analysis.explain.targets import directions

ASKING_PIXELS = {
    "gradient": gradient.maps,
    "smoothgrad": smoothgrad.maps,
    "integrated": integrated.maps,
    "integrated, contrast": integrated.contrast,
    "occlusion": occlusion.maps,
    "occlusion, contrast": occlusion.contrast,
}


def convolutional(channels=1, offset=0.0, seed=0):
    keras.utils.set_random_seed(seed)
    net = [
        layers.Input((16, 16, channels)),
        layers.Conv2D(6, 3, padding="same"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(4),
    ]
    if offset:
        net.append(layers.Rescaling(1.0, offset=offset))
    return keras.Sequential(net)


def linear(weights):
    """(h, w, k) weights -> a net whose logits are sums of pixel times weight, plus 1, 2, ..."""
    h, w, classes = weights.shape
    net = keras.Sequential([layers.Input((h, w, 1)), layers.Flatten(), layers.Dense(classes)])
    net.set_weights([weights.reshape(-1, classes), np.arange(1.0, 1 + classes)])
    return Network(net)


@pytest.fixture(scope="module")
def network():
    return Network(convolutional())


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 16, 16), dtype=np.uint8)


@pytest.fixture(scope="module")
def scores():
    return directions([0, 3, 1, 1, 2], 4)


def test_of_a_linear_net_it_is_the_size_of_the_weights():
    weights = np.random.default_rng(1).normal(size=(6, 5, 3)).astype(np.float32)
    images = np.random.default_rng(2).random((2, 6, 5), np.float32)
    gradients = gradient.maps(linear(weights), images, directions([2, 0], 3))
    np.testing.assert_allclose(gradients.values, np.abs(weights[..., [2, 0]]).transpose(2, 0, 1))
    assert gradients.gap is None


def test_without_biases_pixels_times_gradient_sum_to_the_logit():
    net = keras.Sequential(
        [
            layers.Input((12, 12, 1)),
            layers.Conv2D(5, 3, activation="relu", use_bias=False),
            layers.Flatten(),
            layers.Dense(3, use_bias=False),
        ]
    )
    images, classes = np.random.default_rng(3).random((4, 12, 12), np.float32), [0, 1, 2, 0]
    logits, slope = Network(net).sensitivity(images, directions(classes, 3))
    shares = (images * slope).sum(axis=(1, 2))
    np.testing.assert_allclose(shares, logits[range(4), classes], atol=1e-6)


@pytest.mark.parametrize("name", ASKING_PIXELS)
def test_maps_are_finite_and_one_an_image(network, images, scores, name):
    values = ASKING_PIXELS[name](network, images, scores).values
    assert values.shape == ((5, 4, 4) if "occlusion" in name else (5, 16, 16))
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    assert (values.min() < 0) == ("contrast" in name)


@pytest.mark.parametrize("name", ASKING_PIXELS)
def test_an_image_gets_the_same_map_in_any_company(network, images, scores, name):
    method = ASKING_PIXELS[name]
    together = method(network, images, scores).values
    tolerance = {"rtol": 1e-4, "atol": 1e-5 * np.abs(together).max()}
    order = np.array([3, 1, 4, 0, 2])
    shuffled = method(network, images[order], scores[order]).values
    np.testing.assert_allclose(shuffled, together[order], **tolerance)
    alone = [method(network, images[[i]], scores[[i]]).values[0] for i in range(5)]
    np.testing.assert_allclose(np.stack(alone), together, **tolerance)


@pytest.mark.parametrize("name", ASKING_PIXELS)
def test_a_constant_on_all_logits_changes_nothing(network, images, scores, name):
    shifted = Network(convolutional(offset=8.0))
    np.testing.assert_allclose(
        shifted.logits(images), network.logits(images) + 8, atol=1e-5
    )  # the same net otherwise
    maps = [ASKING_PIXELS[name](net, images, scores).values for net in (network, shifted)]
    # occlusion subtracts logits, which the constant makes coarser
    np.testing.assert_allclose(*maps, rtol=0, atol=1e-5 if "occlusion" in name else 0)


@pytest.mark.parametrize("name", ASKING_PIXELS)
def test_bytes_are_what_they_are_divided_by_255(network, images, scores, name):
    method = ASKING_PIXELS[name]
    floating = gradient.floating(images)
    assert floating.max() <= 1
    np.testing.assert_array_equal(
        method(network, images, scores).values, method(network, floating, scores).values
    )


@pytest.mark.parametrize("name", ASKING_PIXELS)
def test_colour_nets_are_asked_too(images, scores, name):
    values = ASKING_PIXELS[name](Network(convolutional(channels=3)), images, scores).values
    assert values.ndim == 3
    assert np.abs(values).max() > 0


@pytest.mark.parametrize("name", ASKING_PIXELS)
def test_an_image_of_one_gray_and_no_image_at_all_are_fine(network, scores, name):
    method = ASKING_PIXELS[name]
    flat = method(network, np.full((1, 16, 16), 128, np.uint8), scores[:1])
    assert np.isfinite(flat.values).all()
    if "gradient" not in name and "smoothgrad" not in name:
        assert np.abs(flat.values).max() < 1e-5  # the baseline itself: nothing to take away
    nothing = method(network, np.zeros((0, 16, 16), np.uint8), scores[:0])
    assert len(nothing.values) == 0
