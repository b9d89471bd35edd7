"""Trials without Ray, as Tune constructs them, and what tests read of them."""

import dataclasses
from pathlib import Path
from typing import Any

import pyarrow as pa
from ray import tune

from orchestrator.config import TrialConfig
from orchestrator.on_ray.trial import Trial, TrialContext
from orchestrator.testing.stand_ins import CLOCK, tiny
from orchestrator.training.engine import Engine
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
