import keras
import numpy as np
import pytest
import scipy.stats
from keras import layers

from analysis.explain.ensemble_maps import spearman, together
from analysis.explain.methods import gradient, occlusion
from analysis.explain.methods.method import normalise
from analysis.explain.network import Network
from analysis.explain.resize import resize
from analysis.explain.targets import directions

LEFT = np.float32([[[2, 0], [0, 0]]])
RIGHT = np.float32([[[0, 8], [0, 0]]])


def test_each_member_has_the_say_of_its_coefficient_and_not_of_its_loudness():
    found = together([LEFT, RIGHT], [0.75, 0.25])
    np.testing.assert_allclose(found.values[0], [[1, 1 / 3], [0, 0]], rtol=1e-6)
    assert found.raw_max == pytest.approx([0.75])
    # of the first cell: 1 and 0 with weights 0.75 and 0.25, so the variance is 0.1875
    np.testing.assert_allclose(found.std[0, 0], np.sqrt([0.1875, 0.1875]), rtol=1e-6)
    assert found.std[0, 1].max() == 0


def test_members_that_say_the_same_agree_fully():
    maps = np.random.default_rng(0).random((3, 6, 6)).astype(np.float32)
    found = together([maps, 5 * maps, maps], [1, 1, 2])
    np.testing.assert_allclose(found.values, normalise(maps)[0], rtol=1e-6)
    np.testing.assert_allclose(found.raw_max, 1, rtol=1e-6)
    np.testing.assert_allclose(found.agreement, 1, rtol=1e-6)
    assert found.std.max() < 1e-6


def test_opposed_members_disagree_fully():
    maps = np.arange(1, 5, dtype=np.float32).reshape(1, 2, 2)
    assert together([maps, 5 - maps], [1, 1]).agreement == pytest.approx([-1])


def test_a_smaller_map_is_spread_to_the_largest_grid():
    coarse = np.random.default_rng(1).random((2, 6, 6)).astype(np.float32)
    wide = np.zeros((2, 8, 12), np.float32)
    found = together([coarse, wide], [1, 1])
    assert found.values.shape == (2, 8, 12)
    spread = resize(normalise(coarse)[0], 8, 12)
    np.testing.assert_allclose(found.values, normalise(spread)[0], rtol=1e-5)
    assert (found.raw_max <= 0.5).all()  # half the say found nothing


def test_without_any_evidence_the_map_is_zero_and_nobody_can_be_said_to_agree():
    found = together([0 * LEFT, 0 * LEFT], [1, 1])
    assert np.abs(found.values).max() == 0
    assert found.raw_max == [0]
    assert np.isnan(found.agreement).all()


def test_a_member_without_evidence_is_left_out_of_the_agreement():
    maps = np.random.default_rng(2).random((1, 6, 6)).astype(np.float32)
    found = together([maps, maps**2, 0 * maps], [1, 1, 1])
    assert found.agreement == pytest.approx([1])
    assert np.isnan(together([maps], [1]).agreement).all()  # nobody to agree with


def test_signs_stay_and_opposite_signs_cancel():
    found = together([LEFT - RIGHT, -LEFT - RIGHT], [1, 1])
    np.testing.assert_allclose(found.values[0], [[0, -1], [0, 0]])


def test_rank_correlation_is_that_of_scipy_and_minds_no_monotone_change():
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=(2, 4, 5, 5))
    other[0] = one[0] ** 3
    other[1] = np.round(other[1])  # ties
    found = spearman(one, other)
    assert found[0] == pytest.approx(1)
    for row in range(4):
        known = scipy.stats.spearmanr(one[row].ravel(), other[row].ravel()).statistic
        assert found[row] == pytest.approx(known, abs=1e-6)


# --- against one net that averages -----------------------------------------------------------


def member(name, filters, scale=1.0):
    given = layers.Input((16, 16, 1))
    seen = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(given)
    logits = layers.Dense(3, use_bias=False)(layers.GlobalAveragePooling2D()(seen))
    net = keras.Model(given, logits)
    net.layers[-1].set_weights([scale * net.layers[-1].get_weights()[0]])
    return net


def averaged(*nets):
    given = layers.Input((16, 16, 1))
    return Network(keras.Model(given, layers.Average()([net(given) for net in nets])))


@pytest.fixture(scope="module")
def three():
    keras.utils.set_random_seed(5)
    nets = member("a", 4), member("b", 6)
    images = np.random.default_rng(4).random((6, 16, 16), np.float32)
    return nets, images, directions([0, 1, 2, 0, 1, 2], 3)


def cam(network, images, scores):
    """Signed Grad-CAM."""
    taps = network.taps(images, scores)
    return np.einsum("nhwf,nf->nhw", taps.activation, taps.gradient.mean(axis=(1, 2)))


def test_the_gradient_and_occlusion_of_the_averaging_net_are_the_members_means(three):
    nets, images, scores = three
    whole = averaged(*nets)
    slopes = [Network(net).sensitivity(images, scores)[1] for net in nets]
    np.testing.assert_allclose(
        whole.sensitivity(images, scores)[1], np.mean(slopes, axis=0), atol=1e-7
    )
    drops = [occlusion.drops(Network(net), images, scores) for net in nets]
    np.testing.assert_allclose(
        occlusion.drops(whole, images, scores), np.mean(drops, axis=0), atol=1e-6
    )
    # but not after the absolute value: slopes that cancel in the net do not cancel in the maps
    sizes = [gradient.maps(Network(net), images, scores).values for net in nets]
    assert np.abs(gradient.maps(whole, images, scores).values - np.mean(sizes, 0)).max() > 1e-3


def test_inside_the_averaging_net_a_members_map_is_its_own_divided_by_the_number(three):
    nets, images, scores = three
    model = averaged(*nets).model
    for net, layer in zip(nets, "ab", strict=True):
        own = cam(Network(net), images, scores)
        inside = cam(Network(model, layer), images, scores)
        np.testing.assert_allclose(inside, own / 2, atol=1e-7)
        np.testing.assert_allclose(normalise(inside)[0], normalise(own)[0], atol=1e-5)


def test_ours_is_the_averaging_nets_map_where_the_maxima_are_equal_and_only_there(three):
    nets, images, scores = three
    raw = [cam(Network(net), images, scores) for net in nets]
    whole = normalise(np.mean(raw, axis=0))[0]  # the map of the averaged logit, both layers
    equal = [normalise(values)[0] for values in raw]
    np.testing.assert_allclose(
        together(raw, [1, 1]).values, normalise(np.mean(equal, axis=0))[0], atol=1e-6
    )
    assert np.abs(together(raw, [1, 1]).values - whole).max() > 0.01  # unequal maxima
    loud = np.abs(raw[0]).max(axis=(1, 2)) / np.abs(raw[1]).max(axis=(1, 2))
    weighed = [together([one[[i]] for one in raw], [loud[i], 1]).values[0] for i in range(6)]
    np.testing.assert_allclose(np.stack(weighed), whole, atol=1e-5)  # loudness given back
