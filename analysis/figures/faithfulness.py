"""How far each explanation method can be trusted, against maps that know nothing."""

import math
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.explain.methods.names import REFERENCE_TITLES, REFERENCES, TITLES
from analysis.figures.style import BLUE, RED, shown, whiskers
from analysis.figures.sweep_tables import SweepTables
from orchestrator.metrics import Z_95

MEASURES = {
    "deletion": ("deletion", "marked pixels go: low is good", False),
    "insertion": ("insertion", "marked pixels come: high is good", True),
    "drop": ("average drop", "only the map stays: low is good", False),
    "increase": ("increase", "share of images: high is good", True),
    "stability": ("change under noise", "low is good", False),
    "randomised": ("likeness to randomised weights", "low is good", False),
}
"""Column -> title, what to look for, whether high is good.

Deletion and insertion are those of Petsiuk et al. 2018, https://arxiv.org/abs/1806.07421; drop and
increase those of Chattopadhyay et al. 2018, https://arxiv.org/abs/1710.11063; the likeness to maps
of randomised weights follows Adebayo et al. 2018, https://arxiv.org/abs/1810.03292.
"""

NAMES = TITLES | REFERENCE_TITLES
ENSEMBLE = "ensemble"
COLUMNS = [
    "method", "baseline", "place", "measure", "value", "low", "high", "n", "whose", "split_size",
    "wrong", "apart",
]  # fmt: skip


def data(tables: SweepTables) -> pd.DataFrame:
    """A row a (method, measure) that was measured; the method with the best insertion comes last.

    Columns: method, baseline (bool), place (its row, from 0), measure (of `MEASURES`), value (mean
    over images), low, high (95 % normal interval), n (images), whose (words: whose maps),
    split_size (images of the split, 0: not known), wrong (share of the judged images answered
    wrongly, NaN: not known), apart (bool: of its members, because the ensemble was not asked).

    What was not asked of the ensemble (see `analysis.pipeline.evaluate_maps`: noise, weights)
    is an image's mean over the members that were asked.
    """
    rows = tables.faithfulness
    together = rows[rows["member"] == ENSEMBLE]
    apart = rows[rows["member"] != ENSEMBLE]
    n = apart["member"].nunique()
    whose = "the ensemble" if len(together) else f"{n} member{'s' if n > 1 else ''}"
    own = {name: together if together[name].notna().any() else apart for name in MEASURES}
    parts = [_by_image(own[name], name) for name in MEASURES]
    long = pd.concat([part for part in parts if len(part)] or [_by_image(rows, "drop")])
    if long.empty:
        return pd.DataFrame(columns=COLUMNS)
    made = long.groupby(["method", "measure"])["value"].agg(["mean", "std", "count"]).reset_index()
    half = Z_95 * made["std"].fillna(math.inf) / np.sqrt(made["count"])
    half = half.where(np.isfinite(half))  # one image: no interval
    frame = pd.DataFrame(
        {
            "method": made["method"],
            "baseline": made["method"].isin(REFERENCES),
            "measure": made["measure"],
            "value": made["mean"],
            "low": made["mean"] - half,
            "high": made["mean"] + half,
            "n": made["count"],
            "whose": whose,
            "split_size": len(tables.answers),
            "wrong": wrong_share(rows),
            "apart": [len(together) > 0 and own[name] is apart for name in made["measure"]],
        }
    )
    frame["place"] = frame["method"].map(_places(frame))
    return frame.sort_values(["place", "measure"])[COLUMNS].reset_index(drop=True)


def wrong_share(rows: pd.DataFrame) -> float:
    """Share, 0 to 1, of a table's images whose prediction is not their label; NaN: not known."""
    images = rows.dropna(subset=["label", "prediction"]).drop_duplicates("image_id")
    return float((images["label"] != images["prediction"]).mean())


def sampled(sizes: tuple[int, int], split_size: int, wrong: float) -> str:
    """A sentence on which images the means are over.

    Args:
        sizes: the smallest and the largest n.
        split_size: images of the split; 0: not known.
        wrong: share, 0 to 1, of the judged images answered wrongly; NaN: not known.
    """
    least, most = sizes
    if split_size and least >= split_size:
        return f"Means are over all {split_size:,} images of the split."
    every = bool(split_size) and most >= split_size
    where = f"Where n is below {split_size:,}, the means" if every else "Means"
    # Among all images of a split the share says nothing of the sample.
    half = "about half" if every or math.isnan(wrong) else f"{100 * wrong:.0f} %"
    return (
        f"{where} are over a sample drawn evenly over true class and right or wrong answers "
        f"({half} of them wrong, by design), not over the split."
    )


def _ends(frame: pd.DataFrame) -> tuple[int, int]:
    return int(frame["n"].min()), int(frame["n"].max())


def _by_image(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """A row a (method, image) that was measured: its mean over whom it was asked of."""
    values = rows.assign(value=rows[measure].astype(float), measure=measure)
    measured = values.dropna(subset=["value"])
    return measured.groupby(["method", "image_id", "measure"])["value"].mean().reset_index()


def _places(frame: pd.DataFrame) -> dict[str, int]:
    """Method -> its row: baselines at the bottom, then by insertion."""
    insertion = frame[frame["measure"] == "insertion"].set_index("method")["value"]
    order = sorted(
        frame["method"].unique(),
        key=lambda name: (name not in REFERENCES, insertion.get(name, -1.0), name),
    )
    return {name: place for place, name in enumerate(order)}


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    first = frame.iloc[0]
    bests = []
    for measure in ("deletion", "insertion"):
        rows = frame[(frame["measure"] == measure) & ~frame["baseline"]]
        base = frame[(frame["measure"] == measure) & frame["baseline"]]
        if len(rows):
            best = rows.loc[
                rows["value"].idxmax() if MEASURES[measure][2] else rows["value"].idxmin()
            ]
            against = ", ".join(f"{_name(r)} {r['value']:.2f}" for _, r in base.iterrows())
            bests.append(
                f" Best {measure}: {_name(best)} {best['value']:.2f}"
                + (f" (baselines: {against})." if against else ".")
            )
    return (
        f"Tests of the maps of {first['whose']}, mean over up to {frame['n'].max():,} images with "
        f"95 % intervals (normal): {', '.join(MEASURES[m][0] for m in _there(frame))}"
        f"{_apart(frame)}. "
        f"{sampled(_ends(frame), first['split_size'], first['wrong'])} A method "
        "that is no better than the baselines, random cells and a Gaussian at the centre, explains "
        f"nothing.{''.join(bests)}"
    )


def _name(row: pd.Series) -> str:
    return NAMES.get(str(row["method"]), str(row["method"]))


def _apart(frame: pd.DataFrame) -> str:
    names = [MEASURES[name][0] for name in _there(frame[frame["apart"]])]
    return f"; of the members, for the ensemble was not asked: {', '.join(names)}" if names else ""


def _there(frame: pd.DataFrame) -> list[str]:
    measured = set(frame["measure"])
    return [measure for measure in MEASURES if measure in measured]


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """A panel a measure: a dot and its interval a method, baselines hollow."""
    there = _there(frame)
    methods = frame.drop_duplicates("method").sort_values("place")
    columns = min(3, len(there))
    rows = -(-len(there) // columns)
    height = 0.26 * len(methods) + 1.1
    canvas.set_size_inches(3.4 * columns + 1.4, height * rows + 0.6)
    grid = canvas.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for ax, measure in zip(grid, there, strict=False):
        _panel(frame[frame["measure"] == measure], measure, ax)
        ax.set_yticks(
            methods["place"], [shown(NAMES.get(name, name), 22) for name in methods["method"]]
        )
        ax.set_ylim(-0.6, len(methods) - 0.4)
    for spare in grid[len(there) :]:
        spare.remove()
    handles = {
        name: handle
        for ax in grid[: len(there)]
        for handle, name in zip(*ax.get_legend_handles_labels(), strict=True)
    }
    first = frame.iloc[0]
    sample = sampled(_ends(frame), first["split_size"], first["wrong"])
    canvas.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=2, fontsize=9,
        title="\n".join(textwrap.wrap(sample, 36 * columns)), title_fontsize=8,
    )  # fmt: skip


def _panel(rows: pd.DataFrame, measure: str, ax: Axes) -> None:
    title, hint, high_is_good = MEASURES[measure]
    for baseline, colour, mark, label in (
        (False, BLUE, "o", "method, 95 % interval"),
        (True, RED, "s", "baseline that knows nothing (random cells; Gaussian at the centre)"),
    ):
        part = rows[rows["baseline"] == baseline]
        if part.empty:
            continue
        lengths = whiskers(part["value"], part["low"], part["high"])
        ax.errorbar(
            part["value"], part["place"], xerr=lengths, fmt=mark, color=colour, capsize=3,
            markerfacecolor="white" if baseline else colour, label=label,
        )  # fmt: skip
    base = rows.loc[rows["baseline"], "value"]
    if len(base):
        ax.axvline(base.max() if high_is_good else base.min(), color=RED, linestyle=":")
    arrow = "better →" if high_is_good else "← better"
    ax.set_title(f"{title}\n{hint}  {arrow}", size=9)
    least, most = rows["n"].min(), rows["n"].max()
    ax.set_xlabel(
        f"mean, n = {most:,}" if least == most else f"mean, n = {least:,} to {most:,}", size=8
    )
    if least != most:
        for _, row in rows.iterrows():
            ax.annotate(f"{row['n']:,}", (1, row["place"]), (2, 0), va="center", size=6,
                        xycoords=("axes fraction", "data"), textcoords="offset points")  # fmt: skip
        ax.annotate("n", (1, 1), (2, 0), xycoords="axes fraction", textcoords="offset points",
                    va="bottom", size=6)  # fmt: skip
    ax.grid(axis="x", alpha=0.3)
