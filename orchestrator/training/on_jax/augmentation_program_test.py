import jax
import keras
import numpy as np

from orchestrator.training.augmentation.augment import TRANSFORMS, augment

EVERY = tuple(TRANSFORMS)


def pictures(n=8):
    return np.random.default_rng(0).normal(size=(n, 12, 10, 1)).astype(np.float32)


def test_strength_is_an_argument_of_one_compiled_program():
    generator, traced = keras.random.SeedGenerator(3), []

    @jax.jit
    def program(images, strength, state):
        traced.append(strength)
        with keras.StatelessScope(state_mapping=[(generator.state, state)]) as scope:
            changed = augment(images, strength, EVERY, generator)
            return changed, scope.get_current_value(generator.state)

    images, state = pictures(), generator.state.value
    still, _ = program(images, 0.0, state)
    np.testing.assert_array_equal(still, images)
    first, state = program(images, 1.0, state)
    second, _ = program(images, 1.0, state)
    assert (np.asarray(first) != images).any()
    assert (np.asarray(first) != np.asarray(second)).any()
    assert len(traced) == 1
