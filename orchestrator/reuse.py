"""Trials that other sweeps of the same results folder have finished: never trained twice."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestrator.conductor import ROW_FIELDS, TIME_IS_UP, Finished
from orchestrator.ledger import RESULT_FIELDS
from results.paths import Paths
from results.schema import EPOCHS, TRIALS
from results.store import TEMPORARY, DamagedResults, Store

FINISHED = ("completed", "stopped_early", "reused")


@dataclass(frozen=True)
class _Find:
    folder: Path
    row: dict[str, Any]
    epochs: pa.Table

    def files(self) -> tuple[str, str]:
        trial = self.row["trial"]
        return Paths().prediction(trial), Paths().weight(trial)

    def is_whole(self) -> bool:
        """Whether it left all that a finished trial leaves."""
        reported = len(self.rows()) == self.row["epochs_trained"] > 0
        return reported and all((self.folder / name).is_file() for name in self.files())

    def rows(self) -> list[dict[str, Any]]:
        mine = self.epochs.filter(pc.equal(self.epochs["trial"], self.row["trial"]))
        return list(mine.select(list(ROW_FIELDS)).sort_by("epoch").to_pylist())


class FinishedTrials:
    """What the sweeps below a folder have finished, by signature.

    Only what ended by itself counts: a pruned, a failed or a diverged trial is trained again, and
    so is one that stopped because its sweep's time was up.

    Args:
        results: the folder that holds the sweeps' folders.
        into: the folder of the sweep under way, which is not searched.

    Attributes:
        passed_over: sweeps whose tables could not be read, with the reason.
    """

    def __init__(self, results: Path, into: Path) -> None:
        self.passed_over: list[str] = []
        self._into = into
        self._found: dict[str, _Find] = {}
        for folder in sorted(results.iterdir()) if results.is_dir() else []:
            if folder.name != into.name and (folder / Paths().trials).is_file():
                self._scan(folder)

    def _scan(self, folder: Path) -> None:
        store = Store(folder)
        try:
            trials = store.read_table(Paths().trials, TRIALS)
            epochs = store.read_table(Paths().epochs, EPOCHS)
        except DamagedResults as problem:
            self.passed_over.append(str(problem))
            return
        columns = ["trial", "status", "reason", "epochs_trained", *RESULT_FIELDS]
        for row in trials.select(columns).to_pylist():
            if row["status"] in FINISHED and not (row["reason"] or "").startswith(TIME_IS_UP):
                self._remember(_Find(folder, row, epochs))

    def _remember(self, find: _Find) -> None:
        known = self._found.get(find.row["trial"])
        if known is None or known.row["status"] == "reused":  # rather the one that trained it
            self._found[find.row["trial"]] = find

    def __call__(self, signature: str) -> Finished | None:
        """The finished trial of that signature; its files then stand in the sweep's folder too."""
        find = self._found.get(signature)
        if find is None or not find.is_whole():
            return None
        for name in find.files():
            _link_or_copy(find.folder / name, self._into / name)
        return Finished(
            sweep=find.folder.name,
            status=find.row["status"],
            rows=tuple(find.rows()),
            about={key: find.row[key] for key in RESULT_FIELDS},
        )


def _link_or_copy(source: Path, target: Path) -> None:
    """Put the same file at another place, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}{TEMPORARY}")
    try:
        os.link(source, temporary)
    except OSError:  # another file system, or one without links
        Store(target.parent).write_bytes(target.name, source.read_bytes())
        return
    temporary.replace(target)
    temporary.unlink(missing_ok=True)  # renaming onto a link to the same file does nothing
