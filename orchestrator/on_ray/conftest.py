"""Trials without Ray, as Tune constructs them: where they are, how long their epochs seem to be.

And a Ray that several files share, as it takes seconds to start.
"""

import dataclasses
import math
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import ray
from ray import tune

from orchestrator.config import TrialConfig
from orchestrator.on_ray import trial as trial_module
from orchestrator.on_ray.session import session
from orchestrator.on_ray.trial import Trial, TrialContext
from orchestrator.testing.stand_ins import CLOCK, drawn_faces, tiny
from orchestrator.training.engine import Engine
from orchestrator.training.inputs import DataSource
from orchestrator.training.storing import trial_files
from results.paths import Paths
from results.schema import PREDICTIONS
from results.store import Store

CONFIG = tiny(epochs=3, width=0.1, learning_rate=0.02, dropout=0.2, ema=0.5)


_engines: list[Engine] = []
"""The one that has served the trials of the tests before, as that of a reused actor has."""


def trial(
    context: TrialContext,
    config: TrialConfig = CONFIG,
    warm: bool = True,
    trainable: type[Trial] = Trial,
) -> Any:
    """As Tune constructs it; without Ray, parameters come from this process."""
    made: Any = tune.with_parameters(trainable, context=context)(config=config.to_flat())
    if warm:
        if not _engines:
            _engines.append(made._open_engine())
        made._engine = _engines[0]
    return made


def numbers(result: dict[str, Any]) -> dict[str, Any]:
    """Our own part of what Tune is told, less the clock."""
    own = (*dataclasses.asdict(CONFIG), "epoch", "stop", "stop_reason", "failure", "parameters")
    return {
        key: value
        for key, value in result.items()
        if (key in own or key.startswith(("train_", "validation_"))) and key not in CLOCK
    }


def trained(one: Any, epochs: int = 3) -> list[dict[str, Any]]:
    """Numbers of so many steps."""
    return [numbers(one.train()) for _ in range(epochs)]


def predictions(context: TrialContext, config: TrialConfig = CONFIG) -> pa.Table:
    """What a trial has left of them."""
    return Store(context.place).read_table(Paths().prediction(config.signature()), PREDICTIONS)


def checkpoints(context: TrialContext, config: TrialConfig = CONFIG) -> Path:
    """The folder of a trial's states."""
    return Path(context.place, Paths().checkpoint(config.signature()))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> DataSource:
    """A few drawn faces."""
    return drawn_faces(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def context(tmp_path: Path, source: DataSource, monkeypatch: pytest.MonkeyPatch) -> TrialContext:
    """A sweep of its own for each test."""
    # Ray makes a folder at home for every Trainable that stands outside Tune
    home = str(tmp_path / "ray_results")
    monkeypatch.setattr("ray.tune.trainable.trainable.DEFAULT_STORAGE_PATH", home)
    return TrialContext(str(tmp_path / "sweep"), source, threads=1, backend="tensorflow")


@pytest.fixture
def long_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is an epoch, and its state is stored before its row is told, as where epochs last."""
    monkeypatch.setattr(trial_module, "STEP_S", 0.0)
    monkeypatch.setattr(trial_files, "CHEAP", math.inf)


@pytest.fixture
def short_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is an epoch, but storing takes far more of its time than it may."""
    monkeypatch.setattr(trial_module, "STEP_S", 0.0)
    monkeypatch.setattr(trial_files, "CHEAP", 0.0)


@pytest.fixture(scope="module")
def uninterrupted(
    source: DataSource, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """The rows of a trial of `CONFIG` that nothing disturbs."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ray.tune.trainable.trainable.DEFAULT_STORAGE_PATH", str(folder / "ray"))
        patch.setattr(trial_module, "STEP_S", 0.0)
        return trained(
            trial(TrialContext(str(folder / "sweep"), source, threads=1, backend="tensorflow"))
        )


_shared_ray = ExitStack()


@pytest.fixture
def shared_ray(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Ray with two cores and a GPU that it was told of; the cache that its processes use.

    It lives from the first test that asks for it to the next one that does not.
    """
    cache = tmp_path_factory.getbasetemp() / "cache of the shared Ray"
    if not ray.is_initialized():
        patch = _shared_ray.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("ORCHESTRATOR_CACHE", str(cache))
        _shared_ray.enter_context(session(cpus=2, gpus=1, address=None))
    return cache


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End the shared Ray where the next test has no use for it."""
    if "shared_ray" not in getattr(nextitem, "fixturenames", ()):
        _shared_ray.close()
