"""What must hold of class activation maps, numbered as in the project's reference (A1 to A19)."""

import keras
import numpy as np
import pytest
from keras import layers
from scipy.special import softmax

from analysis.backends.hooks import hooked
from analysis.explain.maps import normalise
from analysis.explain.methods import gradcam, gradcampp, hirescam, layercam
from analysis.explain.methods.catalogue import WEIGHINGS
from analysis.explain.methods.shared_pass_test import cam_maps
from analysis.explain.network import Network, Weighing, directions

CLASSES = 7
SIDE = 24


def net(head="dense", seed=1, cam="cam", name="net"):
    """Conv-BN-ReLU twice, 12x12 maps of 8 channels; heads: mean, linear, dense, highest."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((SIDE, SIDE, 1))
    x = inputs
    for number, filters in enumerate((4, 8)):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU(name=cam if number else None)(x)
        if not number:
            x = layers.MaxPooling2D()(x)
    if head == "mean":
        x = layers.GlobalAveragePooling2D()(x)
    elif head == "highest":
        x = layers.GlobalMaxPooling2D()(x)
    else:
        x = layers.Flatten()(x)
    if head == "dense":
        x = layers.Dense(12, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(CLASSES, name="logits")(x), name=name)
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if len(variable.shape) == 1:
            variable.assign(rng.uniform(0.3, 1.2, variable.shape))
    return model


def images(n=6, seed=0):
    return np.random.default_rng(seed).random((n, SIDE, SIDE), np.float32)


def answer_from(model, activation):
    """Logits of the part of the net after the layer."""
    blank = np.zeros((len(activation), SIDE, SIDE, 1), np.float32)
    with hooked([model.get_layer("cam")], lambda *_: keras.ops.convert_to_tensor(activation)):
        return np.asarray(model(blank, training=False))


def last_kernel(model):
    return [w.numpy() for w in model.get_layer("logits").weights]


def close(values, expected, relative):
    np.testing.assert_allclose(values, expected, atol=relative * np.abs(expected).max(), rtol=0)


def test_a1_after_a_global_average_gradcam_is_the_class_activation_map_over_its_size():
    model = net("mean")
    network = Network(model)
    kernel, _ = last_kernel(model)
    given, targets = images(), np.arange(6)
    signed = gradcam.contrast(network, given, directions(targets, CLASSES)).values
    by_hand = np.einsum("nhwf,fn->nhw", network.activation(given), kernel[:, targets])
    close(12 * 12 * signed, by_hand, 2e-6)


@pytest.mark.parametrize("head", ["mean", "linear"])
def test_a2_hirescam_shares_out_the_logit_less_its_bias(head):
    model = net(head)
    network = Network(model)
    _, bias = last_kernel(model)
    given, targets = images(), np.arange(6)
    signed = hirescam.contrast(network, given, directions(targets, CLASSES)).values
    logit = network.logits(given)[np.arange(6), targets]
    close(signed.sum(axis=(1, 2)) + bias[targets], logit, 1e-5)
    if head == "linear":  # the mean gradient does not: that is why both methods are here
        other = gradcam.contrast(network, given, directions(targets, CLASSES)).values
        assert np.abs(other.sum(axis=(1, 2)) + bias[targets] - logit).max() > 0.01


def test_a3_an_emptied_cell_costs_the_logit_what_hirescam_says():
    model = net("linear")
    network = Network(model)
    given = images(1)
    signed = hirescam.contrast(network, given, directions([2], CLASSES)).values
    activation = network.activation(given)
    emptied = activation.copy()
    emptied[:, 4, 7] = 0
    loss = (answer_from(model, activation) - answer_from(model, emptied))[0, 2]
    assert loss == pytest.approx(signed[0, 4, 7], abs=2e-6)
    assert abs(loss) > 1e-3


def test_a4_xgradcam_has_hirescams_sum_and_is_gradcam_after_a_global_average():
    for head in ("linear", "mean"):
        network = Network(net(head))
        given, scores = images(), directions(np.arange(6), CLASSES)
        taps = network.taps(given, scores)
        total = taps.activation.sum(axis=(1, 2), keepdims=True)
        shares = taps.activation / np.maximum(total, 1e-30)  # a silent channel has no share
        x = np.einsum("nhwf,nf->nhw", taps.activation, (shares * taps.gradient).sum(axis=(1, 2)))
        high = hirescam.contrast(network, given, scores).values
        close(x.sum(axis=(1, 2)), high.sum(axis=(1, 2)), 1e-5)
    close(high, x, 1e-5)
    close(gradcam.contrast(network, given, scores).values, x, 1e-5)


@pytest.mark.parametrize("name", WEIGHINGS)
@pytest.mark.parametrize("head", ["mean", "dense"])
def test_a7_images_do_not_know_of_each_other(name, head):
    network = Network(net(head))
    given, scores = images(), directions([0, 3, 3, 6, 1, 2], CLASSES)
    together = cam_maps(network, given, scores, [name])[name]
    order = np.array([4, 2, 0, 5, 1, 3])
    permuted = cam_maps(network, given[order], scores[order], [name])[name]
    alone = [cam_maps(network, given[i : i + 1], scores[i : i + 1], [name])[name] for i in order]
    close(permuted, together[order], 3e-6)
    close(np.concatenate(alone), together[order], 3e-6)


@pytest.mark.parametrize("name", WEIGHINGS)
def test_a8_a_constant_added_to_all_logits_changes_no_bit(name):
    model = net()
    network = Network(model)
    before = network.weighed_all(images(), [WEIGHINGS[name]])[1][0]
    bias = model.get_layer("logits").bias
    bias.assign(bias + 50)
    after = network.weighed_all(images(), [WEIGHINGS[name]])[1][0]
    assert np.array_equal(before, after)


def test_a8_logits_still_have_a_gradient_where_probabilities_have_none():
    model = net("mean")
    kernel = model.get_layer("logits").kernel
    kernel.assign(kernel * 10_000)
    sure = keras.Model(model.input, layers.Softmax()(model.outputs[0]))
    logits = Network(model).logits(images(3))
    scores = directions(logits.argmax(axis=1), CLASSES)
    assert softmax(logits, axis=1).max(axis=1).min() > 0.999999
    of_logit = np.abs(gradcam.contrast(Network(model), images(3), scores).values).max()
    of_probability = np.abs(gradcam.contrast(Network(sure), images(3), scores).values).max()
    assert of_logit > 1
    assert of_probability < 1e-6 * of_logit


def test_a9_maps_of_probabilities_are_mixtures_of_those_of_logits_and_add_to_nothing():
    model = net()
    probable = Network(keras.Model(model.input, layers.Softmax()(model.outputs[0])))
    network, given = Network(model), images(4)
    p = softmax(network.logits(given), axis=1)
    total = 0
    for c in range(CLASSES):
        unit = directions([c] * 4, CLASSES)
        weighed = gradcam.contrast(probable, given, unit).values
        mixed = gradcam.contrast(network, given, p[:, [c]] * (unit - p)).values
        close(weighed, mixed, 1e-4)
        total = total + weighed
    assert np.abs(total).max() < 1e-5 * np.abs(weighed).max()


@pytest.mark.parametrize("method", [gradcam, hirescam])
def test_a10_the_map_of_a_difference_is_the_difference_of_the_maps(method):
    network, given = Network(net()), images()
    a, b = np.array([0, 1, 2, 3, 4, 5]), np.array([6, 5, 4, 2, 1, 0])
    both = method.contrast(network, given, directions(a, CLASSES, b)).values
    first, second = (method.contrast(network, given, directions(c, CLASSES)).values for c in (a, b))
    close(both, first - second, 1e-5)
    assert both.min() < 0 < both.max()


@pytest.mark.parametrize("method", [gradcampp, layercam])
def test_methods_without_a_negative_side_contrast_by_the_difference_of_two_maps(method):
    network, given = Network(net()), images(3)
    both = method.contrast(network, given, directions([0, 1, 2], CLASSES, [3, 4, 2])).values
    first, second = (
        method.maps(network, given, directions(c, CLASSES)).values for c in ([0, 1, 2], [3, 4, 2])
    )
    np.testing.assert_allclose(both[:2], (first - second)[:2], atol=1e-6)
    np.testing.assert_allclose(both[2], first[2], atol=1e-6)  # one class: its own map


@pytest.mark.parametrize("number", [2, 3])
def test_a11_in_an_ensemble_of_mean_logits_each_map_is_its_own_over_the_number(number):
    members = [net("dense", seed=s, name=f"member{s}") for s in range(number)]
    inputs = keras.Input((SIDE, SIDE, 1))
    ensemble = keras.Model(inputs, layers.Average()([m(inputs) for m in members]))
    given, scores = images(4), directions([0, 2, 4, 6], CLASSES)
    for member in members:
        own = cam_maps(Network(member), given, scores)
        within = cam_maps(Network(ensemble, member.get_layer("cam")), given, scores)
        for name, maps in own.items():
            if name != "gradcam++":  # its weights are not proportional to the gradient
                close(within[name], maps / number, 2e-6)


def test_a13_a_map_of_nothing_is_zero_and_says_so():
    model = net("mean")
    kernel = model.get_layer("logits").kernel
    kernel.assign(-np.abs(kernel.numpy()))
    for maps in cam_maps(Network(model), images(), directions(np.arange(6), CLASSES)).values():
        values, strongest = normalise(maps)
        assert np.all(values == 0)
        assert np.all(strongest == 0)


def test_normalised_maps_reach_one_and_keep_their_sign():
    values, strongest = normalise([[[0.5, -2]], [[0, 0]], [[1e-30, 0]]])
    assert values.tolist() == [[[0.25, -1]], [[0, 0]], [[1, 0]]]
    np.testing.assert_allclose(strongest, [2, 0, 1e-30])


@pytest.mark.parametrize("total", [-2.0, 0.0, 1e30])
def test_a14_gradcam_plus_plus_is_finite_where_its_formula_is_not(total):
    activation = np.full((1, 2, 2, 1), total / 4, np.float32)
    gradients = np.array([1, 0, -1, 1e-30], np.float32).reshape(1, 1, 2, 2, 1)
    weighed = np.asarray(gradcampp.weigh(activation, gradients))
    assert np.isfinite(weighed).all()
    assert np.isfinite(np.asarray(gradcampp.weigh(activation, 0 * gradients))).all()


@pytest.mark.parametrize("head", ["mean", "linear", "dense", "highest"])
def test_a19_the_rest_of_the_net_makes_the_same_logits_of_the_maps_that_were_caught(head):
    model = net(head)
    network = Network(model)
    taps = network.taps(images(), directions(np.arange(6), CLASSES))
    close(answer_from(model, taps.activation), network.logits(images()), 1e-5)
    close(taps.logits, network.logits(images()), 1e-5)


@pytest.mark.parametrize("head", ["mean", "linear", "dense", "highest"])
def test_all_classes_at_once_are_what_each_class_gives(head):
    network, given = Network(net(head)), images(3)
    logits, every = network.weighed_all(given, list(WEIGHINGS.values()))
    close(logits, network.logits(given), 1e-5)
    for c in range(CLASSES):
        one = cam_maps(network, given, directions([c] * 3, CLASSES))
        for maps, name in zip(every, WEIGHINGS, strict=True):
            close(np.maximum(maps[:, c], 0), one[name], 1e-5)


@pytest.mark.parametrize("head", ["mean", "linear", "dense", "highest"])
def test_the_short_way_to_gradcam_gives_what_the_long_one_does(head):
    network, given = Network(net(head)), images(4)
    scores = directions([0, 1, 2, 3], CLASSES)
    _, (short,) = network.weighed(given, scores, [gradcam.WEIGHING])
    _, (long,) = network.weighed(given, scores, [Weighing(gradcam.weigh)])
    assert (network._head is None) == (head == "dense")  # its ReLU is inside the Dense layer
    close(short, long, 1e-5)
