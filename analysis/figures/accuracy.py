"""The best trial of each kind, with the interval that its number of images allows."""

import pandas as pd
from matplotlib.axes import Axes


def data(trials: pd.DataFrame, by: str) -> pd.DataFrame:
    """A row a value of the column `by`: value, accuracy, low, high (0 to 1), n, trials.

    Only trials that were not stopped by ASHA compete where there are any: a pruned trial's accuracy
    is that of a shorter training.
    """
    measured = trials[trials["validation_accuracy"].notna()]
    full = measured[measured["status"].isin(["completed", "stopped_early", "reused"])]
    rows = []
    for value, group in measured.groupby(by):
        finished = full[full[by] == value]
        pool = finished if len(finished) else group
        best = pool.sort_values("validation_accuracy").iloc[-1]
        rows.append(
            {
                "value": f"{value}" + ("" if len(finished) else f" ({best['status']})"),
                "accuracy": best["validation_accuracy"],
                "low": best["validation_accuracy_low"],
                "high": best["validation_accuracy_high"],
                "n": best["validation_n"],
                "trials": len(group),
            }
        )
    columns = ["value", "accuracy", "low", "high", "n", "trials"]
    return pd.DataFrame(rows, columns=columns).sort_values("accuracy").reset_index(drop=True)


def draw(frame: pd.DataFrame, ax: Axes) -> None:
    """A dot and its interval a value, best at the top."""
    centre = frame["accuracy"].to_numpy(dtype=float)
    low, high = frame["low"].to_numpy(dtype=float), frame["high"].to_numpy(dtype=float)
    places = range(len(frame))
    ax.errorbar(centre, places, xerr=[centre - low, high - centre], fmt="o", capsize=4)
    names = [
        f"{value}  ({count} trial{'s' if count > 1 else ''})"
        for value, count in zip(frame["value"], frame["trials"], strict=True)
    ]
    ax.set_yticks(list(places), names)
    for place, value in enumerate(centre):
        ax.annotate(f"{value:.3f}", (value, place), xytext=(0, 6), textcoords="offset points")
    n = f", n = {int(frame['n'].iloc[0]):,}" if len(frame) else ""
    ax.set_xlabel(f"best trial's validation accuracy (95 % interval{n}; chosen on these images)")
    ax.grid(axis="x", alpha=0.3)
    ax.margins(y=0.2)
