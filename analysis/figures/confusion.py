"""Which emotion is taken for which: counts and shares in one cell."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from analysis.figures.style import AMOUNTS, percent, shown
from analysis.figures.sweep_tables import SweepTables
from orchestrator.metrics import confusion, interval

WHO = {"ensemble": "prediction", "best single": "best_single"}
"""Whose answers -> column of `answers`."""

DARK = 0.179
"""Luminance below which white text has more contrast than black (WCAG 2.1, contrast ratio)."""


def data(tables: SweepTables) -> pd.DataFrame:
    """A row a (who, label, prediction).

    Columns: who, label, prediction (class names), row, column (their indices), count (images),
    share (of the label's images), right, low, high (the whole matrix: accuracy and its interval,
    0 to 1), n (images of the label), split (in words), copies (images that also stand in training).
    """
    answers, classes = tables.answers, tables.classes
    rows = []
    for who, column in WHO.items():
        if who == "ensemble" and tables.alone:
            continue
        answered = answers.dropna(subset=[column])
        if answered.empty:
            continue
        labels, predictions = answered["label"].to_numpy(), answered[column].to_numpy()
        cells = confusion(labels, predictions, len(classes))
        right = int(np.trace(cells))
        low, high = interval(right, len(answered))
        matrix = {
            "who": who,
            "right": right / len(answered),
            "low": low,
            "high": high,
            "split": split_named(tables),
            "copies": int(answered["also_in_training"].fillna(value=False).astype(bool).sum()),
        }
        for row, column_ in np.ndindex(cells.shape):
            n = int(cells[row].sum())
            value = int(cells[row, column_])
            rows.append(
                matrix
                | {"label": classes[row], "prediction": classes[column_], "row": row}
                | {"column": column_, "count": value, "share": value / n if n else np.nan, "n": n}
            )
    return pd.DataFrame(rows)


def split_named(tables: SweepTables) -> str:
    """The answers' split in words, and whether the ensemble answers there by cross-validation.

    Answers on validation images are cross-validated where the scores say so and are about the same
    answers: those of mirrored images, say, are not.
    """
    split = str(tables.answers["split"].iloc[0])
    scores = tables.ensemble_scores("accuracy", split)
    cross_validated = scores.loc[scores["how"].str.startswith("cross-validated", na=False), "value"]
    right = (tables.answers["prediction"] == tables.answers["label"]).mean()
    same = len(cross_validated) and abs(float(cross_validated.iloc[0]) - right) < 1e-6
    return f"{split} split (cross-validated)" if same else f"{split} split"


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    sentences = []
    for who, cells in frame.groupby("who", sort=False):
        first, n = cells.iloc[0], cells["count"].sum()
        wrong = cells[cells["row"] != cells["column"]].sort_values("count", ascending=False)
        pairs = ", ".join(
            f"{row['label']} as {row['prediction']} {row['count']}"
            for _, row in wrong.head(3).iterrows()
            if row["count"]
        )
        sentences.append(
            f"the {who} is right about {percent(first['right'])} of {n:,} images (95 % interval "
            f"{percent(first['low'])} to {percent(first['high'])})"
            + (f", and takes most often {pairs}" if pairs else "")
        )
    first = frame.iloc[0]
    copies = (
        f" {first['copies']:,} of the images also stand in training, exactly."
        if first["copies"]
        else ""
    )
    some = "" if frame["n"].gt(0).all() else "of a class with images "
    return (
        f"Confusion of classes on the {first['split']}: {'; '.join(sentences)}. "
        f"Each row {some}adds up to 100 %; the number above is images; empty cells are 0.{copies}"
    )


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """A matrix for the ensemble and one for the best single model, on one scale."""
    parts = list(frame.groupby("who", sort=False))
    k = int(frame["row"].max()) + 1
    side = max(4.6, 0.72 * k + 1.2)
    canvas.set_size_inches(side * len(parts) + 1.2, side + 0.5)
    axes = canvas.subplots(1, len(parts), squeeze=False)[0]
    for ax, (_, cells) in zip(axes, parts, strict=True):
        picture = _matrix(cells, k, ax)
    canvas.colorbar(picture, ax=list(axes), label="share of the true class", shrink=0.8)


def _matrix(cells: pd.DataFrame, k: int, ax: Axes) -> AxesImage:
    shares = cells["share"].fillna(0.0).to_numpy().reshape(k, k)
    picture = ax.imshow(shares, cmap=AMOUNTS, vmin=0.0, vmax=1.0)
    size = 9 if k <= 8 else max(3.0, 90 / k)
    for _, cell in cells.iterrows():
        if not cell["count"]:
            continue
        at = (cell["column"], cell["row"])
        dark = luminance(picture.to_rgba(cell["share"])) < DARK
        right = cell["row"] == cell["column"]
        share = f"{100 * cell['share']:.0f} %" if cell["share"] >= 0.005 else "<1 %"
        text = f"{cell['count']:,}\n{share}"
        ax.text(
            *at, text, ha="center", va="center", color="white" if dark else "black", size=size,
            weight="bold" if right else "normal",
        )  # fmt: skip
    for place in range(k):  # the right answers carry a frame
        ax.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, fill=False, linewidth=1.6))
    names = cells.drop_duplicates("row").sort_values("row")
    words = [shown(name, 16) for name in names["label"]]
    ax.set_xticks(range(k), words, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(k), [f"{word} ({n:,})" for word, n in zip(words, names["n"], strict=True)])
    ax.set_xlabel("said")
    ax.set_ylabel("true class (images)")
    first = cells.iloc[0]
    ax.set_title(
        f"{first['who']}, {first['split']}, n = {cells['count'].sum():,}\n"
        f"{percent(first['right'])} right ({percent(first['low'])} to {percent(first['high'])})",
        size=10,
    )
    return picture


def luminance(colour: ArrayLike) -> float:
    """Relative luminance, 0 to 1, of an sRGB colour of three or four numbers (WCAG 2.1)."""
    rgb = np.asarray(colour, dtype=float)[:3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
