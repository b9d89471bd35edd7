import random

import keras
import numpy as np
import pytest

from orchestrator.training.on_jax.initial_weights import INITIALISERS

SHAPE = (3, 3, 40, 60)


def drawn(name, seed=0):
    random.seed(seed)
    return INITIALISERS[name]()(SHAPE, "float32")


@pytest.mark.parametrize("name", INITIALISERS)
def test_the_distribution_is_keras(name):
    ours = drawn(name)
    theirs = np.asarray(keras.initializers.get(name)(SHAPE, "float32"))
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    reach = 0.02 * float(np.abs(theirs).max())
    for statistic in (np.mean, np.std, np.min, np.max):
        assert statistic(ours) == pytest.approx(float(statistic(theirs)), abs=reach)


@pytest.mark.parametrize("name", ["he_normal", "glorot_uniform"])
def test_pythons_seed_decides(name):
    np.testing.assert_array_equal(drawn(name, 1), drawn(name, 1))
    assert (drawn(name, 1) != drawn(name, 2)).any()


def test_a_layer_that_is_built_in_their_scope_has_them():
    random.seed(0)
    with keras.saving.custom_object_scope(INITIALISERS):
        layer = keras.layers.Conv2D(60, 3, kernel_initializer="he_normal")
        layer.build((None, 8, 8, 40))
    np.testing.assert_array_equal(np.asarray(layer.kernel), drawn("he_normal"))
    assert not np.asarray(layer.bias).any()
