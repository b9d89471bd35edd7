"""The votes of FER+: ten people an image of FER2013, as `fer2013new.csv` has them.

Source: Barsoum et al. 2016, "Training Deep Networks for Facial Expression Recognition with
Crowd-Sourced Label Distribution" (https://arxiv.org/abs/1608.01041). Its rows are those of
`fer2013.csv`, in the same order; it holds no image.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestrator.data.raw import split_named
from orchestrator.errors import BadInput
from orchestrator.process.error_line import kind_and_line

CLASS_OF = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "contempt": "contempt",
    "unknown": "",
    "NF": "",
}
"""Column of votes -> the class that it is a vote for; NF: no face."""


@dataclass(frozen=True)
class Votes:
    """Votes on the rows of fer2013.csv.

    Attributes:
        splits: (r,) training, validation or test.
        counts: (r, 10) votes, in the order of `CLASS_OF`.
    """

    splits: NDArray[np.str_]
    counts: NDArray[np.int64]


def read_votes(file: str) -> Votes:
    """The table of votes.

    Raises:
        BadInput: where it cannot be read, or has other columns or values.
    """
    wanted = ["Usage", *CLASS_OF]
    try:
        frame = pd.read_csv(Path(file), skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise BadInput(f"{file}: {kind_and_line(error)}; expected FER+'s fer2013new.csv") from None
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise BadInput(f"{file}: no column {missing[0]}; expected {', '.join(wanted)}")
    splits = [split_named(str(name)) for name in frame["Usage"]]
    counts = frame[list(CLASS_OF)].apply(pd.to_numeric, errors="coerce")
    if None in splits or counts.isna().any(axis=None) or (counts < 0).any(axis=None):
        row = next(
            i for i, split in enumerate(splits) if split is None or not (counts.iloc[i] >= 0).all()
        )
        raise BadInput(f"{file}, row {row + 1}: no Usage of FER2013, or votes that are no numbers")
    return Votes(np.array(splits, np.str_), counts.to_numpy(np.int64))


def plurality(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """(r,) the column with most votes; -1 where two share the first place, or nobody voted."""
    ordered = np.sort(counts, axis=1)
    alone = ordered[:, -1] > ordered[:, -2]
    return np.where(alone, counts.argmax(axis=1), -1)


def agreement(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """(r,) share of the votes that the most frequent answer has; 0 where nobody voted."""
    total = counts.sum(axis=1)
    return np.where(total > 0, counts.max(axis=1) / np.maximum(total, 1), 0.0)
