"""The figures that the seed project reported, read as what they are, beside ours.

The seed project is the student project whose plan this software follows. Its best-known figures,
0.8852 and 0.8912, are Keras' binary accuracy: each of the seven outputs is held against 0.5 by
itself, so a net that never exceeds 0.5 scores 6/7 = 0.857 whatever it says (`metrics.
binary_accuracy`). What they mean in 7-class accuracy is an estimate: trials of ours with the same
loss (`analysis.decode`). Its other four look like 7-class accuracies; of which split is not known.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.figures.style import BLUE, ORANGE, RED, percent, shown, whiskers
from analysis.figures.sweep_tables import SweepTables
from analysis.originals.beside import decoded
from analysis.originals.reported import ORIGINALS, SEED_PROJECT, Reported
from results.statuses import FINISHED

GUESSING = 6 / 7
"""Binary accuracy of seven outputs none of which exceeds 0.5."""

THEIRS: tuple[Reported, ...] = tuple(
    figure
    for original in ORIGINALS.values()
    if original.source == SEED_PROJECT
    for figure in original.figures
    if figure.accuracy is not None or figure.binary is not None
)

MODELS = {
    "vgg16": "VGG16",
    "cnn5": "5-layer CNN",
    "CPCPCPFFF": "CPCPCPFFF",
    "CCPCCPCCPFF": "CCPCCPCCPFF",
}
"""Architecture of ours -> the seed project's name for it."""

EMOTIONS = {"angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"}
COLUMNS = ["who", "name", "accuracy", "binary", "low", "high", "n", "place", "split"]


def data(tables: SweepTables) -> pd.DataFrame:
    """Their figures and the best finished trial of ours for each of their models; ours above.

    Columns: who (theirs or ours), name, accuracy (7-class; NaN where only binary accuracy was
    reported), binary, low, high (ours: 95 % Wilson interval; theirs: our estimate), n (images),
    place, split. No rows for data other than photographs with the seven emotions.
    """
    ours = _ours(tables) if _comparable(tables) else []
    if not ours:
        return pd.DataFrame(columns=COLUMNS)
    rows = [
        {"who": "theirs", "name": f"seed: {figure.what}", "split": "not known"}
        | {"accuracy": figure.accuracy, "binary": figure.binary}
        | _estimate(figure)
        for figure in reversed(THEIRS)
    ] + ours
    frame = pd.DataFrame(rows).assign(place=range(len(rows)))[COLUMNS]
    numbers = ["accuracy", "binary", "low", "high", "n"]
    return frame.astype(dict.fromkeys(numbers, float))


def _estimate(figure: Reported) -> dict[str, object]:
    """What a binary accuracy means over seven classes."""
    meaning = decoded(figure)
    ends = (None, None) if meaning is None else (meaning.low, meaning.high)
    return {"low": ends[0], "high": ends[1], "n": None}


def _comparable(tables: SweepTables) -> bool:
    embedded = (tables.record.get("data") or {}).get("embedded")
    return set(tables.classes) == EMOTIONS and embedded is None


def _ours(tables: SweepTables) -> list[dict[str, object]]:
    """Rows of ours, best last."""
    trials = tables.trials
    able = trials[trials["status"].isin(FINISHED) & trials["validation_accuracy"].notna()]
    best = able[able["architecture"].isin(MODELS)].sort_values("validation_accuracy")
    rows = [
        {"who": "ours", "name": f"ours: {MODELS[row['architecture']]}", "split": "validation"}
        | {"accuracy": row["validation_accuracy"], "binary": row["validation_binary_accuracy"]}
        | {"low": row["validation_accuracy_low"], "high": row["validation_accuracy_high"]}
        | {"n": row["validation_n"]}
        for _, row in best.groupby("architecture").tail(1).iterrows()
    ]
    return rows + _ensemble(tables)


def _ensemble(tables: SweepTables) -> list[dict[str, object]]:
    scores = tables.scores
    every = scores[(scores["who"] == "ensemble") & (scores["images"] == "all")]
    accuracies = every[every["metric"] == "accuracy"]
    if accuracies.empty:
        return []
    row = accuracies.iloc[-1]
    same = every[(every["metric"] == "binary_accuracy") & (every["split"] == row["split"])]
    binary = same["value"].iloc[-1] if len(same) else None
    return [
        {"who": "ours", "name": "ours: ensemble", "split": row["split"], "accuracy": row["value"]}
        | {"binary": binary, "low": row["low"], "high": row["high"], "n": row["n"]}
    ]


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words, with its sources."""
    ours = frame[frame["who"] == "ours"].iloc[::-1]
    own_figures = "; ".join(
        f"{row['name'].removeprefix('ours: ')} {percent(row['accuracy'])} ({row['split']}"
        + (f", n = {int(row['n']):,}" if pd.notna(row["n"]) else "")
        + (f"; binary accuracy {percent(row['binary'])})" if pd.notna(row["binary"]) else ")")
        for _, row in ours.iterrows()
    )
    absent = [name for name in MODELS.values() if f"ours: {name}" not in set(frame["name"])]
    without = f" Not finished or not in this sweep: {', '.join(absent)}." if absent else ""
    return (
        f"7-class accuracy (filled) beside binary accuracy (hollow squares). Ours, best finished "
        f"trial of each of the seed project's models, 95 % intervals: {own_figures}. "
        "Theirs, as reported: 0.8852 (VGG16) and 0.8912 (experiment 2) are binary accuracies, "
        "which start at 0.857 for a net that is never sure; by their losses, 1.2933 and 1.1461, "
        f"they are about {_spans(frame)} of seven classes (our estimate, hatched). "
        "0.5598, 0.5929, 0.6339 and 0.6863 look like 7-class accuracies; of which split is not "
        "known to us, and none of these could be checked. Budgets differ: ours are those of this "
        "sweep." + without
    )


def _spans(frame: pd.DataFrame) -> str:
    """The estimates, in the order of the losses in the caption."""
    guessed = frame[(frame["who"] == "theirs") & frame["low"].notna()].iloc[::-1]
    spans = zip(guessed["low"], guessed["high"], strict=True)
    return " and ".join(f"{low:.2f} to {high:.2f}" for low, high in spans)


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """A line a figure: 7-class accuracy, and binary accuracy far to its right."""
    canvas.set_size_inches(10.0, 2.2 + 0.4 * len(frame))
    ax = canvas.subplots()
    ax.axvline(GUESSING, color=RED, linestyle=":", linewidth=1)
    ax.annotate("6/7: never sure", (GUESSING, 1.0), (0, 3), xycoords=("data", "axes fraction"),
                textcoords="offset points", ha="center", size=8, color=RED)  # fmt: skip
    _theirs(frame[frame["who"] == "theirs"], ax)
    ours = frame[frame["who"] == "ours"]
    lengths = whiskers(ours["accuracy"], ours["low"], ours["high"])
    ax.errorbar(ours["accuracy"], ours["place"], xerr=lengths, fmt="o", color=BLUE, capsize=4,
                label="ours, 7-class accuracy, 95 % interval")  # fmt: skip
    ax.plot(frame["binary"], frame["place"], "s", markerfacecolor="white", markeredgecolor=RED,
            markersize=7, label="binary accuracy: not comparable with the others")  # fmt: skip
    for _, row in frame.iterrows():
        for column, end in (("accuracy", row["high"]), ("binary", row["binary"])):
            if pd.notna(row[column]):
                at = (max(row[column], end) if pd.notna(end) else row[column], row["place"])
                ax.annotate(f"{row[column]:.3f}", at, (7, 0), textcoords="offset points",
                            va="center", size=8)  # fmt: skip
    ax.axhline((frame["who"] == "theirs").sum() - 0.5, color="black", linewidth=0.8)
    ax.set_yticks(frame["place"], [shown(name) for name in frame["name"]])
    ax.set_ylim(-0.6, len(frame) - 0.4)
    ax.set_xlim(min(0.45, frame["accuracy"].min() - 0.05), 1.0)
    ax.set_xlabel("accuracy (the seed project's as reported; none could be checked)")
    ax.grid(axis="x", alpha=0.3)
    canvas.legend(loc="outside lower center", ncols=2, fontsize=8)


def _theirs(rows: pd.DataFrame, ax: Axes) -> None:
    plain = rows[rows["accuracy"].notna()]
    ax.plot(plain["accuracy"], plain["place"], "D", color=ORANGE, markersize=7,
            label="seed project, seemingly 7-class accuracy")  # fmt: skip
    guessed = rows[rows["low"].notna()]
    ax.barh(
        guessed["place"], guessed["high"] - guessed["low"], left=guessed["low"], height=0.45,
        facecolor="white", edgecolor=ORANGE, hatch="////",
        label="seed project, our estimate of 7-class accuracy",
    )  # fmt: skip
    for _, row in guessed.iterrows():
        text = f"{row['low']:.2f} to {row['high']:.2f} (estimated)"
        at = (row["high"], row["place"])
        ax.annotate(text, at, (6, 0), textcoords="offset points", va="center", size=8)
