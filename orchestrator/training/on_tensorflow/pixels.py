"""Images on the device: as bytes until a step needs them as numbers."""

import tensorflow as tf

WORD = 8
"""Bytes in an int64."""


def pick(images: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Some images, in the order asked.

    TensorFlow gathers bytes on the processor alone, so on a GPU every step would copy images back
    and forth; read as int64, eight pixels a word, they are gathered where they are.

    Args:
        images: (n, h, w) uint8 or floating.
        rows: (b,) indices.

    Returns:
        (b, h, w), of the same type.
    """
    height, width = images.shape[1:]
    if images.dtype != tf.uint8 or height * width % WORD:
        return tf.gather(images, rows)
    words = tf.bitcast(tf.reshape(images, (-1, height * width // WORD, WORD)), tf.int64)
    return tf.reshape(tf.bitcast(tf.gather(words, rows), tf.uint8), (-1, height, width))


def as_pixels(images: tf.Tensor) -> tf.Tensor:
    """(n, h, w) as stored -> (n, h, w, 1) float32; bytes become 0 to 1."""
    scale = 1.0 / 255.0 if images.dtype == tf.uint8 else 1.0
    return tf.expand_dims(tf.cast(images, tf.float32) * scale, -1)
