"""Grad-CAM of the last block, for the class that a net predicts; one thread.

https://arxiv.org/abs/1610.02391. The answer is a sample of the maps, each divided by its largest
value.
"""

import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from analysis.explain.methods.gradcam import WEIGHING
from analysis.explain.network import Network
from jobs.benchmarks.side_by_side.comparison import Case, Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch
from orchestrator.models.catalogue import Options, build
from orchestrator.models.options import CAM_LAYER
from orchestrator.training.engines import device

BATCH = 128
IMAGES, QUICK_IMAGES = 512, 8
ONE_BY_ONE = 64
"""Images of a loop over single ones, which takes long: its cost is told for as many as the
others'."""

Maps = NDArray[Any]


def ours(case: Case) -> Measured:
    """Logits and maps, batch by batch."""
    network, images = Network(_model()), _images(case)
    network.weighed(images, None, [WEIGHING])
    with stopwatch() as watch:
        _, (maps,) = network.weighed(images, None, [WEIGHING])
    return watch.measured(answer=_sample(np.maximum(maps, 0)))


def ours_unsampled(case: Case) -> Measured:
    """For a peer that has no maps."""
    measured = ours(case)
    return Measured(measured.cost, measured.cpu)


def prediction(case: Case) -> Measured:
    """Keras' `predict`, without any map."""
    model, images = _model(), _images(case)
    model.predict(images[..., None], batch_size=BATCH, verbose=0)
    with stopwatch() as watch:
        model.predict(images[..., None], batch_size=BATCH, verbose=0)
    return watch.measured()


def tf_keras_vis(case: Case) -> Measured:
    """Batch by batch, maps at their own size, as ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tf_keras_vis.gradcam import Gradcam
        from tf_keras_vis.utils.scores import CategoricalScore

    model, images = _model(), _images(case)
    gradcam = Gradcam(model, clone=False)

    def explained(batch: Maps) -> Maps:
        classes = model.predict(batch[..., None], batch_size=BATCH, verbose=0).argmax(axis=1)
        maps = gradcam(
            CategoricalScore(classes.tolist()),
            batch[..., None],
            penultimate_layer=CAM_LAYER,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
            normalize_cam=False,
        )
        return np.asarray(maps)

    explained(images[:BATCH])
    with stopwatch() as watch:
        maps = [explained(images[i : i + BATCH]) for i in range(0, len(images), BATCH)]
    return watch.measured(answer=_sample(np.concatenate(maps)))


def keras_io(case: Case) -> Measured:
    """An image at a time under a gradient tape, as https://keras.io/examples/vision/grad_cam."""
    model, images = _model(), _images(case)
    both = keras.Model(model.inputs, [model.get_layer(CAM_LAYER).output, model.output])

    def explained(image: Maps) -> Maps:
        with tf.GradientTape() as tape:
            maps, logits = both(image[None, ..., None])
            score = logits[:, tf.argmax(logits[0])]
        weights = tf.reduce_mean(tape.gradient(score, maps), axis=(0, 1, 2))
        heatmap = tf.squeeze(maps[0] @ weights[..., tf.newaxis])
        return tf.maximum(heatmap, 0) / tf.math.reduce_max(heatmap)

    some = images[:ONE_BY_ONE]
    explained(some[0])
    with stopwatch() as watch:
        for image in some:
            explained(image)
    return watch.measured(len(images) / len(some))


def _model() -> keras.Model:
    device("tensorflow").settle(threads=1)
    keras.utils.set_random_seed(0)
    return build("vgg", (48, 48, 1), 7, Options())


def _images(case: Case) -> Maps:
    rng = np.random.default_rng(0)
    return rng.random((case.size(IMAGES, QUICK_IMAGES), 48, 48), np.float32)


def _sample(maps: Maps) -> list[float]:
    """Of the maps, each between 0 and 1."""
    largest = maps.max(axis=(1, 2), keepdims=True)
    return [float(v) for v in (maps / np.where(largest > 0, largest, 1)).ravel()[::17]]
