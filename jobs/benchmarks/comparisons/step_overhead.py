"""What a step costs besides its mathematics: of a net that has next to none."""

import dataclasses

from jobs.benchmarks.comparisons.plain_fit import THREADS, both_splits, fit, plain_model
from jobs.benchmarks.comparisons.trial import CNN5
from jobs.benchmarks.side_by_side.comparison import Case, Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch
from orchestrator.training.engines import open_engine
from orchestrator.training.inputs import Inputs
from orchestrator.training.throughput.noise import noise
from orchestrator.training.training_run import TrainingRun

SIDE = 4
STEPS, QUICK_STEPS = 1000, 20
TINY = dataclasses.replace(
    CNN5, architecture="CF", width=0.05, batch_size=16, batch_normalisation=False
)
"""16 pixels, one or two filters of 3x3, 7 logits."""


def ours(case: Case) -> Measured:
    """An epoch, after one that compiles."""
    inputs = _inputs(case)
    run = TrainingRun(open_engine("tensorflow", THREADS), TINY, inputs)
    run.epoch()
    with stopwatch() as watch:
        run.epoch()
    return watch.measured(_milliseconds_a_step(inputs))


def keras_fit(case: Case) -> Measured:
    """An epoch of Keras' `fit`, after one that compiles."""
    inputs = _inputs(case)
    model, splits = plain_model(TINY, inputs), both_splits(inputs)
    fit(model, TINY.batch_size, splits, 1)
    with stopwatch() as watch:
        fit(model, TINY.batch_size, splits, 1)
    return watch.measured(_milliseconds_a_step(inputs))


def _inputs(case: Case) -> Inputs:
    return noise(case.size(STEPS, QUICK_STEPS) * TINY.batch_size, TINY.batch_size, SIDE)


def _milliseconds_a_step(inputs: Inputs) -> float:
    return 1000 * TINY.batch_size / len(inputs.training)
