"""Epochs of trials of ours, with loss, accuracy and binary accuracy each."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import results.backtest
from orchestrator.errors import BadInput
from results.backtest.tables import CURVES_FILE, LONGER_CURVES_FILE
from results.paths import Paths
from results.schema import EPOCHS
from results.store import Store
from results.sweep_file import read_sweep_file

COLUMNS = ["trial", "validation_loss", "validation_accuracy", "validation_binary_accuracy"]


@dataclass(frozen=True, eq=False)
class Epochs:
    """What is compared with.

    Attributes:
        rows: an epoch each, nothing missing in it; COLUMNS.
        of: whose trials they are, in words.
        classes: that they tell apart; None where that is not stored.
    """

    rows: pd.DataFrame
    of: str
    classes: int | None


def shipped_epochs() -> Epochs:
    """The epochs on FER2013 that come with us."""
    store = Store(Path(results.backtest.__file__).parent)
    files = (CURVES_FILE, LONGER_CURVES_FILE)
    rows = pd.concat([store.read_table(name).to_pandas()[COLUMNS] for name in files])
    return Epochs(_complete(rows), "our trials on FER2013", 7)


def epochs_of(folder: str) -> Epochs:
    """The epochs of a sweep.

    Raises:
        BadInput: where none has all three numbers.
        DamagedResults: where the tables cannot be read.
    """
    store = Store(folder)
    rows = _complete(store.read_table(Paths().epochs, EPOCHS).to_pandas()[COLUMNS])
    if rows.empty:
        raise BadInput(
            f"{store.root}/{Paths().epochs}: no epoch has loss, accuracy and binary accuracy; "
            "expected a sweep that has trained, e.g. without --results the trials that come with us"
        )
    record = read_sweep_file(store)
    classes = (record.get("data") or {}).get("classes") if isinstance(record, dict) else None
    return Epochs(rows, f"the trials of {store.root}", len(classes) if classes else None)


def _complete(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.replace([float("inf"), float("-inf")], float("nan")).dropna()
