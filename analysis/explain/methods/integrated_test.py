import keras
import numpy as np
import pytest
from keras import layers

from analysis.explain.methods import integrated
from analysis.explain.methods.gradient_test import convolutional, linear
from analysis.explain.methods.smoothgrad_test import squares
from analysis.explain.network import Network
from analysis.explain.targets import directions


@pytest.fixture(scope="module")
def network():
    """With biases: without them every point on the way from black has the same gradient."""
    model = convolutional(seed=3)
    rng = np.random.default_rng(0)
    model.set_weights([w + rng.normal(0, 0.2, w.shape) ** 2 for w in model.get_weights()])
    return Network(model)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((8, 16, 16), np.float32)


def test_of_a_linear_net_it_is_weight_times_distance_from_the_baseline():
    weights = np.random.default_rng(1).normal(size=(6, 6, 2)).astype(np.float32)
    images = np.random.default_rng(2).random((3, 6, 6), np.float32)
    given = linear(weights), images, directions([0, 1, 1], 2)
    away = images - images.mean(axis=(1, 2), keepdims=True)
    expected = weights[..., [0, 1, 1]].transpose(2, 0, 1) * away
    values, gap = integrated.attributions(*given, steps=3)
    np.testing.assert_allclose(values, expected, atol=1e-6)
    assert gap.max() < 1e-4
    np.testing.assert_allclose(
        integrated.maps(*given, steps=3).values, np.maximum(expected, 0), atol=1e-6
    )
    values, _ = integrated.attributions(*given, steps=3, baseline="zero")
    products = weights[..., [0, 1, 1]].transpose(2, 0, 1) * images
    np.testing.assert_allclose(values, products, atol=1e-6)


def test_of_a_sum_of_squares_one_midpoint_is_exact():
    images = np.random.default_rng(3).random((2, 8, 8), np.float32)
    values, gap = integrated.attributions(
        squares(), images, directions([0, 0], 1), steps=1, baseline="zero"
    )
    np.testing.assert_allclose(values, images**2, rtol=1e-5)  # (x - 0) 2 (x / 2)
    assert gap.max() < 1e-5


def test_the_gap_is_what_the_shares_do_not_add_up_to(monkeypatch):
    """|x| of one pixel from -1 to 3 in one step: slope +1 at the midpoint 1, shares 4, truth 2."""
    given = layers.Input((1, 1, 1))
    both = layers.Concatenate()(
        [layers.ReLU()(given), layers.ReLU()(layers.Rescaling(-1.0)(given))]
    )
    net = keras.Model(given, layers.Dense(1, use_bias=False)(layers.Flatten()(both)))
    net.set_weights([np.ones((2, 1))])
    monkeypatch.setitem(integrated.BASELINES, "minus one", lambda images: 0 * images - 1)
    question = Network(net), np.full((1, 1, 1), 3, np.float32), [[1.0]]
    one = integrated.maps(*question, steps=1, baseline="minus one")
    four = integrated.maps(*question, steps=4, baseline="minus one")
    assert one.values.item() == pytest.approx(4)
    assert one.gap == pytest.approx([1.0])  # |4 - 2| / 2
    assert four.gap == pytest.approx([0.0])


def right_ends(network, images, scores, steps):
    """The paper's rule, with a baseline of zeros."""
    share = np.arange(1, steps + 1, dtype=np.float32) / steps
    slopes = [network.sensitivity(images * now, scores)[1] for now in share]
    return images * np.mean(slopes, axis=0)


def test_midpoints_come_closer_than_right_ends_and_more_steps_closer(network, images):
    scores = directions(np.arange(8) % 4, 4)
    start = np.zeros_like(images)
    truth = ((network.logits(images) - network.logits(start)) * scores).sum(axis=1)

    def error(values):
        return np.abs(values.sum(axis=(1, 2)) - truth).max() / np.abs(truth).mean()

    errors = {
        steps: error(integrated.attributions(network, images, scores, steps, "zero")[0])
        for steps in (8, 32, 128)
    }
    assert errors[32] < 0.02
    assert errors[128] < 0.004
    assert errors[128] < errors[8]
    assert error(right_ends(network, images, scores, 32)) > 2 * errors[32]


def test_without_biases_and_from_black_the_shares_sum_to_the_logit():
    net = keras.Sequential(
        [
            layers.Input((10, 10, 1)),
            layers.Conv2D(4, 3, activation="relu", use_bias=False),
            layers.Flatten(),
            layers.Dense(2, use_bias=False),
        ]
    )
    images = np.random.default_rng(4).random((3, 10, 10), np.float32)
    question = Network(net), images, directions([0, 1, 0], 2)
    values, gap = integrated.attributions(*question, steps=2, baseline="zero")
    logits = question[0].logits(images)[range(3), [0, 1, 0]]
    np.testing.assert_allclose(values.sum(axis=(1, 2)), logits, atol=1e-5)
    assert gap.max() < 1e-3


def test_a_contrast_is_the_difference_of_two_classes_with_its_sign(network, images):
    for_first, for_second = (
        integrated.attributions(network, images, directions([k] * 8, 4))[0] for k in (0, 2)
    )
    both = integrated.contrast(network, images, directions([0] * 8, 4, [2] * 8)).values
    np.testing.assert_allclose(both, for_first - for_second, atol=1e-5)
    assert both.min() < 0 < both.max()


@pytest.mark.parametrize("name", integrated.BASELINES)
def test_a_baseline_depends_on_its_own_image_alone_and_has_nothing_new(images, name):
    baseline = integrated.BASELINES[name](images)
    assert baseline.shape == images.shape
    assert baseline.dtype == np.float32
    np.testing.assert_array_equal(integrated.BASELINES[name](images[[5]])[0], baseline[5])
    assert baseline.std(axis=(1, 2)).max() < 0.3 * images.std(axis=(1, 2)).min()
