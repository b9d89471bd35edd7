"""What somebody writes without us: cnn5 in plain Keras, and its learning rate by Ray Tune.

The net is that of `orchestrator/models/plain.py`. Nothing of ours is called. The sweep follows
Ray's own example, `ray/tune/examples/tune_mnist_keras.py`
(https://docs.ray.io/en/latest/tune/examples/includes/tune_mnist_keras.html).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

CLASSES = 7
FILTERS = ((32, 5), (32, 4), (64, 5))
BATCH = 128

Arrays = tuple[Any, Any]


def net(rate: float) -> Any:
    """Compiled; 48x48 images."""
    import tensorflow as tf

    layers = tf.keras.layers
    model = tf.keras.Sequential([tf.keras.Input((48, 48, 1))])
    for filters, kernel in FILTERS:
        model.add(
            layers.Conv2D(
                filters,
                kernel,
                padding="same",
                use_bias=False,
                kernel_initializer="he_normal",
            )
        )
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.ReLU())
        model.add(layers.MaxPooling2D(3, strides=2, padding="same"))
    model.add(layers.Flatten())
    model.add(layers.Dense(1024, use_bias=False, kernel_initializer="he_normal"))
    model.add(layers.BatchNormalization(momentum=0.9))
    model.add(layers.ReLU())
    model.add(layers.Dense(CLASSES))
    model.compile(
        optimizer=tf.keras.optimizers.SGD(learning_rate=rate, momentum=0.9, nesterov=True),
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def train_once(images: int) -> None:
    """One epoch on noise."""
    x = np.random.default_rng(0).random((images, 48, 48, 1), np.float32)
    y = np.arange(images) % CLASSES
    held_back = images // 5
    net(0.01).fit(
        x[held_back:],
        y[held_back:],
        batch_size=BATCH,
        epochs=1,
        verbose=0,
        validation_data=(x[:held_back], y[:held_back]),
    )


def train_net(config: dict[str, Any]) -> None:
    """A trial."""
    from ray.tune.integration.keras import TuneReportCheckpointCallback

    arrays = np.load(config["arrays"])
    x_train, x_validation = (
        arrays[name][..., None].astype(np.float32) / 255 for name in ("x_train", "x_validation")
    )
    net(config["rate"]).fit(
        x_train,
        arrays["y_train"],
        batch_size=BATCH,
        epochs=config["epochs"],
        verbose=0,
        validation_data=(x_validation, arrays["y_validation"]),
        callbacks=[
            TuneReportCheckpointCallback(checkpoint_on=[], metrics={"accuracy": "val_accuracy"})
        ],
    )


def tune_rates(arrays: Path, rates: Sequence[float], epochs: int, slots: int) -> Any:
    """The sweep.

    Args:
        arrays: .npz of x_train (n, 48, 48) uint8, y_train, x_validation, y_validation.
        rates: learning rates, in the order in which they are tried.
        epochs: of a trial at most.
        slots: trials at once.

    Returns:
        Ray's ResultGrid.
    """
    import ray
    from ray import tune
    from ray.tune.schedulers import AsyncHyperBandScheduler

    ray.init(num_cpus=slots, include_dashboard=False, log_to_driver=False)
    scheduler = AsyncHyperBandScheduler(
        time_attr="training_iteration", max_t=epochs, grace_period=1, reduction_factor=3
    )
    tuner = tune.Tuner(
        tune.with_resources(train_net, resources={"cpu": 1, "gpu": 0}),
        run_config=tune.RunConfig(name="exp", storage_path=str(arrays.parent), verbose=0),
        tune_config=tune.TuneConfig(scheduler=scheduler, metric="accuracy", mode="max"),
        param_space={
            "rate": tune.grid_search(list(rates)),
            "epochs": epochs,
            "arrays": str(arrays),
        },
    )
    return tuner.fit()
