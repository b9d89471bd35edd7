"""What processes of their own do: compile, find what was compiled, share the device."""

import tempfile
from collections.abc import Iterator
from functools import partial

from jobs.benchmarks.row import Row
from jobs.benchmarks.setup import TRAINING, Measurement, Setup
from jobs.benchmarks.training_speed import words
from orchestrator.training.throughput.concurrent import measure
from orchestrator.training.throughput.gpu_share import COUNTS

CACHE = "ORCHESTRATOR_CACHE"

WARM_SECONDS = 0.1
"""Of training where only the first epoch matters."""


def compile_cache(setup: Setup) -> Iterator[Row]:
    """A fresh process with an empty cache of programs, then another that has what it left."""
    config = setup.config()
    with tempfile.TemporaryDirectory() as folder:
        load = setup.load(config, {CACHE: folder})
        for state in ("empty", "filled"):
            reached = measure(load, 1, WARM_SECONDS)
            setting = f"{words(config)}, {state} cache"
            note = reached.failure or f"and {reached.loading_seconds:.1f} s of imports before"
            yield Row("cache", setting, first_seconds=reached.first_epoch_seconds, n=1, note=note)


def sharing(name: str, architecture: str, setup: Setup) -> Iterator[Row]:
    """1, 2 and 4 processes that train the same at the same time."""
    config = setup.config(architecture=architecture)
    one = 0.0
    for count in (1, 2) if setup.small else COUNTS:
        reached = measure(setup.load(config), count, setup.seconds)
        setting = f"{count} at once of {words(config)}"
        if reached.failure:
            yield Row(name, setting, note=f"failed: {reached.failure}")
            return
        rate = reached.images_per_second
        one = one or rate
        yield Row(
            name,
            setting,
            first_seconds=reached.first_epoch_seconds,
            images_per_second=rate,
            epoch_seconds=TRAINING / rate,
            n=1,
            note=f"in all; {rate / one:.2f} times one",
        )


FIRST: dict[str, Measurement] = {
    "cache": compile_cache,
    "sharing": partial(sharing, "sharing", "vgg"),
}
"""Name -> rows that matter most."""

MORE: dict[str, Measurement] = {"sharing-cnn5": partial(sharing, "sharing-cnn5", "cnn5")}
