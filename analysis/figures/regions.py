"""On which part of the face the evidence lies, class by class, right against wrong."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.explain.methods.names import TITLES
from analysis.figures.style import BLUE, DARK, RED, panels, shown, whiskers
from analysis.figures.sweep_tables import SweepTables

ORDER = ("brows", "eyes", "nose", "mouth", "rest")
SIDES = ((True, "right", -0.2), (False, "wrong", 0.2))


def data(tables: SweepTables) -> pd.DataFrame:
    """A row a (class, right or wrong, region) of one member, method and rule.

    Those of the ensemble by the leading method for the prediction, where they are there; else the
    first in the alphabet.

    Columns: those of `results.schema.REGIONS`, and name (of the class), place (of the region).
    """
    rows = tables.regions
    wanted = {"member": "ensemble", "method": tables.leading, "rule": "prediction"}
    for column, preferred in wanted.items():
        values = sorted(rows[column].dropna().unique())
        if values:
            rows = rows[rows[column] == (preferred if preferred in values else values[0])]
    rows = rows[rows["region"].isin(ORDER) & rows["share"].notna()].copy()
    classes = tables.classes
    rows["name"] = [classes[int(label)] for label in rows["label"]]
    rows["place"] = [float(ORDER.index(region)) for region in rows["region"]]
    return rows.sort_values(["label", "place", "correct"]).reset_index(drop=True)


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    first = frame.iloc[0]
    method = TITLES.get(str(first["method"]), str(first["method"]))
    sizes = frame.drop_duplicates(["label", "correct"])
    right = int(sizes.loc[sizes["correct"], "n"].sum())
    wrong = int(sizes.loc[~sizes["correct"].astype(bool), "n"].sum())
    gain = frame[frame["correct"].astype(bool) & (frame["region"] != "rest")].copy()
    gain["gain"] = gain["share"] - gain["centre"]
    most = gain.sort_values("gain", ascending=False).head(1)
    strongest = "".join(
        f" The most above the centre Gaussian: {row['name']}, {row['region']}, {row['share']:.2f} "
        f"against {row['centre']:.2f}."
        for _, row in most.iterrows()
    )
    masks = (
        "known for each image (drawn faces)"
        if first["masks"] == "drawn"
        else "boxes on an upright face, not each image's own"
    )
    return (
        f"Mean share of the {method} maps' mass in each part of the face, by true class; "
        f"{_whose(first)}; {right:,} images answered rightly, {wrong:,} wrongly, with 95 % "
        "intervals. Dashes: what a uniform map would have, the region's area; diamonds: what a "
        "Gaussian at the centre would have. Only a bar above both marks says something. Regions "
        f"are {masks}.{strongest}"
    )


def _whose(row: pd.Series) -> str:
    who = "the ensemble" if row["member"] == "ensemble" else f"member {row['member']}"
    return f"maps of {who} for {'its ' if row['rule'] == 'prediction' else 'the '}{row['rule']}"


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """A panel a class: two bars a region, and the two baselines across them."""
    groups = list(frame.groupby("label"))
    columns = min(4, len(groups))
    rows = -(-len(groups) // columns)
    canvas.set_size_inches(max(6.0, 3.1 * columns), 2.9 * rows + 0.9)
    method = str(frame["method"].iloc[0])
    label = f"share of the {shown(TITLES.get(method, method))} map"
    axes = panels(canvas, len(groups), columns, ("part of the face", label))
    for ax, (_, part) in zip(axes, groups, strict=True):
        _panel(part, ax)
    axes[0].set_ylim(0, 1.05 * frame[["share", "high", "uniform", "centre"]].max().max())  # of all
    handles, names = axes[0].get_legend_handles_labels()
    canvas.legend(handles, names, loc="outside lower center", ncols=4, fontsize=9)


def _panel(rows: pd.DataFrame, ax: Axes) -> None:
    looks: tuple[dict[str, Any], ...] = (
        {"facecolor": BLUE, "edgecolor": BLUE},
        {"facecolor": "white", "edgecolor": RED, "hatch": "///"},
    )
    sizes = []
    for (correct, word, shift), look in zip(SIDES, looks, strict=True):
        part = rows[rows["correct"].astype(bool) == correct]
        lengths = whiskers(part["share"], part["low"], part["high"])
        ax.bar(part["place"] + shift, part["share"], 0.38, label=f"{word} answers", **look)
        ax.errorbar(
            part["place"] + shift, part["share"], yerr=lengths, fmt="none", ecolor="black",
            capsize=2, linewidth=1,
        )  # fmt: skip
        sizes.append(f"{int(part['n'].max()):,} {word}" if len(part) else f"none {word}")
    marks = rows.drop_duplicates("place")
    ax.hlines(marks["uniform"], marks["place"] - 0.45, marks["place"] + 0.45, color=DARK,
              linestyle="--", linewidth=1.6, label="uniform map (area)")  # fmt: skip
    ax.plot(marks["place"], marks["centre"], "D", markerfacecolor="white", markeredgecolor=DARK,
            markersize=6, label="centre Gaussian")  # fmt: skip
    ax.set_title(f"{shown(rows['name'].iloc[0])} ({', '.join(sizes)})", size=9)
    ax.set_xticks(range(len(ORDER)), ORDER, size=8)
    ax.grid(axis="y", alpha=0.3)
