"""The answer of a sweep's folder."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from analysis.answer import Answer, answer
from analysis.ensemble.stored_predictions import read
from orchestrator import metrics
from orchestrator.errors import BadInput
from results.paths import Paths
from results.schema import EPOCHS, TRIALS, table
from results.store import DamagedResults, Store


def stored_answer(store: Store) -> tuple[Answer, list[str]]:
    """The answer of a sweep's folder, and a sentence for each table or prediction that is damaged.

    Args:
        store: of the folder; what is absent in it makes the answer poorer and is no error.
    """
    problems: list[str] = []
    trials, epochs = (
        _frame(store, file, schema, problems)
        for file, schema in ((Paths().trials, TRIALS), (Paths().epochs, EPOCHS))
    )
    stored = [str(t) for t in trials["trial"] if store.exists(Paths().prediction(str(t)))]
    return answer(trials, epochs, _right(store, stored, problems)), problems


def _frame(store: Store, file: str, columns: pa.Schema, problems: list[str]) -> pd.DataFrame:
    try:
        if store.exists(file):
            return store.read_table(file, columns).to_pandas()
    except DamagedResults as problem:
        problems.append(str(problem))
    return table(columns, []).to_pandas()


def _right(
    store: Store, trials: Sequence[str], problems: list[str]
) -> dict[str, NDArray[np.bool_]]:
    if not trials:
        return {}
    try:
        predictions, reasons = read(store, trials)
    except BadInput as problem:
        problems.append(str(problem))
        return {}
    problems.extend(reasons.values())
    return {
        trial: metrics.predictions(probabilities) == predictions.labels
        for trial, probabilities in zip(predictions.trials, predictions.probabilities, strict=True)
    }
