"""Learning curves of trials that nobody stopped: what a backtest replays."""

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa

from orchestrator.config import TrialConfig
from orchestrator.errors import BadInput
from results.backtest.tables import RECORDED_CURVES
from results.paths import Paths
from results.schema import EPOCHS, TRIALS
from results.settings import SETTINGS
from results.store import Store
from results.varied import varied

FEWEST = 8
"""Trials below which a replay says nothing of a scheduler."""

ALL_EPOCHS = "epochs"
WITH_WEIGHTS = (ALL_EPOCHS, "patience")
"""What ends a trial that leaves a net."""

BY_THEMSELVES = (*WITH_WEIGHTS, "diverged")
"""What ends a trial that nobody stopped, so that its whole curve is there."""


OPTIONAL = ("ended_by", "validation_loss", "validation_binary_accuracy")
"""Columns of curves alone that may be absent."""


@dataclass(frozen=True, eq=False)
class RecordedTrial:
    """One trial, to its own end.

    Attributes:
        config: its settings.
        rows: an epoch each, in order from 1: the columns of `RECORDED_CURVES` but "trial" and
            "ended_by".
        ended_by: of `BY_THEMSELVES`.
    """

    config: TrialConfig
    rows: tuple[Mapping[str, Any], ...]
    ended_by: str = ALL_EPOCHS

    @cached_property
    def trial(self) -> str:
        """Its signature."""
        return self.config.signature()

    @cached_property
    def best(self) -> float:
        """The accuracy of the net that it left; 0 where it diverged and left none."""
        return self.reached(len(self.rows))

    def reached(self, epochs: int) -> float:
        """The accuracy of the net that it left after so many epochs; 0 where it left none.

        A trial that was stopped before its own end has left none.
        """
        if epochs < len(self.rows) or self.ended_by not in WITH_WEIGHTS:
            return 0.0
        accuracies = (row["validation_accuracy"] for row in self.rows)
        return max((a for a in accuracies if math.isfinite(a)), default=0.0)


@dataclass(frozen=True)
class RecordedGrid:
    """Trials of one data set whose curves are whole.

    Attributes:
        trials: in the order recorded.
        notes: what was left out, a sentence each.
    """

    trials: tuple[RecordedTrial, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def longest(self) -> int:
        """Epochs of the longest trial: R of the papers."""
        return max(trial.config.epochs for trial in self.trials)

    @cached_property
    def varied(self) -> tuple[str, ...]:
        """The settings in which the trials differ, `data` too, in the order of `SETTINGS`."""
        flat = [trial.config.to_flat() for trial in self.trials]
        return tuple(name for name in SETTINGS if len({row[name] for row in flat}) > 1)

    def table(self) -> pa.Table:
        """The curves alone, as `read` takes them: no image, no prediction, no path."""
        shown = tuple(dict.fromkeys((*varied(t.config.to_flat() for t in self.trials), "epochs")))
        rows = [
            {"trial": t.trial, "ended_by": t.ended_by}
            | {name: row.get(name) for name in RECORDED_CURVES.names if name in row}
            | {name: getattr(t.config, name) for name in shown}
            for t in self.trials
            for row in t.rows
        ]
        fields = [*RECORDED_CURVES, *(TRIALS.field(name) for name in shown)]
        return pa.Table.from_pylist(rows, pa.schema(fields, RECORDED_CURVES.metadata))


def read(store: Store, name: str = "") -> RecordedGrid:
    """The trials of a sweep's folder, or of a Parquet file of curves alone, that can be replayed.

    Args:
        store: the sweep's folder, or the one that the file is in.
        name: of the file; "": a sweep's folder.

    Raises:
        BadInput: for fewer than `FEWEST`, or settings or columns that cannot be.
        DamagedResults: for tables that are absent, or those of a sweep that lack a column.
    """
    if name:
        frame = _checked(store.read_table(name), f"{store.root}/{name}").to_pandas()
        rows, settings = _curves_alone(frame), _settings_alone(frame)
    else:
        trials = store.read_table(Paths().trials, TRIALS).to_pandas()
        rows = store.read_table(Paths().epochs, EPOCHS).to_pandas()
        names = ["trial", "ended_by", *SETTINGS]
        settings = trials[trials["trial"].isin(rows["trial"])][names]
    return _grid(rows, settings, f"{store.root}/{name}" if name else store.root)


def _checked(table: pa.Table, place: str) -> pa.Table:
    """The table with its curves in our types, whoever wrote it.

    Raises:
        BadInput: for a column that is missing or holds something else.
    """
    for field in RECORDED_CURVES:
        index = table.column_names.index(field.name) if field.name in table.column_names else -1
        if index < 0 and field.name in OPTIONAL:
            continue
        if index < 0:
            raise BadInput(f"{place} has no column {field.name}; curves need it")
        try:
            table = table.set_column(index, field, table.column(index).cast(field.type))
        except pa.ArrowException as problem:
            raise BadInput(
                f"{place}: column {field.name} must be {field.type}: {problem}"
            ) from None
    return table


def _curves_alone(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[[name for name in RECORDED_CURVES.names if name in frame]]


def _settings_alone(frame: pd.DataFrame) -> pd.DataFrame:
    """A row a trial: what its first row says."""
    columns = ["trial", *(name for name in ("ended_by", *SETTINGS) if name in frame)]
    settings = frame.drop_duplicates("trial")[columns]
    lengths = settings["trial"].map(frame.groupby("trial")["epoch"].max())
    if "epochs" not in settings:
        settings = settings.assign(epochs=int(lengths.max()))
    if "ended_by" not in settings:
        complete = lengths >= settings["epochs"]
        settings = settings.assign(ended_by=complete.map({True: ALL_EPOCHS, False: None}))
    return settings


def _grid(rows: pd.DataFrame, settings: pd.DataFrame, place: str) -> RecordedGrid:
    columns = [n for n in RECORDED_CURVES.names if n in rows and n not in ("trial", "ended_by")]
    curves = {
        trial: tuple(_records(curve[columns].sort_values("epoch")))
        for trial, curve in rows.groupby("trial")
    }
    trials: dict[str, RecordedTrial] = {}
    left_out: Counter[str] = Counter()
    for values in _records(settings):
        trial = _recorded(values, curves[values["trial"]], place)
        fault = _fault(trial)
        if fault:
            left_out[fault] += 1
        elif trials.setdefault(trial.trial, trial) is not trial:
            raise BadInput(
                f"{place}: trial {values['trial']} has the same settings as another; a column is "
                "missing for a setting that varied"
            )
    notes = [f"{n} of {len(settings)} trials left out: {fault}" for fault, n in left_out.items()]
    if len(trials) < FEWEST:
        raise BadInput(
            f"{place} has {len(trials)} trials that were trained to their own end; a replay takes "
            f"at least {FEWEST}. {'; '.join(notes) or 'A grid without early stopping has them'}."
        )
    return RecordedGrid(tuple(trials.values()), tuple(notes))


def _records(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    records: list[dict[Hashable, Any]] = frame.to_dict("records")
    return records


def _recorded(
    values: Mapping[Hashable, Any], curve: Sequence[Mapping[Any, Any]], place: str
) -> RecordedTrial:
    given = {str(k): v for k, v in values.items() if k in SETTINGS and not pd.isna(v)}
    try:
        config = TrialConfig.from_flat(given)
    except BadInput as problem:
        raise BadInput(f"{place}, trial {values['trial']}: {problem}") from None
    ended_by = values["ended_by"]
    return RecordedTrial(config, tuple(curve), "" if pd.isna(ended_by) else ended_by)


def _fault(trial: RecordedTrial) -> str:
    """Why a trial cannot be replayed; "" where it can."""
    if trial.ended_by not in BY_THEMSELVES:
        return "stopped, failed or unfinished"
    epochs = [row["epoch"] for row in trial.rows]
    length = trial.config.epochs if trial.ended_by == ALL_EPOCHS else len(epochs)
    if epochs != list(range(1, length + 1)):
        return "epochs are missing"
    if any(not row["seconds"] >= 0 for row in trial.rows):
        return "an epoch has no time"
    return ""
