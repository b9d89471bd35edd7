"""Training against validation loss of the best trials, with the verdict on each."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from analysis.figures.style import BLUE, DARK, RED, count, panels, shown
from analysis.figures.sweep_tables import SweepTables
from analysis.leaderboard import in_order

PANELS = 6
FEWEST_EPOCHS = 2
HEADROOM = 2.0
"""A loss above this many times the 90th percentile of all losses runs out of the frame."""


def data(tables: SweepTables) -> pd.DataFrame:
    """A row a (trial, epoch) of the best trials, best first.

    Columns: trial, label, verdict, accuracy (best, 0 to 1), best_epoch, epoch, train_loss,
    validation_loss (nats; NaN where not finite), ceiling (nats: where the frame ends).
    """
    long = tables.epochs.groupby("trial")["epoch"].count()
    able = tables.trials[tables.trials["trial"].isin(long[long >= FEWEST_EPOCHS].index)]
    best = able.dropna(subset=["validation_accuracy"])
    best = in_order(best).head(PANELS)
    best = best[["trial", "verdict", "validation_accuracy", "best_epoch"]]
    best = best.rename(columns={"validation_accuracy": "accuracy"}).assign(place=range(len(best)))
    rows = best.merge(
        tables.epochs[["trial", "epoch", "train_loss", "validation_loss"]], on="trial"
    ).sort_values(["place", "epoch"])
    rows["label"] = rows["trial"].map(tables.labels())
    rows["verdict"] = rows["verdict"].astype(object).fillna("not judged")
    losses = ["train_loss", "validation_loss"]
    rows[losses] = rows[losses].where(np.isfinite(rows[losses]))
    rows["ceiling"] = HEADROOM * rows[losses].stack().quantile(0.9)
    return rows.drop(columns="place").reset_index(drop=True)


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    best = frame.groupby("trial", sort=False).last()
    verdicts = "; ".join(
        f"{row['label']}: {row['verdict']}, accuracy {row['accuracy']:.3f}"
        for _, row in best.iterrows()
    )
    losses = frame[["train_loss", "validation_loss"]]
    cut = losses.gt(frame["ceiling"], axis=0).any(axis=None) or losses.isna().any(axis=None)
    return (
        f"Cross-entropy by epoch of the best {count(len(best), 'trial')}: {verdicts}. Training "
        "loss is measured with dropout and augmentation on, where a trial has them, so it may "
        "stand above validation loss; "
        "what tells overfitting is validation loss that rises while training loss falls."
        + (" Losses beyond the frame, or not finite, are not shown." if cut else "")
    )


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """A panel a trial: both losses, the gap between them, the epoch with the best accuracy."""
    groups = list(frame.groupby("trial", sort=False))
    canvas.set_size_inches(
        max(6.5, 0.5 + 3.5 * min(3, len(groups))), 3.2 * -(-len(groups) // 3) + 0.9
    )
    axes = panels(canvas, len(groups), 3, ("epoch", "loss (nats)"))
    for ax, (_, rows) in zip(axes, groups, strict=True):
        _panel(rows, ax)
    finite = frame[["train_loss", "validation_loss"]].stack().clip(upper=frame["ceiling"].iloc[0])
    if finite.notna().any():
        axes[0].set_ylim(0.0, finite.max() * 1.05)
    handles, names = axes[0].get_legend_handles_labels()
    canvas.legend(handles, names, loc="outside lower center", ncols=4, fontsize=9)


def _panel(rows: pd.DataFrame, ax: Axes) -> None:
    top = rows.iloc[0]
    epochs, train, validation = rows["epoch"], rows["train_loss"], rows["validation_loss"]
    ax.plot(epochs, train, "-o", color=BLUE, markersize=3, label="training")
    ax.plot(epochs, validation, "--s", color=RED, markersize=3, label="validation")
    above = (validation > train).to_numpy()
    ax.fill_between(
        epochs,
        train,
        validation,
        where=above,
        color=RED,
        alpha=0.15,
        label="gap: validation above training",
    )
    if pd.notna(top["best_epoch"]):
        ax.axvline(top["best_epoch"], color=DARK, linestyle=":", label="best epoch")
    ax.set_title(f"{shown(top['label'])}\n{top['verdict']}, accuracy {top['accuracy']:.3f}", size=9)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.3)
