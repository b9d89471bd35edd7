"""The answer of a sweep's folder."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa

from analysis.answer import Answer, answer
from analysis.ensemble.stored_predictions import read
from analysis.repeats.over_seeds import RightAnswers, group_rows, groups
from orchestrator import metrics
from orchestrator.errors import BadInput
from results.paths import Paths
from results.schema import EPOCHS, TRIALS, table
from results.store import DamagedResults, Store
from results.varied import varied


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
    right = right_answers(store, list(trials["trial"]), problems)
    return answer(trials, epochs, right.by_trial), problems


def stored_groups(store: Store) -> list[dict[str, Any]]:
    """Rows of `groups.parquet` as a sweep's tables and stored predictions have them now."""
    trials = _frame(store, Paths().trials, TRIALS, [])
    if "seed" not in varied(trials.to_dict("records")):
        return []
    right = right_answers(store, list(trials["trial"]))
    return group_rows(groups(trials, right), right.clean)


def _frame(store: Store, file: str, columns: pa.Schema, problems: list[str]) -> pd.DataFrame:
    try:
        if store.exists(file):
            return store.read_table(file, columns).to_pandas()
    except DamagedResults as problem:
        problems.append(str(problem))
    return table(columns, []).to_pandas()


def right_answers(
    store: Store, trials: Iterable[Any], problems: list[str] | None = None
) -> RightAnswers:
    """Which validation images each of these trials is right about, of those that predicted.

    Args:
        store: of the folder.
        trials: signatures.
        problems: grows by a sentence for each prediction that is damaged.
    """
    reasons = [] if problems is None else problems
    stored = [str(t) for t in trials if store.exists(Paths().prediction(str(t)))]
    if not stored:
        return RightAnswers()
    try:
        predictions, damaged = read(store, stored)
    except BadInput as problem:
        reasons.append(str(problem))
        return RightAnswers()
    reasons.extend(damaged.values())
    pairs = zip(predictions.trials, predictions.probabilities, strict=True)
    right = {t: metrics.predictions(given) == predictions.labels for t, given in pairs}
    return RightAnswers(right, predictions.clean)
