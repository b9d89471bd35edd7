"""One trial with one thread: epochs of training and validation, after one that compiles."""

import dataclasses

from jobs.benchmarks.comparisons.plain_fit import THREADS, both_splits, fit, plain_model
from jobs.benchmarks.side_by_side.comparison import Case, Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch
from orchestrator.config import TrialConfig
from orchestrator.training.engines import open_engine
from orchestrator.training.inputs import Inputs
from orchestrator.training.throughput.noise import noise
from orchestrator.training.training_run import TrainingRun

EPOCHS = 3
IMAGES, QUICK_IMAGES = 2560, 64

BFLOAT16 = "mixed_bfloat16"
CNN5 = TrialConfig(
    architecture="cnn5",
    batch_size=128,
    precision="float32",
    optimizer="sgd",
    learning_rate=0.01,
    momentum=0.9,
    weight_decay=0.0,
    dropout=0.0,
    augmentation="none",
    augmentation_strength=0.0,
    schedule="constant",
    patience=0,
    epochs=EPOCHS + 1,
)
"""What both sides can do: nothing that plain Keras has no word for."""


def float32(case: Case) -> Measured:
    """Ours."""
    return _trained(case, CNN5)


def bfloat16(case: Case) -> Measured:
    """Ours, in bfloat16."""
    return _trained(case, dataclasses.replace(CNN5, precision=BFLOAT16))


def fit_float32(case: Case) -> Measured:
    """Keras' `fit`."""
    return _fitted(case, CNN5)


def fit_bfloat16(case: Case) -> Measured:
    """Keras' `fit`, in bfloat16."""
    return _fitted(case, dataclasses.replace(CNN5, precision=BFLOAT16))


def _trained(case: Case, config: TrialConfig) -> Measured:
    inputs = _inputs(case)
    run = TrainingRun(open_engine("tensorflow", THREADS), config, inputs)
    run.epoch()
    with stopwatch() as watch:
        for _ in range(EPOCHS):
            run.epoch()
    return watch.measured(_per_thousand(inputs))


def _fitted(case: Case, config: TrialConfig) -> Measured:
    inputs = _inputs(case)
    model, splits = plain_model(config, inputs), both_splits(inputs)
    fit(model, config.batch_size, splits, 1)
    with stopwatch() as watch:
        fit(model, config.batch_size, splits, EPOCHS)
    return watch.measured(_per_thousand(inputs))


def _inputs(case: Case) -> Inputs:
    training = case.size(IMAGES, QUICK_IMAGES)
    return noise(training, training // 8)


def _per_thousand(inputs: Inputs) -> float:
    return 1000 / (EPOCHS * len(inputs.training))
