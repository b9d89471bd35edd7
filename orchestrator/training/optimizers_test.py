import keras
import numpy as np
import pytest
from keras import layers

from orchestrator.config import CHOICES
from orchestrator.training.optimizers import OPTIMIZERS, decayed

RATE = {"sgd": 0.05, "adam": 0.02, "adamw": 0.02, "muon": 0.02}


def tiny_net():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(4, 3, padding="same", name="convolution"),
            layers.BatchNormalization(name="normalisation"),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(8, activation="relu", name="hidden"),
            layers.Dense(3, name="output"),
        ]
    )


def weights(net):
    return [keras.ops.convert_to_numpy(variable).copy() for variable in net.trainable_variables]


def short(variable):
    return variable.path.partition("/")[2]


def test_names_are_those_of_the_configuration():
    assert tuple(OPTIMIZERS) == CHOICES["optimizer"]


@pytest.mark.parametrize(
    ("name", "coupled"), [("sgd", True), ("adam", True), ("adamw", False), ("muon", False)]
)
def test_decay_is_coupled_for_sgd_and_adam_alone(name, coupled):
    assert OPTIMIZERS[name].coupled == coupled


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_without_a_gradient_nothing_decays(name):
    net, optimizer = tiny_net(), OPTIMIZERS[name].build(0.9)
    optimizer.build(net.trainable_variables)
    optimizer.learning_rate.assign(1.0)
    before = weights(net)
    optimizer.apply(
        [keras.ops.zeros(v.shape) for v in net.trainable_variables], net.trainable_variables
    )
    for old, new in zip(before, weights(net), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_nothing_is_clipped_or_averaged_behind_our_back(name):
    optimizer = OPTIMIZERS[name].build(0.9)
    assert optimizer.weight_decay is None
    assert getattr(optimizer, "adam_weight_decay", None) is None
    assert optimizer.clipnorm is optimizer.clipvalue is optimizer.global_clipnorm is None
    assert not optimizer.use_ema


def test_nesterov_momentum_of_two_steps_by_hand():
    # rate 0.1, momentum 0.5, gradient 1: velocity -0.1 then -0.15; the weight moves by half the
    # velocity and 0.1 more: to -0.15, then by 0.175 to -0.325.
    variable = keras.Variable(0.0, dtype="float32")
    optimizer = OPTIMIZERS["sgd"].build(0.5)
    optimizer.build([variable])
    optimizer.learning_rate.assign(0.1)
    seen = []
    for _ in range(2):
        optimizer.apply([np.float32(1.0)], [variable])
        seen.append(float(variable.value))
    assert seen == pytest.approx([-0.15, -0.325])


def test_muon_takes_convolutions_and_hidden_layers_but_not_the_output():
    net, optimizer = tiny_net(), OPTIMIZERS["muon"].build(0.9)
    optimizer.build(net.trainable_variables)
    by_adam = {
        short(variable)
        for variable, velocity in zip(
            net.trainable_variables, optimizer.adam_velocities, strict=True
        )
        if velocity is not None
    }
    kernels = {short(v) for v in net.trainable_variables if len(v.shape) >= 2}
    assert kernels - by_adam == {"convolution/kernel", "hidden/kernel"}


def test_muon_makes_a_convolutions_step_nearly_orthogonal_and_of_adams_size():
    kernel = keras.Variable(np.zeros((3, 3, 4, 8)), dtype="float32", name="kernel")
    output = keras.Variable(np.zeros((8, 3)), dtype="float32", name="output")
    optimizer = OPTIMIZERS["muon"].build(0.9)
    optimizer.build([kernel, output])
    optimizer.learning_rate.assign(1.0)
    gradient = np.random.default_rng(0).normal(size=(3, 3, 4, 8)).astype(np.float32)
    optimizer.apply([gradient, np.zeros((8, 3), np.float32)], [kernel, output])
    step = -keras.ops.convert_to_numpy(kernel).reshape(36, 8)
    singular = np.linalg.svd(step / (0.2 * np.sqrt(36)), compute_uv=False)
    assert ((singular > 0.6) & (singular < 1.3)).all()
    u, _, v = np.linalg.svd(gradient.reshape(36, 8), full_matrices=False)
    assert np.corrcoef(step.ravel(), (u @ v).ravel())[0, 1] > 0.95


def test_kernels_decay_and_vectors_do_not():
    flags = {short(v): decayed(v) for v in tiny_net().trainable_variables}
    assert {path for path, decays in flags.items() if decays} == {
        "convolution/kernel",
        "hidden/kernel",
        "output/kernel",
    }
    assert len(flags) == 8
