"""Two sweeps' folders and all that holds them against each other, computed once."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.comparison.side_by_side import (
    Difference,
    Pairing,
    best_trial,
    differences,
    matched,
    pairings,
)
from analysis.sweep_folder import SweepFolder


@dataclass(frozen=True)
class SweepPair:
    """Two sweeps side by side; what comes in twos is of the first and of the second.

    Attributes:
        folders: what they left.
        names: what they are called; never the same.
        differences: what is not the same in both.
        pairings: of answers on the same images.
        reasons: why other answers are not paired.
        matched: trials that both trained to their ends: trial, first, second.
        best: signature of each one's best trial with stored predictions; None without one.
    """

    folders: tuple[SweepFolder, SweepFolder]
    names: tuple[str, str]
    differences: Sequence[Difference]
    pairings: Sequence[Pairing]
    reasons: Sequence[str]
    matched: pd.DataFrame
    best: tuple[str | None, str | None]

    @property
    def same_data(self) -> bool:
        """Whether both were made on one data set."""
        return self.folders[0].digest == self.folders[1].digest


def sweep_pair(first: SweepFolder, second: SweepFolder) -> SweepPair:
    """Holds the two against each other.

    Raises:
        BadInput: where one image has another label in each.
    """
    made, reasons = pairings(first, second)
    return SweepPair(
        folders=(first, second),
        names=_names(first, second),
        differences=differences(first, second),
        pairings=made,
        reasons=reasons,
        matched=matched(first.trials, second.trials),
        best=(best_trial(first), best_trial(second)),
    )


def _names(first: SweepFolder, second: SweepFolder) -> tuple[str, str]:
    """The folders' own names: what was typed, whatever the sweep was called when it was made."""
    one, two = (_last(folder.store.root) for folder in (first, second))
    return (one, two) if one != two else (f"{one} (first)", f"{two} (second)")


def _last(root: str) -> str:
    return root.rstrip("/").rpartition("/")[2]
