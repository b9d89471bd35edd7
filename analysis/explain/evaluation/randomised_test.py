import keras
import numpy as np
import pytest
import scipy.stats
from keras import layers

from analysis.explain.evaluation.randomised import likeness, randomised, rank_correlation
from analysis.explain.methods.gradient_test import convolutional
from analysis.explain.network import Network
from analysis.explain.targets import directions
from analysis.members import UNDRAWN
from orchestrator.errors import BadInput
from orchestrator.models import catalogue
from orchestrator.models.options import Options


@pytest.fixture
def learnt():
    """A net with batch statistics, so that forgetting them shows."""
    model = convolutional(seed=1)
    normalisation = model.layers[1]
    normalisation.set_weights([weights + 2 for weights in normalisation.get_weights()])
    return model


def test_the_given_net_stays_as_it_is(learnt):
    images = np.random.default_rng(0).random((3, 16, 16), np.float32)
    network = Network(learnt)
    before = learnt.get_weights(), network.logits(images)
    other = randomised(network)
    for now, then in zip(learnt.get_weights(), before[0], strict=True):
        np.testing.assert_array_equal(now, then)
    np.testing.assert_array_equal(network.logits(images), before[1])
    assert np.abs(other.logits(images) - before[1]).min() > 0


def test_everything_learnt_is_gone(learnt):
    other = randomised(Network(learnt)).model
    kernel, bias, gamma, beta, mean, variance, dense, dense_bias = other.get_weights()
    assert kernel.std() == pytest.approx(np.sqrt(2 / 9), rel=0.3)  # fan-in 3 x 3 x 1
    assert dense.std() == pytest.approx(np.sqrt(2 / 384), rel=0.1)  # 8 x 8 x 6
    assert abs(np.corrcoef(dense.ravel(), learnt.get_weights()[6].ravel())[0, 1]) < 0.1
    assert (gamma == 1).all()
    assert (variance == 1).all()
    for zeros in (bias, beta, mean, dense_bias):
        assert (zeros == 0).all()


def test_a_seed_is_a_net(learnt):
    first, again, second = (
        randomised(Network(learnt), seed).model.get_weights() for seed in (0, 0, 1)
    )
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (first[0] != second[0]).all()


def test_the_layer_asked_for_is_asked_for_in_the_copy():
    given = layers.Input((16, 16, 1))
    early = layers.Conv2D(3, 3, name="early")(given)
    late = layers.Conv2D(3, 3, name="late")(early)
    model = keras.Model(given, layers.Dense(2)(layers.GlobalMaxPooling2D()(late)))
    assert randomised(Network(model, "early")).layer == "early"
    assert randomised(Network(model)).layer == "late"


def test_a_net_without_convolutions_has_a_copy_too():
    net = keras.Sequential([layers.Input((8, 8, 1)), layers.Flatten(), layers.Dense(2)])
    assert randomised(Network(net)).logits(np.ones((1, 8, 8), np.float32)).shape == (1, 2)


@pytest.mark.filterwarnings("ignore:`build\\(\\)` was called")
def test_a_net_that_cannot_be_copied_is_refused_by_name():
    class Own(keras.Model):
        def __init__(self, units):
            super().__init__(name="own")
            self.dense = layers.Dense(units)

        def call(self, given):
            return self.dense(keras.ops.reshape(given, (-1, 64)))

    model = Own(2)
    model.build((None, 8, 8, 1))
    network = Network.__new__(Network)  # only its model is looked at
    network.model = model
    with pytest.raises(BadInput, match="own cannot be copied"):
        randomised(network)


@pytest.mark.parametrize("name", sorted(set(catalogue.MODELS) - {"vgg16"}))
def test_every_architecture_can_forget_and_stays_finite(name):
    with keras.saving.custom_object_scope(UNDRAWN):
        model = catalogue.MODELS[name]((48, 48, 1), 7, Options(width=0.25))
    if keras.backend.backend() == "tensorflow":  # as a member's is
        from orchestrator.training.on_tensorflow.fused_normalisation import fuse

        fuse(model)
    network = Network(model)
    images = np.random.default_rng(0).random((2, 48, 48), np.float32)
    forgotten = randomised(network)
    logits, slope = forgotten.sensitivity(images, directions([0, 1], 7))
    assert np.isfinite(logits).all()
    assert np.abs(slope).max() > 0  # not a dead net


def test_likeness_is_one_for_the_same_pattern_and_its_negative_and_nan_for_a_constant():
    maps = np.random.default_rng(0).random((3, 6, 6))
    other = np.stack([maps[0] ** 2, -maps[1], 0 * maps[2]])
    likenesses = likeness(maps, other)
    assert likenesses[:2] == pytest.approx([1, 1])
    assert np.isnan(likenesses[2])


def test_rank_correlation_is_that_of_scipy_and_minds_no_monotone_change():
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=(2, 4, 5, 5))
    other[0] = one[0] ** 3
    other[1] = np.round(other[1])  # ties
    correlations = rank_correlation(one, other)
    assert correlations[0] == pytest.approx(1)
    for row in range(4):
        expected = scipy.stats.spearmanr(one[row].ravel(), other[row].ravel()).statistic
        assert correlations[row] == pytest.approx(expected, abs=1e-6)
