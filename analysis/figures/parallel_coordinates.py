"""Parallel coordinates: each trial a line through the settings that varied, to its accuracy.

Source: Inselberg 1985, "The plane with parallel coordinates", https://doi.org/10.1007/BF01898350.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Canvas

from analysis.figures.style import count, shown
from analysis.figures.sweep_tables import SweepTables, varied_settings
from analysis.leaderboard import leaderboard
from results.statuses import is_trained_to_end

SHADES = "viridis_r"
"""Perceptually uniform; reversed, so that the best trials are the dark ones on white."""

FEW_VALUES = 6
"""Numbers with at most so many values are shown each by itself."""

WIDE_RANGE = 10.0
"""Positive numbers that span more than this factor stand on a logarithmic axis."""

UNSET = "not set"

CROWD = 60
"""Trials from which lines are thin and let others shine through."""

BUNDLE = 0.08
"""Height over which lines through the same value are spread, so that each can be followed."""

COLUMNS = ["trial", "finished", "best", "accuracy", "axis", "setting", "scale", "value", "height"]


def data(tables: SweepTables) -> pd.DataFrame:
    """A row a (measured trial, setting that varied), and one for its accuracy.

    Columns: trial, finished (bool), best (bool: it leads the leaderboard), accuracy (0 to 1), axis
    (place from 0), setting, scale (named, linear or logarithmic), value (text to write there),
    height (0 to 1 on its axis).
    """
    trials = tables.trials[tables.trials["validation_accuracy"].notna()]
    varied = varied_settings(trials)
    if varied.empty:
        return pd.DataFrame(columns=COLUMNS)
    best = leaderboard(trials).rows[0]["trial"]
    parts = []
    columns = varied.assign(validation_accuracy=trials["validation_accuracy"])
    for axis, name in enumerate(columns):
        scale, height = _heights(columns[name], trials["validation_accuracy"])
        parts.append(
            pd.DataFrame(
                {
                    "trial": trials["trial"],
                    "finished": trials.apply(is_trained_to_end, axis=1),
                    "best": trials["trial"] == best,
                    "accuracy": trials["validation_accuracy"],
                    "axis": axis,
                    "setting": name.replace("_", " "),
                    "scale": scale,
                    "value": [_text(value) for value in columns[name]],
                    "height": height,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _text(value: object) -> str:
    if pd.isna(value):
        return UNSET
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _heights(column: pd.Series, accuracy: pd.Series) -> tuple[str, pd.Series]:
    """A scale and (n,) heights; equal named values are bundled, worst at the bottom.

    Named values stand in their order, those not set above all; on a scale these are NaN.
    """
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric and column.nunique() > FEW_VALUES:
        logarithmic = column.min() > 0 and column.max() > WIDE_RANGE * column.min()
        scaled = np.log(column) if logarithmic else column.astype(float)
        span = scaled.max() - scaled.min()
        return "logarithmic" if logarithmic else "linear", (scaled - scaled.min()) / span
    values = column.dropna()
    codes = {value: code for code, value in enumerate(sorted(values.unique()))}
    kinds = len(codes) + (len(values) < len(column))
    places = column.map(codes).astype(float).fillna(len(codes)) / max(1, kinds - 1)
    rank = accuracy.groupby(places).rank(method="first", pct=True)
    room = BUNDLE * min(1.0, 4 / kinds)
    return "named", places + room * (rank - 0.5)


def axis_values(rows: pd.DataFrame) -> list[tuple[str, float]]:
    """What is written at which height of an axis: each named value, else low, middle and high.

    Args:
        rows: of `data`, those of one axis.
    """
    if rows["scale"].iloc[0] == "named":
        means = rows.groupby("value")["height"].mean()
        return [(str(value), float(height)) for value, height in means.items()]
    ranked = rows.dropna(subset=["height"]).sort_values("height")
    middle = int(ranked["height"].sub(0.5).abs().to_numpy().argmin())
    some = ranked.iloc[list(dict.fromkeys([0, middle, len(ranked) - 1]))]
    return [(str(v), float(h)) for v, h in zip(some["value"], some["height"], strict=True)]


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    ends = frame.drop_duplicates("trial")
    best = frame[frame["best"]]
    settings = best[best["axis"] < best["axis"].max()]
    best_settings = ", ".join(
        f"{s} {v}" for s, v in zip(settings["setting"], settings["value"], strict=True)
    )
    return (
        f"{count(len(ends), 'trial')}, each a line through its settings to its validation "
        f"accuracy; the best, {ends['accuracy'].max():.3f}, had {best_settings}. Only settings "
        f"that varied are shown.{_unfinished(ends['finished'])}"
    )


def _unfinished(finished: pd.Series) -> str:
    """What dashed lines are; "" where there is none."""
    others = int((~finished.astype(bool)).sum())
    if not others:
        return ""
    return (
        f" {len(finished) - others} finished (solid); {others} did not (dashed), and may be less "
        "accurate for that alone."
    )


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """An upright axis a setting; the darker the line, the better the trial."""
    axes = frame["axis"].max() + 1
    canvas.set_size_inches(max(9.0, 2.2 + 1.75 * axes), 5.2)
    ax = canvas.subplots()
    shade = ScalarMappable(Normalize(*_span(frame["accuracy"])), SHADES)
    crowd = 1.0 if frame["trial"].nunique() <= CROWD else 0.5
    for _, line in frame.sort_values(["accuracy", "trial", "axis"]).groupby("trial", sort=False):
        first = line.iloc[0]
        ax.plot(
            line["axis"],
            line["height"],
            color=shade.to_rgba(first["accuracy"]),
            linestyle="-" if first["finished"] else (0, (4, 2)),
            linewidth=crowd * (2.0 if first["finished"] else 1.0),
            alpha=crowd,
        )
    for axis, rows in frame.groupby("axis"):
        _axis(int(axis), rows, ax)
    named = frame.drop_duplicates("axis").sort_values("axis")
    logarithmic = named["scale"] == "logarithmic"
    words = named["setting"] + np.where(logarithmic, "\n(logarithmic)", "")
    ax.set_xticks(named["axis"], words.tolist())
    ax.set_yticks([])
    ax.set_xlim(-0.15, axes - 1 + 0.35)
    ax.set_ylim(-0.09, 1.09)
    ax.spines[["top", "left", "right", "bottom"]].set_visible(False)
    ax.tick_params(length=0)
    dashed = "" if frame["finished"].all() else "; dashed: not trained to the end"
    ax.set_xlabel(f"settings that varied{dashed}")
    canvas.colorbar(shade, ax=ax, label="validation accuracy", pad=0.02)


def _span(accuracy: pd.Series) -> tuple[float, float]:
    low, high = float(accuracy.min()), float(accuracy.max())
    return (low, high) if high > low else (low - 0.01, high + 0.01)


def _axis(axis: int, rows: pd.DataFrame, ax: Axes) -> None:
    """The upright line, and its values."""
    ax.axvline(axis, 0.07, 0.93, color="black", linewidth=1, zorder=3)
    for value, height in axis_values(rows):
        ax.annotate(
            shown(value, 16),
            (axis, height),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            zorder=4,
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
        )
