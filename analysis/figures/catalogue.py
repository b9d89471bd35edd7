"""Every figure by name."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures import accuracy, learning_curves


@dataclass(frozen=True)
class Tables:
    """What figures are made from: `trials.parquet` and `epochs.parquet`."""

    trials: pd.DataFrame
    epochs: pd.DataFrame


@dataclass(frozen=True)
class Figure:
    """Compute, then draw.

    Attributes:
        data: tables -> a frame with everything that is drawn.
        draw: puts the frame into axes; has no logic.
        title: what stands above it.
        size: width and height in inches.
    """

    data: Callable[[Tables], pd.DataFrame]
    draw: Callable[[pd.DataFrame, Axes], None]
    title: str
    size: tuple[float, float] = (9.0, 5.0)


FIGURES: dict[str, Figure] = {
    "learning_curves": Figure(
        lambda tables: learning_curves.data(tables.trials, tables.epochs),
        learning_curves.draw,
        "Validation accuracy by epoch, and what ended each trial",
    ),
    "accuracy_by_architecture": Figure(
        lambda tables: accuracy.data(tables.trials, "architecture"),
        accuracy.draw,
        "Best trial of each architecture, with its 95 % interval",
    ),
    "accuracy_by_preprocessing": Figure(
        lambda tables: accuracy.data(tables.trials, "preprocessing"),
        accuracy.draw,
        "Best trial of each preprocessing variant, with its 95 % interval",
    ),
}
"""Name -> figure; one file and one line adds one."""
