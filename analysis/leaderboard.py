"""Which trials did best, as a table that says how sure it is."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

COLUMNS = {
    "trial": "trial",
    "architecture": "architecture",
    "preprocessing": "preprocessing",
    "learning_rate": "learning rate",
    "validation_accuracy": "accuracy",
    "validation_accuracy_low": "from",
    "validation_accuracy_high": "to",
    "clean_accuracy": "without copies",
    "validation_macro_f1": "macro F1",
    "validation_ece": "calibration error",
    "best_epoch": "best epoch",
    "epochs_trained": "epochs",
    "status": "status",
    "verdict": "verdict",
    "parameters": "parameters",
    "images_per_second": "images/s",
}
"""Column of `results.schema.TRIALS`, or "clean_accuracy" -> heading."""

FORMATS = {
    "learning rate": "{:.2g}",
    "accuracy": "{:.4f}",
    "from": "{:.4f}",
    "to": "{:.4f}",
    "without copies": "{:.4f}",
    "macro F1": "{:.3f}",
    "calibration error": "{:.3f}",
    "best epoch": "{:.0f}",
    "epochs": "{:.0f}",
    "parameters": "{:,.0f}",
    "images/s": "{:.0f}",
}


def leaderboard(trials: pd.DataFrame, clean: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Measured trials, best validation accuracy first; of equals the lower loss first.

    Args:
        trials: `trials.parquet`.
        clean: trial -> `clean_accuracy` of its predictions, of those that have any.
    """
    measured = trials[trials["validation_accuracy"].notna()].copy()
    measured["clean_accuracy"] = measured["trial"].map(clean or {}).astype(float)
    best_first = measured.sort_values(
        ["validation_accuracy", "validation_loss", "number"], ascending=[False, True, True]
    )
    return best_first[list(COLUMNS)].rename(columns=COLUMNS).reset_index(drop=True)


def clean_accuracy(predictions: pd.DataFrame) -> float:
    """Accuracy on the images that have no exact copy in training; NaN where there are none.

    A net that learns its training images by heart is right about their copies; FER2013's
    PublicTest has 280 of them.

    Args:
        predictions: one trial's `predictions/<trial>.parquet`.
    """
    clean = predictions[~predictions["also_in_training"].astype(bool)]
    if clean.empty:
        return float("nan")
    named = np.stack(clean["probability"].to_list()).argmax(axis=1)
    return float(np.mean(named == clean["label"].to_numpy()))


def markdown(board: pd.DataFrame) -> str:
    """The table in Markdown, numbers rounded for reading."""
    lines = ["| " + " | ".join(board.columns) + " |", "|" + "---|" * len(board.columns)]
    for row in board.to_dict("records"):
        cells = [_cell(FORMATS.get(name), value) for name, value in row.items()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(form: str | None, value: object) -> str:
    if pd.isna(value):
        return ""
    text = form.format(value) if form else str(value)
    return text.replace("|", "\\|")
