"""Keras' own settings, the same on every machine: a user's `keras.json` decides no number of ours.

Keras reads `~/.keras/keras.json` at its import (https://keras.io/api/utils/config_utils/).
"""

import keras

FLOAT = "float32"
EPSILON = 1e-7
LAYOUT = "channels_last"


def settle_keras() -> None:
    """Put float type, epsilon and image layout back to Keras' defaults, in this process."""
    keras.config.set_floatx(FLOAT)
    keras.config.set_epsilon(EPSILON)
    keras.config.set_image_data_format(LAYOUT)
