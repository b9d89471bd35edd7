"""A sweep's folder, opened for reading: tables, configurations, data, who can be a member."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from orchestrator.config import TrialConfig
from orchestrator.data.cache.open_faces import open_digest, open_faces, was_read
from orchestrator.data.faces import Splits
from orchestrator.data.reading import USUAL, Reading
from orchestrator.data.remote.uris import absolute, shown
from orchestrator.errors import BadInput
from orchestrator.process import backend as backends
from orchestrator.process.cache_folder import default_cache
from orchestrator.training.inputs import DataSource
from results.formats import NOT_EMBEDDED
from results.paths import Paths
from results.schema import EPOCHS, TRIALS
from results.settings import SETTINGS, in_force
from results.statuses import FINISHED, is_trained_to_end
from results.storage.cell_values import odd_value
from results.storage.plain_file import refuse_links
from results.store import DamagedResults, Store
from results.sweep_file import read_sweep_file

UNFINISHED = {
    "pruned": "pruned, so its weights were not kept",
    "failed": "failed",
    "running": "still running, or interrupted",
    "paused": "waiting at a rung",
}
"""Status of a trial that has not finished -> why it is no candidate."""

ADVICE = "give --data PATH of the data set that the sweep was made on"

CONFIGURATION = tuple(field.name for field in dataclasses.fields(TrialConfig))


class NothingFinished(DamagedResults):
    """A sweep without a trial that could be evaluated: all were pruned, failed or are under way."""


class SweepFolder:
    """What one sweep left.

    Args:
        store: of the sweep's own folder.

    Attributes:
        store: the same.
        record: `sweep.json`.
        trials: `trials.parquet`.
        epochs: `epochs.parquet`.
        classes: class names; a label is an index into them.
        digest: of the data set that the sweep was made on.

    A folder may be somebody else's: it says neither which files we open besides its own (links in
    it are refused), nor where we connect (see `data_path`).

    Raises:
        DamagedResults: where the folder holds no sweep, a table or `sweep.json` is damaged, or a
            link is in it.
        NothingFinished: where no trial has finished.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        if store.local is not None:
            refuse_links(store.local, but=[Paths().study_lock])
        self.record = _record(store)
        data = self.record["data"]
        self.classes: tuple[str, ...] = tuple(data["classes"])
        self.digest: str = data["digest"]
        self.trials = _frame(store, Paths().trials, TRIALS, ["trial"])
        self.epochs = _frame(store, Paths().epochs, EPOCHS, ["trial", "epoch"])
        if not self.trials["status"].isin(FINISHED).any():
            raise NothingFinished(
                f"{store.root} has no finished trial ({_counted(self.trials['status'])}), so there "
                "is nothing to evaluate; let the sweep go on with --resume, or run it anew"
            )

    @property
    def backend(self) -> str:
        """What computed its trials."""
        return str(self.record.get("backend") or backends.BEFORE)

    # --- trials ------------------------------------------------------------------------------

    def row(self, trial: str) -> pd.Series:
        """A trial's row of `trials`.

        Raises:
            BadInput: for a trial that the sweep does not have.
        """
        rows = self.trials[self.trials["trial"] == trial]
        if rows.empty:
            raise BadInput(f"{self.store.root} has no trial {trial!r}; see {Paths().leaderboard}")
        return rows.iloc[0]

    def config(self, trial: str) -> TrialConfig:
        """A trial's configuration; what changes nothing in it has its default.

        Raises:
            BadInput: for a trial that the sweep does not have, or a value absent or out of range.
        """
        values = self.row(trial)[list(CONFIGURATION)]
        try:
            return TrialConfig.from_flat(_complete(values.to_dict()))
        except BadInput as problem:
            raise BadInput(
                f"{self.store.root}/{Paths().trials}, trial {trial}: {problem}"
            ) from None

    def candidates(self) -> tuple[str, ...]:
        """Trials that can be members: finished, with predictions and weights; in table order."""
        return tuple(t for t in self.trials["trial"] if t not in self.left_out)

    @cached_property
    def left_out(self) -> dict[str, str]:
        """Trial -> why it cannot be a member."""
        # Two listings instead of two questions a trial: an object store answers each in 50 ms.
        files = {
            *self.store.list(Paths().predictions, ".parquet"),
            *self.store.list(Paths().weights, ".safetensors"),
        }
        reasons = {str(r["trial"]): _reason(r, files) for r in self.trials.to_dict("records")}
        return {trial: reason for trial, reason in reasons.items() if reason}

    # --- data --------------------------------------------------------------------------------

    @property
    def source(self) -> DataSource:
        """Where the sweep found its data set; a relative path starts where we stand now."""
        data = self.record["data"]
        cache = os.environ.get("ORCHESTRATOR_CACHE")
        source = DataSource(
            cache=str(Path(cache).absolute()) if cache else None,
            digest=self.digest,
            reading=Reading.of(data.get("split_by", USUAL.split_by), data.get("labels")),
        )
        if data["embedded"] is not None:
            return dataclasses.replace(source, embedded=data["embedded"], seed=data["seed"])
        return dataclasses.replace(source, path=absolute(data["path"]))

    def data_path(self, data: str | None = None) -> str | None:
        """The path or URI to read the data set from; None for embedded faces.

        The one that stands in `sweep.json` is used only where this user has read a data set from
        there before, as the index of the cache tells: so does a sweep of their own.

        Args:
            data: what the user gives; None for what the sweep was given.

        Raises:
            BadInput: where nobody gave one, and that of the sweep was never read here.
        """
        if data is not None:
            return absolute(data)
        source = self.source
        cache = Path(source.cache) if source.cache else None
        if source.path is None or was_read(source.path, cache):
            return source.path
        raise BadInput(
            f"the data set of {self.store.root} (digest {self.digest[:12]}) is not in the cache "
            f"{cache or default_cache()}, and nothing was ever read with it from "
            f"{shown(source.path)}, which the folder, perhaps somebody else's, names; {ADVICE}"
        )

    @property
    def path_read_before(self) -> str | None:
        """The same where nobody gives one; None also where it was never read here."""
        try:
            return self.data_path()
        except BadInput:
            return None

    def open_splits(self, data: str | None = None) -> Splits:
        """The data set that the sweep was made on: from the cache, else from its path.

        Args:
            data: a path or a URI in place of the one that the sweep was given; not looked at where
                the cache has the data set, whose digest says that it is the same.

        Raises:
            BadInput: where it is found nowhere, or is another one now.
        """
        source = self.source
        cache = Path(source.cache) if source.cache else None
        try:
            return open_digest(self.digest, cache)
        except BadInput:
            pass  # not there, or damaged: read below, which stores it anew
        source = dataclasses.replace(source, path=self.data_path(data))
        try:
            splits = open_faces(
                source.path,
                embedded=source.embedded,
                seed=source.seed,
                cache=cache,
                digest=self.digest,
                reading=source.reading,
            )
        except BadInput as problem:
            raise BadInput(
                f"the data set of {self.store.root} (digest {self.digest[:12]}) is not in the "
                f"cache {cache or default_cache()}, and cannot be read again ({problem}); {ADVICE}"
            ) from None
        if splits.digest != self.digest:
            place = shown(source.path or "the embedded data set")
            raise BadInput(
                f"{place} has digest {splits.digest[:12]}, but {self.store.root} was "
                f"made on {self.digest[:12]}: the data changed; {ADVICE}"
            )
        return splits


def _complete(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Settings with the defaults of those that are null because they change nothing."""
    present = {str(name): value for name, value in values.items() if not pd.isna(value)}
    for name in values:
        if name not in present and in_force(name, present):
            raise BadInput(f"{name} is empty")
    return {name: present.get(name, SETTINGS[name].default) for name in values}


def _frame(store: Store, name: str, schema: pa.Schema, key: Sequence[str]) -> pd.DataFrame:
    table = store.read_table(name, schema)
    if problem := odd_value(table, key):
        raise DamagedResults(
            f"{store.root}/{name} is not as a sweep wrote it: {problem}; put a copy back"
        )
    return table.to_pandas()


def _record(store: Store) -> dict[str, Any]:
    if not store.exists(Paths().sweep):
        raise DamagedResults(
            f"{store.root} is no sweep's folder: it has no {Paths().sweep}{_sweeps_below(store)}"
        )
    record = read_sweep_file(store)
    try:
        data = record["data"]
        complete = all(isinstance(data[key], str) for key in ("path", "digest"))
        complete = complete and all(isinstance(data[key], int | None) for key in NOT_EMBEDDED)
        complete = complete and len(data["classes"]) > 1
    except (TypeError, KeyError):
        complete = False
    if not complete:
        raise DamagedResults(
            f"{store.root}/{Paths().sweep} does not say on which data the sweep was made (data: "
            "path, digest, classes); put a copy back"
        )
    return dict(record)


def _sweeps_below(store: Store) -> str:
    below = [name for name in store.folders() if store.below(name).exists(Paths().sweep)]
    return f"; sweeps below it: {', '.join(below)}" if below else "; give the folder of a sweep"


def _reason(row: dict[Any, Any], files: set[str]) -> str:
    """Why a trial cannot be a member; "" if it can."""
    if row["status"] not in FINISHED:
        reason = UNFINISHED.get(row["status"], f"its status is {row['status']}")
        details = row["error"] if row["status"] == "failed" else row["reason"]
        return f"{reason}: {details}" if isinstance(details, str) and details else reason
    needed = (Paths().prediction(row["trial"]), Paths().weight(row["trial"]))
    absent = [name for name in needed if name not in files]
    if absent and not is_trained_to_end(row):
        return f"not trained to its end: {row['reason']}"
    return f"{' and '.join(absent)} missing" if absent else ""


def _counted(statuses: pd.Series) -> str:
    counts = statuses.fillna("of no status").value_counts()
    return ", ".join(f"{n} {status}" for status, n in counts.items()) or "no trials"
