"""Trials that other sweeps of the same results folder have finished: never trained twice."""

import logging
import os
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestrator.process.backend import BEFORE
from orchestrator.process.provenance import code_digest
from orchestrator.scheduling.epoch_row import ROW_FIELDS
from orchestrator.scheduling.finished_trial import FinishedTrial
from orchestrator.scheduling.ledger import RESULT_FIELDS
from results.paths import Paths
from results.schema import EPOCHS, TRIALS
from results.statuses import FINISHED
from results.storage.atomic_file import replacement
from results.store import DamagedResults, Store

UNFINISHED = ("time", "extension")
"""What ended trials that would have gone on."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _StoredTrial:
    store: Store
    row: dict[str, Any]
    epochs: pa.Table

    def files(self) -> tuple[str, str]:
        trial = self.row["trial"]
        return Paths().prediction(trial), Paths().weight(trial)

    def is_whole(self) -> bool:
        """Whether it left all that a finished trial leaves."""
        if self.store.local and any((self.store.local / n).is_symlink() for n in self.files()):
            return False  # to what, nobody knows
        reported = len(self.rows()) == self.row["epochs_trained"] > 0
        return reported and all(self.store.size(name) for name in self.files())

    def rows(self) -> list[dict[str, Any]]:
        epochs = self.epochs.filter(pc.equal(self.epochs["trial"], self.row["trial"]))
        return list(epochs.select(list(ROW_FIELDS)).sort_by("epoch").to_pylist())


class FinishedTrials:
    """What the sweeps below a folder have finished, by signature.

    Only what ended by itself counts: a pruned, a failed or a diverged trial is trained again, and
    so is one that stopped because its sweep's time was up.

    Args:
        results: holds the sweeps' folders.
        into: of the sweep under way, which is not searched.
        backend: of the sweep under way; what another computed is trained again.
        code: digest of what computes now; what other code computed is trained again, and that is
            said; what an older version computed, which told none, is reused, and that is said.
        threads: of a trial of the sweep under way; None on a GPU.

    Attributes:
        passed_over: sweeps whose tables could not be read, with the reason.
    """

    def __init__(
        self,
        results: Store,
        into: Store,
        backend: str = BEFORE,
        code: str = "",
        threads: int | None = None,
    ) -> None:
        self.passed_over: list[str] = []
        self._backend = backend
        self._code = code or code_digest()
        self._threads = threads
        self._noted: set[str] = set()
        self._into = into
        self._trials: dict[str, _StoredTrial] = {}
        for name in results.folders():
            store = results.below(name)
            if store.root != into.root and store.exists(Paths().trials):
                self._scan(store)

    def _scan(self, store: Store) -> None:
        try:
            trials = store.read_table(Paths().trials, TRIALS)
            epochs = store.read_table(Paths().epochs, EPOCHS)
        except DamagedResults as problem:
            self.passed_over.append(str(problem))
            return
        columns = ["trial", "status", "ended_by", "epochs_trained", "backend", *RESULT_FIELDS]
        for row in trials.select(columns).to_pylist():
            same = (row["backend"] or BEFORE) == self._backend
            if same and row["status"] in FINISHED and row["ended_by"] not in UNFINISHED:
                self._remember(_StoredTrial(store, row, epochs))

    def _remember(self, trial: _StoredTrial) -> None:
        earlier = self._trials.get(trial.row["trial"])
        if earlier is None or earlier.row["status"] == "reused":  # rather the one that trained it
            self._trials[trial.row["trial"]] = trial

    def __call__(self, signature: str) -> FinishedTrial | None:
        """The finished trial of that signature; its files then stand in the sweep's folder too."""
        trial = self._trials.get(signature)
        if trial is None or not trial.is_whole() or not self._is_comparable(trial):
            return None
        try:
            for name in trial.files():
                _link_or_copy(trial.store, self._into, name)
        except DamagedResults:  # not for us to read, or deleted this moment
            return None
        return FinishedTrial(
            sweep=trial.store.root.rpartition("/")[2],
            status=trial.row["status"],
            ended_by=trial.row["ended_by"],
            rows=tuple(trial.rows()),
            metadata={key: trial.row[key] for key in RESULT_FIELDS},
        )

    def _is_comparable(self, trial: _StoredTrial) -> bool:
        """Whether the same code computed it, as far as is known; what is not alike is said."""
        sweep, code = trial.store.root.rpartition("/")[2], trial.row["code"]
        if code not in (None, self._code):
            self._note(
                f"trials of sweep {sweep} were computed by other code ({code}, now {self._code}) "
                "and are trained again"
            )
            return False
        if code is None:
            self._note(f"trials reused from sweep {sweep} do not tell which code computed them")
        elif trial.row["threads"] != self._threads:
            self._note(
                f"trials reused from sweep {sweep} were computed on {_threads(trial.row)}, those "
                f"of this sweep are on {_threads({'threads': self._threads})}: the same "
                "trial comes to other numbers there"
            )
        return True

    def _note(self, text: str) -> None:
        if text not in self._noted:
            self._noted.add(text)
            _LOG.warning("%s", text)


def _threads(row: dict[str, Any]) -> str:
    n = row["threads"]
    return "a GPU" if n is None else f"{n} CPU thread{'' if n == 1 else 's'}"


def _link_or_copy(source: Store, target: Store, name: str) -> None:
    """Put the same file at another place, whole or not at all."""
    if source.local is None or target.local is None:
        target.write_bytes(name, source.read_bytes(name))
        return
    place = target.local / name
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with replacement(place, durable=False) as temporary:
            os.link(source.local / name, temporary)
    except OSError:  # another file system, or one without links
        target.write_bytes(name, source.read_bytes(name))
