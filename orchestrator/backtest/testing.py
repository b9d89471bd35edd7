"""Recorded grids made up for tests: curves that a reader can work out."""

from collections.abc import Sequence
from typing import Any

from orchestrator.backtest.recorded_grid import RecordedGrid, RecordedTrial
from orchestrator.config import TrialConfig


def recorded(
    number: int, accuracies: Sequence[float], seconds: float = 1.0, ended_by: str = "epochs"
) -> RecordedTrial:
    """A trial with these accuracies, each of its epochs as long; told apart by its seed."""
    rows = tuple(
        {
            "epoch": epoch,
            "validation_accuracy": accuracy,
            "validation_loss": 2.0 - accuracy,
            "seconds": seconds,
        }
        for epoch, accuracy in enumerate(accuracies, 1)
    )
    epochs = 9 if ended_by != "epochs" else len(accuracies)
    return RecordedTrial(TrialConfig(seed=number, epochs=epochs), rows, ended_by)


def rising_grid(count: int = 8, epochs: int = 9, **more: Any) -> RecordedGrid:
    """Trial i, from 0, reaches (i + 1) / 10 x (1 - 2^-t) after epoch t.

    So they rank alike at every epoch, and the last trial is the best.
    """
    curves = ([(i + 1) / 10 * (1 - 0.5**t) for t in range(1, epochs + 1)] for i in range(count))
    return RecordedGrid(tuple(recorded(i, curve, **more) for i, curve in enumerate(curves)))
