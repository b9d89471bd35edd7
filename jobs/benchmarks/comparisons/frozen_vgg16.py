"""A trial whose net's convolutions learn nothing: an epoch after the first."""

import dataclasses

import keras

from jobs.benchmarks.comparisons.plain_fit import THREADS, both_splits, fit
from jobs.benchmarks.comparisons.trial import CNN5
from jobs.benchmarks.side_by_side.comparison import Case, Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch
from orchestrator.config import TrialConfig
from orchestrator.models.catalogue import Options, build
from orchestrator.training.engines import device, open_engine
from orchestrator.training.inputs import Inputs
from orchestrator.training.throughput.noise import noise
from orchestrator.training.training_run import TrainingRun

WEIGHTS = "base.weights.h5"
"""Of no data set: what is measured does not depend on them."""

IMAGES, QUICK_IMAGES = 256, 16
SIDE, QUICK_SIDE = 48, 32


def draw_weights(case: Case) -> None:
    """Weights of the convolutions."""
    device("tensorflow").settle(threads=1)
    side = case.size(SIDE, QUICK_SIDE)
    options = Options(weights="none", batch_normalisation=False)
    model = build("vgg16", (side, side, 1), 7, options)
    base = keras.Model(model.inputs, model.get_layer("block5_pool").output)
    base.save_weights(case.folder / WEIGHTS)


def ours(case: Case) -> Measured:
    """Of a trial."""
    inputs = _inputs(case)
    run = TrainingRun(open_engine("tensorflow", THREADS), _config(case), inputs)
    run.epoch()
    with stopwatch() as watch:
        run.epoch()
    return watch.measured()


def uncached(case: Case) -> Measured:
    """Of Keras' `fit`, which computes what never changes again and again."""
    inputs, config = _inputs(case), _config(case)
    options = Options(weights=config.weights, fine_tune="frozen", dropout=0.0)
    shape = (*inputs.training.shape[1:], 1)
    device("tensorflow").settle(THREADS)
    model = build("vgg16", shape, len(inputs.classes), options)
    model.compile(
        optimizer=keras.optimizers.SGD(
            config.learning_rate, momentum=config.momentum, nesterov=True
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    splits = both_splits(inputs)
    fit(model, config.batch_size, splits, 1)
    with stopwatch() as watch:
        fit(model, config.batch_size, splits, 1)
    return watch.measured()


def _config(case: Case) -> TrialConfig:
    return dataclasses.replace(
        CNN5,
        architecture="vgg16",
        batch_size=32,
        fine_tune="frozen",
        weights=str(case.folder / WEIGHTS),
    )


def _inputs(case: Case) -> Inputs:
    training = case.size(IMAGES, QUICK_IMAGES)
    return noise(training, training // 4, case.size(SIDE, QUICK_SIDE))
