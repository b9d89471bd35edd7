"""Trials of ours beside what was reported: the best of each net, as it was when it stopped."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from analysis.decode.curve import shipped_epochs
from analysis.decode.reading import Range, read
from analysis.leaderboard import in_order
from analysis.originals.reported import ENSEMBLE, ORIGINALS, Original, Reported
from results.varied import description, varied

CLASSES = 7
"""Of FER2013, on which all of them were measured."""

MOST = 8
"""Trials beside a run that may be held against any of ours; the leaderboard has all."""


@dataclass(frozen=True)
class Entry:
    """A row of the comparison; NaN or "" where nothing is known.

    Attributes:
        theirs: whether it is the original's.
        what: the net or the run.
        trial: signature of ours.
        epochs: trained when it stopped.
        loss: at that epoch, nats.
        learning_rate: at that epoch.
        binary: binary accuracy there.
        accuracy: over all classes there; of theirs as reported.
        best: accuracy in the best epoch, whose weights are kept; of an ensemble its accuracy.
        decoded: what their binary accuracy and loss mean over all classes, by our own trials.
        verdict: of the training.
        split: on whose images.
    """

    theirs: bool
    what: str
    trial: str = ""
    epochs: float = math.nan
    loss: float = math.nan
    learning_rate: float = math.nan
    binary: float = math.nan
    accuracy: float = math.nan
    best: float = math.nan
    decoded: Range | None = None
    verdict: str = ""
    split: str = "validation"


def original_of(record: Mapping[str, Any]) -> tuple[str, Original] | None:
    """Which experiment a sweep repeats, by its `sweep.json`; None for any other question."""
    for key in ("sweep", "name"):  # before the former was recorded, the folder's name says it
        if (name := str(record.get(key) or "")) in ORIGINALS:
            return name, ORIGINALS[name]
    return None


def entries(
    original: Original, trials: pd.DataFrame, epochs: pd.DataFrame, scores: pd.DataFrame
) -> list[Entry]:
    """Each figure of theirs, followed by ours for it.

    Args:
        original: what was reported.
        trials: `trials.parquet`.
        epochs: `epochs.parquet`.
        scores: `scores.parquet`; may have no rows.
    """
    measured = in_order(trials[trials["validation_accuracy"].notna()])
    last = epochs.sort_values("epoch").groupby("trial").tail(1).set_index("trial")
    names = varied(trials.to_dict("records"))
    rows: list[Entry] = []
    for figure in original.figures:
        rows.append(_theirs(figure, original))
        if figure.architecture == ENSEMBLE:
            rows += _ensemble(scores)
            continue
        own = measured[measured["architecture"] == figure.architecture]
        one_net = len(original.figures) > 1
        chosen = own.head(1) if one_net else (own if figure.architecture else measured).head(MOST)
        rows += [_ours(row, last, names) for row in chosen.to_dict("records")]
    return rows


def _theirs(figure: Reported, original: Original) -> Entry:
    return Entry(
        theirs=True,
        what=figure.what,
        epochs=_number(figure.epochs),
        loss=_number(figure.loss),
        learning_rate=_number(figure.learning_rate),
        binary=_number(figure.binary),
        accuracy=_number(figure.accuracy),
        decoded=decoded(figure),
        verdict=figure.verdict,
        split=original.split,
    )


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def decoded(figure: Reported) -> Range | None:
    """What a pair of loss and binary accuracy means over all classes; None where it is no pair."""
    if figure.loss is None or figure.binary is None:
        return None
    return _decoded(figure.loss, figure.binary)


@cache
def _decoded(loss: float, binary: float) -> Range | None:
    return read(loss, binary, CLASSES, shipped_epochs()).meaning


def _ours(row: Mapping[Any, Any], last: pd.DataFrame, names: tuple[str, ...]) -> Entry:
    trial = str(row["trial"])
    at_stop: Mapping[Any, Any] = last.loc[trial].to_dict() if trial in last.index else {}
    return Entry(
        theirs=False,
        what=description({str(key): value for key, value in row.items()}, names),
        trial=trial,
        epochs=float(row["epochs_trained"]),
        loss=_number(at_stop.get("validation_loss")),
        learning_rate=_number(at_stop.get("learning_rate")),
        binary=_number(at_stop.get("validation_binary_accuracy")),
        accuracy=_number(at_stop.get("validation_accuracy")),
        best=float(row["validation_accuracy"]),
        verdict=str(row["verdict"] or ""),
    )


def _ensemble(scores: pd.DataFrame) -> list[Entry]:
    every = scores[(scores["who"] == ENSEMBLE) & (scores["images"] == "all")]
    return [
        Entry(
            theirs=False,
            what="ensemble of this sweep",
            best=float(row["value"]),
            split=", ".join([str(row["split"]), *([how] if (how := _obtained(row)) else [])]),
        )
        for row in every[every["metric"] == "accuracy"].to_dict("records")
    ]


def _obtained(row: Mapping[Any, Any]) -> str:
    """Whether the number was measured or cross-validated."""
    return str(row["how"] or "").partition(",")[0].partition(";")[0]
