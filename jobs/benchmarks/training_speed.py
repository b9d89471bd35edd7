"""How fast a net trains, and what a whole trial takes more than its program."""

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.benchmarks.row import Row, median_and_spread
from jobs.benchmarks.setup import TRAINING, Measurement, Setup
from orchestrator.config import TrialConfig

LEAST_REPEATS = 3

TRIAL_EPOCHS, BARE_EPOCHS = 100, 30
"""Of the trial, and of the program alone that it is compared with."""

Array = NDArray[Any]


def speed(name: str, changes: dict[str, Any], setup: Setup) -> Iterator[Row]:
    """One configuration's epochs; each is read while the next one is under way, as trials do."""
    config = setup.config(**changes)
    began = time.perf_counter()
    setup.engine.begin(config, setup.inputs)
    order, rates = epoch_arguments(setup, config)
    _ = setup.engine.epoch(order, rates).sums
    first = time.perf_counter() - began
    times = _epoch_times(setup, order, rates)
    seconds, spread = median_and_spread(times)
    yield Row(
        name,
        words(config),
        first_seconds=first,
        step_milliseconds=1000 * seconds / len(order),
        images_per_second=order.size / seconds,
        epoch_seconds=TRAINING * seconds / order.size,
        n=len(times),
        spread=spread,
        more={"parameters": setup.engine.parameters, "epoch_times": times},
    )


def _epoch_times(setup: Setup, order: Array, rates: Array) -> list[float]:
    """Seconds between the ends of epochs, from the third one on."""
    _ = setup.engine.epoch(order, rates).sums
    ahead = setup.engine.epoch(order, rates)
    times = list[float]()
    end = time.perf_counter()
    until = end + setup.seconds
    while end < until or len(times) < LEAST_REPEATS:
        current, ahead, begun = ahead, setup.engine.epoch(order, rates), end
        _ = current.sums
        end = time.perf_counter()
        times.append(end - begun)
    _ = ahead.sums
    return times[1:]  # of the first, the beginning was not an epoch's end


def whole_trial(setup: Setup) -> Iterator[Row]:
    """A trial with its metrics and best weights against the bare program, which nobody reads."""
    from orchestrator.training.training_run import TrainingRun

    epochs, bare_epochs = (10, 10) if setup.small else (TRIAL_EPOCHS, BARE_EPOCHS)
    config = setup.config(epochs=epochs)
    bare = _bare_epoch_seconds(setup, config, bare_epochs)
    began = time.perf_counter()
    run = TrainingRun(setup.engine, config, setup.inputs)
    while run.stop is None:
        run.epoch(config.epochs)
    weights = run.best_weights or {}
    each = (time.perf_counter() - began) / epochs
    steps = len(setup.inputs.training) // config.batch_size
    yield Row(
        "trial",
        f"{epochs} epochs of {words(config)}",
        step_milliseconds=1000 * each / steps,
        images_per_second=steps * config.batch_size / each,
        epoch_seconds=TRAINING * each / (steps * config.batch_size),
        n=1,
        note=f"{each / bare:.3f} times the bare program ({bare:.4f} s an epoch, {bare_epochs} of "
        f"them); {1000 * (each - bare):.1f} ms an epoch besides",
        more={"ratio": each / bare, "bare_epoch_seconds": bare, "weights": len(weights)},
    )


def _bare_epoch_seconds(setup: Setup, config: TrialConfig, epochs: int) -> float:
    """Of epochs that are dispatched one behind the other; the last is waited for."""
    setup.engine.begin(config, setup.inputs)
    order, rates = epoch_arguments(setup, config)
    _ = setup.engine.epoch(order, rates).logits  # compiles, where no row has before
    began = time.perf_counter()
    for _ in range(epochs):
        result = setup.engine.epoch(order, rates)
    _ = result.logits
    return (time.perf_counter() - began) / epochs


def epoch_arguments(setup: Setup, config: TrialConfig) -> tuple[Array, Array]:
    """An order (steps, batch) of all images, and the rate of each step."""
    n, batch = len(setup.inputs.training), config.batch_size
    shuffled = np.random.default_rng(0).permutation(n)[: n // batch * batch]
    order = shuffled.reshape(-1, batch).astype(np.int32)
    return order, np.full(len(order), config.learning_rate, np.float32)


def words(config: TrialConfig) -> str:
    """A configuration as the table names it."""
    width = "" if config.width == 1 else f", width {config.width:g}"
    return f"{config.architecture}, batch {config.batch_size}, {config.precision}{width}"


def _named(name: str, **changes: Any) -> Measurement:
    return partial(speed, name, changes)


FIRST: Mapping[str, Measurement] = {
    "vgg-128": _named("vgg-128"),
    "trial": whole_trial,
    "vgg-512": _named("vgg-512", batch_size=512),
}
"""Name -> rows that matter most."""

MORE: Mapping[str, Measurement] = {
    "vgg-1024": _named("vgg-1024", batch_size=1024),
    "vgg-256": _named("vgg-256", batch_size=256),
    "cnn5": _named("cnn5", architecture="cnn5"),
    "resnet": _named("resnet", architecture="resnet"),
    "CPCPCPFFF": _named("CPCPCPFFF", architecture="CPCPCPFFF"),
    "CCPCCPCCPFF": _named("CCPCCPCCPFF", architecture="CCPCCPCCPFF"),
    "vgg-float32": _named("vgg-float32", precision="float32"),
}
