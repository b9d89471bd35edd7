import keras
import numpy as np
import tensorflow as tf

from orchestrator.training.augmentation.augment import TRANSFORMS, augment

EVERY = tuple(TRANSFORMS)


def pictures(n=8):
    return np.random.default_rng(0).normal(size=(n, 12, 10, 1)).astype(np.float32)


def test_strength_is_a_variable_of_one_compiled_program():
    images = tf.constant(pictures())
    strength, generator = tf.Variable(0.0), keras.random.SeedGenerator(3)
    program = tf.function(lambda: augment(images, strength, EVERY, generator))
    np.testing.assert_array_equal(program().numpy(), images.numpy())
    strength.assign(1.0)
    first, second = program().numpy(), program().numpy()
    assert (first != images.numpy()).any()
    assert (first != second).any()
    assert program.experimental_get_tracing_count() == 1


def test_number_of_images_need_not_be_known_when_compiling():
    generator = keras.random.SeedGenerator(3)
    program = tf.function(
        lambda images: augment(images, 1.0, EVERY, generator),
        input_signature=[tf.TensorSpec((None, 12, 10, 1), tf.float32)],
    )
    assert program(pictures(n=3)).shape == (3, 12, 10, 1)
    assert program(pictures(n=5)).shape == (5, 12, 10, 1)
