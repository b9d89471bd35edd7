import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers, ops

from analysis.explain.maps import combine, normalise, resize, weights
from analysis.explain.methods import gradient, occlusion
from analysis.explain.network import Network
from analysis.explain.targets import directions


def centre_of_mass(row):
    return (row * np.arange(len(row))).sum() / row.sum()


def test_a_lone_cell_lands_in_the_middle_of_the_pixels_that_it_covers():
    maps = np.zeros((1, 6, 6), np.float32)
    maps[0, 1, 4] = 1  # pixels 8 to 15 of the rows, 32 to 39 of the columns
    large = resize(maps, 48, 48)[0]
    assert centre_of_mass(large.sum(axis=1)) == pytest.approx(11.5, abs=1e-5)
    assert centre_of_mass(large.sum(axis=0)) == pytest.approx(35.5, abs=1e-5)


def test_two_cells_become_four_places_with_a_quarter_at_the_seam():
    expected = [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]
    np.testing.assert_array_equal(weights(2, 4), np.float32(expected))


def test_one_cell_covers_everything():
    np.testing.assert_array_equal(resize([[[3.0]]], 4, 5), np.full((1, 4, 5), 3, np.float32))


def test_the_same_size_is_the_same_map():
    maps = np.random.default_rng(0).normal(size=(2, 5, 7)).astype(np.float32)
    np.testing.assert_array_equal(resize(maps, 5, 7), maps)


@settings(max_examples=40, deadline=None)
@given(native=st.tuples(*[st.integers(1, 13)] * 2), wanted=st.tuples(*[st.integers(1, 50)] * 2))
def test_the_result_is_that_of_keras_and_stays_within_the_values(native, wanted):
    maps = np.random.default_rng(sum(native)).random((2, *native), np.float32)
    large = resize(maps, *wanted)
    expected = np.asarray(ops.image.resize(maps[..., None], wanted, "bilinear"))[..., 0]
    np.testing.assert_allclose(large, expected, atol=2e-6)
    assert large.min() >= maps.min() - 1e-6
    assert large.max() <= maps.max() + 1e-6


def test_no_maps_are_no_maps():
    assert resize(np.zeros((0, 6, 6)), 48, 48).shape == (0, 48, 48)


# --- several maps as one ----------------------------------------------------------------------

LEFT = np.float32([[[2, 0], [0, 0]]])
RIGHT = np.float32([[[0, 8], [0, 0]]])


def test_each_member_has_the_say_of_its_coefficient_and_not_of_its_loudness():
    values, raw_max = normalise(combine([LEFT, RIGHT], [0.75, 0.25]))
    np.testing.assert_allclose(values[0], [[1, 1 / 3], [0, 0]], rtol=1e-6)
    assert raw_max == pytest.approx([0.75])


def test_members_that_say_the_same_make_one_map_of_full_strength():
    maps = np.random.default_rng(0).random((3, 6, 6)).astype(np.float32)
    values, raw_max = normalise(combine([maps, 5 * maps, maps], [1, 1, 2]))
    np.testing.assert_allclose(values, normalise(maps)[0], rtol=1e-6)
    np.testing.assert_allclose(raw_max, 1, rtol=1e-6)


def test_a_smaller_map_is_spread_to_the_largest_grid():
    coarse = np.random.default_rng(1).random((2, 6, 6)).astype(np.float32)
    wide = np.zeros((2, 8, 12), np.float32)
    values, raw_max = normalise(combine([coarse, wide], [1, 1]))
    assert values.shape == (2, 8, 12)
    spread = resize(normalise(coarse)[0], 8, 12)
    np.testing.assert_allclose(values, normalise(spread)[0], rtol=1e-5)
    assert (raw_max <= 0.5).all()  # half the say found nothing


def test_without_any_evidence_the_map_is_zero():
    values = combine([0 * LEFT, 0 * LEFT], [1, 1])
    assert np.abs(values).max() == 0


def test_signs_stay_and_opposite_signs_cancel():
    values, _ = normalise(combine([LEFT - RIGHT, -LEFT - RIGHT], [1, 1]))
    np.testing.assert_allclose(values[0], [[0, -1], [0, 0]])


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
    mean_net = averaged(*nets)
    slopes = [Network(net).sensitivity(images, scores)[1] for net in nets]
    np.testing.assert_allclose(
        mean_net.sensitivity(images, scores)[1], np.mean(slopes, axis=0), atol=1e-7
    )
    drops = [occlusion.drops(Network(net), images, scores) for net in nets]
    np.testing.assert_allclose(
        occlusion.drops(mean_net, images, scores), np.mean(drops, axis=0), atol=1e-6
    )
    # but not after the absolute value: slopes that cancel in the net do not cancel in the maps
    sizes = [gradient.maps(Network(net), images, scores).values for net in nets]
    assert np.abs(gradient.maps(mean_net, images, scores).values - np.mean(sizes, 0)).max() > 1e-3


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
    exact = normalise(np.mean(raw, axis=0))[0]  # the map of the averaged logit, both layers
    equal = [normalise(values)[0] for values in raw]
    np.testing.assert_allclose(
        normalise(combine(raw, [1, 1]))[0], normalise(np.mean(equal, axis=0))[0], atol=1e-6
    )
    assert np.abs(normalise(combine(raw, [1, 1]))[0] - exact).max() > 0.01  # unequal maxima
    loud = np.abs(raw[0]).max(axis=(1, 2)) / np.abs(raw[1]).max(axis=(1, 2))
    weighed = [normalise(combine([one[[i]] for one in raw], [loud[i], 1]))[0][0] for i in range(6)]
    np.testing.assert_allclose(np.stack(weighed), exact, atol=1e-5)  # loudness given back
