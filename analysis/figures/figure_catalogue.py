"""Every figure by name."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.figures import (
    accuracy,
    confusion,
    ensembles,
    faithfulness,
    importance,
    learning_curves,
    losses,
    parallel_coordinates,
    recall,
    regions,
    reliability,
    rungs,
    seed_project,
)
from analysis.figures.sweep_tables import SweepTables

__all__ = ["FIGURES", "Figure", "SweepTables"]


@dataclass(frozen=True)
class Figure:
    """Compute, then draw.

    Attributes:
        data: tables -> a frame with everything that is drawn; no rows where nothing can be.
        draw: puts a frame with rows on an empty canvas, whose size it may change; has no logic.
        caption: a frame with rows -> what the picture shows, in words, with n and intervals.
        title: what stands above it.
        needs: fields of `SweepTables` that must have rows.
        empty: why there may be no rows although they have, to tell the reader.
    """

    data: Callable[[SweepTables], pd.DataFrame]
    draw: Callable[[pd.DataFrame, Canvas], None]
    caption: Callable[[pd.DataFrame], str]
    title: str
    needs: tuple[str, ...]
    empty: str = "no trial was measured"


FIGURES: dict[str, Figure] = {
    "learning_curves": Figure(
        learning_curves.data,
        learning_curves.draw,
        learning_curves.caption,
        "Validation accuracy by epoch, and what ended each trial",
        ("trials", "epochs"),
    ),
    "losses": Figure(
        losses.data,
        losses.draw,
        losses.caption,
        "Training and validation loss of the best trials, and the verdict on each",
        ("trials", "epochs"),
        "no measured trial has two epochs",
    ),
    "rungs": Figure(
        rungs.data,
        rungs.draw,
        rungs.caption,
        "Who went on at each rung",
        ("trials", "epochs", "record"),
        "the sweep compared no trials at rungs",
    ),
    "accuracy_by_architecture": Figure(
        lambda tables: accuracy.data(tables, "architecture"),
        accuracy.draw,
        accuracy.caption,
        "Every trial of each architecture, and the best with its 95 % interval",
        ("trials",),
        "fewer than two kinds of architecture were measured",
    ),
    "accuracy_by_preprocessing": Figure(
        lambda tables: accuracy.data(tables, "preprocessing"),
        accuracy.draw,
        accuracy.caption,
        "Every trial of each preprocessing variant, and the best with its 95 % interval",
        ("trials",),
        "fewer than two kinds of preprocessing were measured",
    ),
    "parallel_coordinates": Figure(
        parallel_coordinates.data,
        parallel_coordinates.draw,
        parallel_coordinates.caption,
        "Every trial's settings and its accuracy",
        ("trials",),
        "no setting varies among the measured trials",
    ),
    "importance": Figure(
        importance.data,
        importance.draw,
        importance.caption,
        "Which settings mattered",
        ("trials",),
        f"fewer than {importance.FEWEST} comparable trials, or no setting varies among them",
    ),
    "ensemble_rules": Figure(
        ensembles.rules,
        ensembles.draw_rules,
        ensembles.rules_caption,
        "Rules of making an ensemble, compared by cross-validation",
        ("choice",),
        "no rules were compared",
    ),
    "ensemble_against_members": Figure(
        ensembles.gains,
        ensembles.draw_gains,
        ensembles.gains_caption,
        "The ensemble against its members and the best single model",
        ("scores",),
        "no accuracy of an ensemble was scored",
    ),
    "confusion": Figure(
        confusion.data,
        confusion.draw,
        confusion.caption,
        "Which class is taken for which",
        ("answers",),
        "nothing was answered",
    ),
    "recall": Figure(
        recall.data,
        recall.draw,
        recall.caption,
        "How much of each class is found",
        ("answers",),
        "nothing was answered",
    ),
    "reliability": Figure(
        reliability.data,
        reliability.draw,
        reliability.caption,
        "Are answers as right as they are sure?",
        ("answers",),
        "nothing was answered",
    ),
    "regions": Figure(
        regions.data,
        regions.draw,
        regions.caption,
        "Where the evidence lies",
        ("regions",),
        "no map has mass in a region",
    ),
    "faithfulness": Figure(
        faithfulness.data,
        faithfulness.draw,
        faithfulness.caption,
        "How far the explanations can be trusted",
        ("faithfulness",),
        "nothing was measured",
    ),
    "seed_project": Figure(
        seed_project.data,
        seed_project.draw,
        seed_project.caption,
        "The seed project's figures and ours",
        ("trials",),
        "none of its models was trained to the end on photographs of the seven emotions",
    ),
}
"""Name -> figure, in the order of a report; one file and one line adds one."""
