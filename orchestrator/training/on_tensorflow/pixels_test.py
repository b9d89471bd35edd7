import numpy as np
import pytest
import tensorflow as tf

from orchestrator.testing.stand_ins import noise, tiny
from orchestrator.training.on_tensorflow.pixels import as_pixels, pick
from orchestrator.training.on_tensorflow.tensorflow_engine import TensorflowEngine


@pytest.mark.parametrize(
    ("shape", "kind"), [((5, 4, 6), np.uint8), ((5, 3, 3), np.uint8), ((5, 4, 4), np.float16)]
)
def test_picked_images_are_those_asked_for_whatever_their_size_and_type(shape, kind):
    images = np.random.default_rng(0).integers(0, 256, shape).astype(kind)
    rows = np.array([4, 0, 4, 2])
    picked = tf.function(pick)(tf.constant(images), tf.constant(rows))
    assert picked.dtype == images.dtype
    np.testing.assert_array_equal(picked, images[rows])


def test_bytes_become_zero_to_one_and_other_numbers_stay():
    stored = tf.constant([[[0, 51, 255]]], tf.uint8)
    np.testing.assert_allclose(as_pixels(stored)[0, 0, :, 0], [0, 0.2, 1])
    np.testing.assert_allclose(as_pixels(tf.constant([[[-1.5]]], tf.float16)), [[[[-1.5]]]])


def test_the_trials_of_a_process_hold_their_images_once_as_bytes():
    engine, inputs = TensorflowEngine(threads=1), noise()
    engine.begin(tiny(), inputs)
    images, _, validation = engine._data
    assert images.dtype == validation.dtype == tf.uint8
    np.testing.assert_array_equal(images, inputs.training)
    engine.begin(tiny(learning_rate=0.1, optimizer="adam"), inputs)
    assert engine._data[0] is images
