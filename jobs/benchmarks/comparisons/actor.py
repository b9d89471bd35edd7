"""Trials one after another in one process, which is what a sweep's actor is; here without Ray."""

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from ray import tune
from ray.tune.trainable import trainable

from jobs.benchmarks.comparisons.trial import CNN5
from jobs.benchmarks.side_by_side.comparison import Case, Measured
from jobs.benchmarks.side_by_side.stopwatch import stopwatch
from orchestrator.config import TrialConfig
from orchestrator.on_ray.trial import Trial, TrialContext
from orchestrator.process.surroundings import own_packages
from orchestrator.training.inputs import DataSource

FACES = 70
"""Drawn ones: a batch of them trains."""

KNOWN = 11
"""Trials of an architecture that was met before: the median of them counts."""

TRIALS, QUICK_TRIALS = 200, 12
SETTLED = 0.25
"""Share of the trials before memory is looked at first: allocators keep what they once had."""

MB = 1e6


def draw(case: Case) -> None:
    """The faces, into the comparison's own cache."""
    _source(case.folder).open()


def known(case: Case) -> Measured:
    """A trial of one step whose architecture the process has trained before."""
    one = _actor(case.folder)
    first, *others = _configurations(1 + case.size(KNOWN, 3))
    _trained(one, first)
    watches = []
    for config in others:
        with stopwatch() as watch:
            _trained(one, config)
        watches.append(watch)
    return sorted(watches, key=lambda watch: watch.clock)[len(watches) // 2].measured()


def fresh(case: Case) -> Measured:
    """The same trial in a process of its own."""
    program = f"from {__name__} import alone; alone({str(case.folder)!r})"
    with stopwatch() as watch:
        subprocess.run(
            [sys.executable, "-P", "-c", program],
            check=True,
            env=own_packages.child_environment(),
        )
    return watch.measured()


def alone(folder: str) -> None:
    """What the process of its own does."""
    (config,) = _configurations(1)
    _trained(_actor(Path(folder)), config)


def growth(case: Case) -> Measured:
    """Megabytes by which the process grows a trial, once it has settled."""
    one, process = _actor(case.folder), psutil.Process()
    trials = case.size(TRIALS, QUICK_TRIALS)
    sizes, programs = list[float](), list[int]()
    for config in _configurations(trials):
        _trained(one, config)
        sizes.append(process.memory_info().rss / MB)
        programs.append(one._engine.programs)
    settled = int(SETTLED * trials)
    traces = programs[-1] - programs[0]
    return Measured(
        (sizes[-1] - sizes[settled]) / (trials - 1 - settled),
        note=f"{sizes[0]:.0f} MB after the first of {trials} trials, {sizes[-1]:.0f} in the end",
        fault=f"{traces} functions were traced anew" if traces else "",
    )


def _actor(folder: Path) -> Any:
    # Ray makes a folder at home for every Trainable that stands outside Tune.
    trainable.DEFAULT_STORAGE_PATH = str(folder / "ray")
    context = TrialContext(str(folder / "sweep"), _source(folder), threads=1, backend="tensorflow")
    (config,) = _configurations(1)
    return tune.with_parameters(Trial, context=context)(config=config.to_flat())


def _source(folder: Path) -> DataSource:
    return DataSource(embedded=FACES, cache=str(folder / "cache"))


def _configurations(count: int) -> Iterator[TrialConfig]:
    """Of one architecture; all else that may differ without a new program does."""
    for number in range(count):
        yield dataclasses.replace(
            CNN5,
            epochs=1,
            batch_size=32,
            seed=number,
            learning_rate=0.001 * (1 + number),
            dropout=0.1 + number / 1000,
            weight_decay=1e-4 * (1 + number),
        )


def _trained(one: Any, config: TrialConfig) -> None:
    one.reset(config.to_flat())
    row = one.train()
    if row.get("stop") != "epochs":
        raise RuntimeError(f"a trial did not train: {row}")
