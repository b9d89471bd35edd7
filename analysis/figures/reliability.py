"""Whether a confidence of 0.8 is right eight times in ten."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.figures.confusion import split_named
from analysis.figures.style import BLUE, GREY, RED, whiskers
from analysis.figures.sweep_tables import SweepTables
from orchestrator.metrics import CALIBRATION_BINS, calibration_bins, interval

COLUMNS = [
    "left", "right", "n", "correct", "wrong", "confidence", "accuracy", "low", "high",
    "error", "before", "split", "who",
]  # fmt: skip


def data(tables: SweepTables) -> pd.DataFrame:
    """A row a bin of confidence, empty ones included; bins as in `metrics.calibration_error`.

    Columns: left, right (edges), n, correct, wrong (images), confidence (mean in the bin),
    accuracy, low, high (95 % Wilson interval), all 0 to 1 and NaN in an empty bin; error (expected
    calibration error over all bins), before (the same before calibration, from `scores`, else
    NaN), split (in words), who (answers: the ensemble, or the best single model).
    """
    answers = tables.answers.dropna(subset=["confidence"])
    if answers.empty:
        return pd.DataFrame(columns=COLUMNS)
    confidence = answers["confidence"].to_numpy(dtype=float)
    right = answers["correct"].to_numpy(dtype=bool)
    bins = CALIBRATION_BINS
    place = calibration_bins(confidence)
    n = np.bincount(place, minlength=bins)
    correct = np.bincount(place, weights=right, minlength=bins).astype(int)
    sums = np.bincount(place, weights=confidence, minlength=bins)
    ends = np.array([interval(int(c), int(m)) for c, m in zip(correct, n, strict=True)])
    there = np.where(n > 0, 1.0, np.nan)
    frame = pd.DataFrame(
        {
            "left": np.arange(bins) / bins,
            "right": (np.arange(bins) + 1) / bins,
            "n": n,
            "correct": correct,
            "wrong": n - correct,
            "confidence": there * sums / np.maximum(n, 1),
            "accuracy": there * correct / np.maximum(n, 1),
            "low": there * ends[:, 0],
            "high": there * ends[:, 1],
        }
    )
    split = answers["split"].iloc[0]
    return frame.assign(
        error=np.abs(correct - sums).sum() / len(answers),
        before=_before(tables, split),
        split=split_named(tables),
        who="best single model" if tables.alone else "ensemble",
    )[COLUMNS]


def _before(tables: SweepTables, split: str) -> float:
    values = tables.ensemble_scores("ece_uncalibrated", split)["value"]
    return float(values.iloc[0]) if len(values) else float("nan")


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    first = frame.iloc[0]
    before = f" ({first['before']:.3f} before calibration)" if pd.notna(first["before"]) else ""
    n, mean = frame["n"].sum(), (frame["confidence"] * frame["n"]).sum() / frame["n"].sum()
    return (
        f"Accuracy of the {first['who']}'s answers by their confidence, {n:,} images of the "
        f"{first['split']} in bins of equal width, with 95 % Wilson intervals; below, "
        f"how many were right and wrong. Mean confidence {mean:.3f}, accuracy "
        f"{frame['correct'].sum() / n:.3f}; expected calibration error {first['error']:.3f}"
        f"{before}. Dots below the line: too sure."
    )


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """Above, accuracy against confidence beside the line of honesty; below, how many images."""
    canvas.set_size_inches(7.0, 8.0)
    top, bottom = canvas.subplots(2, 1, sharex=True, height_ratios=[2.4, 1])
    _curve(frame[frame["n"] > 0], top)
    width = frame["right"] - frame["left"]
    middle = frame["left"] + width / 2
    bottom.bar(middle, frame["correct"], width * 0.92, color=BLUE, label="right")
    bottom.bar(
        middle, frame["wrong"], width * 0.92, bottom=frame["correct"], facecolor="white",
        edgecolor=RED, hatch="///", label="wrong",
    )  # fmt: skip
    for place, total in zip(middle, frame["n"], strict=True):
        if total:
            bottom.annotate(f"{total:,}", (place, total), (0, 2), textcoords="offset points",
                            ha="center", size=7)  # fmt: skip
    bottom.set_xlabel(f"confidence, {frame['split'].iloc[0]}, n = {frame['n'].sum():,}")
    bottom.set_ylabel("images")
    bottom.set_ylim(0, 1.15 * frame["n"].max())
    bottom.legend(fontsize=8, loc="upper left")


def _curve(there: pd.DataFrame, ax: Axes) -> None:
    ax.plot([0, 1], [0, 1], "--", color=GREY, label="as right as it is sure")
    ax.vlines(there["confidence"], there["accuracy"], there["confidence"], color=RED, alpha=0.6,
              linewidth=4, label="gap")  # fmt: skip
    ax.errorbar(
        there["confidence"], there["accuracy"],
        yerr=whiskers(there["accuracy"], there["low"], there["high"]),
        fmt="o-", color=BLUE, capsize=3, linewidth=1,
        label=f"{there['who'].iloc[0]}, 95 % interval",
    )  # fmt: skip
    first = there.iloc[0]
    note = f"expected calibration error {first['error']:.3f}"
    if pd.notna(first["before"]):
        note += f"\nbefore calibration {first['before']:.3f}"
    ax.text(0.98, 0.04, note, transform=ax.transAxes, ha="right", size=9)
    ax.text(0.98, 0.2, "below the line: too sure", transform=ax.transAxes, ha="right", size=8)
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.02, 1.02)
    ax.set_ylabel("accuracy")
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8, loc="upper left")
