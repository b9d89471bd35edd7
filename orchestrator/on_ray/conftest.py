"""Trials under test: where they are, and how long their epochs seem to be."""

import math
from pathlib import Path
from typing import Any

import pytest

from orchestrator.on_ray import trial as trial_module
from orchestrator.on_ray.testing import trained, trial
from orchestrator.on_ray.trial import TrialContext
from orchestrator.testing.stand_ins import drawn_faces
from orchestrator.training.inputs import DataSource
from orchestrator.training.storing import trial_files


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
    return TrialContext(str(tmp_path / "sweep"), source, threads=1)


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
        return trained(trial(TrialContext(str(folder / "sweep"), source, threads=1)))
