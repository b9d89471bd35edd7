"""When a trial ends by itself, and which of its epochs counts. Pure functions of its history."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from orchestrator.config import TrialConfig
from orchestrator.training.history import EpochRow


@dataclass(frozen=True)
class Stop:
    """Why a trial ends.

    Attributes:
        kind: "diverged" (a failure), "patience" (stopped early), "epochs" (completed).
        reason: one phrase with the numbers, for the tables.
    """

    kind: Literal["diverged", "patience", "epochs"]
    reason: str


def best(history: Sequence[EpochRow]) -> EpochRow | None:
    """The epoch whose weights are kept, or None where no epoch has a usable accuracy.

    Highest validation accuracy; of equals the one with the lower validation loss, then the
    earlier. An epoch whose accuracy or loss is NaN is never the best.
    """
    usable = [
        row
        for row in history
        if not math.isnan(row.validation_accuracy) and not math.isnan(row.validation_loss)
    ]
    return min(
        usable,
        key=lambda row: (-row.validation_accuracy, row.validation_loss, row.epoch),
        default=None,
    )


def not_finite(history: Sequence[EpochRow]) -> str | None:
    """Which loss was first not finite, and when, as a phrase; None if all are finite.

    A validation loss counts too: computed in float64 it is finite for every finite logit.
    """
    for row in history:
        for name in ("train_loss", "validation_loss"):
            if not math.isfinite(getattr(row, name)):
                return f"{name} is not finite at epoch {row.epoch}"
    return None


def reason_to_stop(history: Sequence[EpochRow], config: TrialConfig) -> Stop | None:
    """Whether the trial ends after these epochs; None while it goes on.

    Divergence comes before all else, and the last epoch before patience: a trial that used its
    whole budget has completed.
    """
    if not history:
        return None
    if trouble := not_finite(history):
        return Stop("diverged", trouble)
    if len(history) >= config.epochs:
        return Stop("epochs", f"all {config.epochs} epochs done")
    lowest = min(history, key=lambda row: (row.validation_loss, row.epoch))
    waited = history[-1].epoch - lowest.epoch
    if 0 < config.patience <= waited:
        return Stop(
            "patience",
            f"no validation loss below {lowest.validation_loss:.4g} (epoch {lowest.epoch})"
            f" for {waited} epochs",
        )
    return None
