"""Optimizers inside of a compiled function."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from orchestrator.training.optimizers import OPTIMIZERS

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


def bright_patch(n=60):
    """Images whose class is the third of the image that is bright."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 3
    images = rng.normal(scale=0.3, size=(n, 6, 6, 1)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        image[:, 2 * label : 2 * label + 2] += 1
    return tf.constant(images), tf.constant(labels)


def program(net, optimizer):
    """One compiled step on all images; returns the loss before it."""
    images, labels = bright_patch()
    variables = net.trainable_variables
    optimizer.build(variables)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            logits = net(images, training=True)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
            )
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        optimizer.apply(gradients, variables)
        return loss

    return step


def weights(net):
    return [keras.ops.convert_to_numpy(variable).copy() for variable in net.trainable_variables]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_one_compiled_step_learns_starts_again_and_takes_its_rate_from_a_variable(name):
    net, optimizer = tiny_net(), OPTIMIZERS[name].build(0.9)
    step = program(net, optimizer)
    state = [*net.variables, *optimizer.variables]
    start = [keras.ops.convert_to_numpy(variable).copy() for variable in state]

    moved = []  # the first rate is what an optimizer is built with
    for rate in (None, 1e-3, 2e-3):
        if rate is not None:
            optimizer.learning_rate.assign(rate)
        before = weights(net)
        step()
        moved.append(max(np.abs(a - b).max() for a, b in zip(weights(net), before, strict=True)))
    assert moved[0] == 0
    assert moved[2] > 1.2 * moved[1] > 0

    runs = []
    for steps in (40, 4):
        for variable, value in zip(state, start, strict=True):
            variable.assign(value)
        optimizer.learning_rate.assign(RATE[name])
        runs.append([float(step()) for _ in range(steps)])
    assert runs[0][-1] < 0.3 * runs[0][0]
    assert runs[0][:4] == runs[1]
    assert step.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rate_assigned_inside_a_compiled_loop_is_the_one_used(name):
    rates = tf.constant([0.0, 1e-2])
    variable = keras.Variable(np.ones((2, 2)), trainable=True, dtype="float32")
    optimizer = OPTIMIZERS[name].build(0.0)
    optimizer.build([variable])

    @tf.function
    def two_steps():
        seen = tf.TensorArray(tf.float32, 2)
        for i in tf.range(2):
            optimizer.learning_rate.assign(rates[i])
            optimizer.apply([tf.ones((2, 2))], [variable])
            seen = seen.write(i, variable.value[0, 0])
        return seen.stack()

    first, second = two_steps().numpy()
    assert first == 1.0
    assert second < 0.995
