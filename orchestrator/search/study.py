"""The file that holds an Optuna study, opened even where a killed process left it in disorder."""

import json
import logging
import time
import warnings
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from orchestrator.errors import BadInput

LOCK_PATIENCE_S = 2.0
"""A lock that does not change for so long was left by a killed process.

Optuna holds it for one appended line, and would itself wait 30 s at the first write.
"""


METRIC_NAME = "best validation accuracy"

NOTE = """\
**{question}**

The value of a trial is its validation accuracy after its best epoch; of a pruned one, after its \
last. The user attributes name its row in `trials.parquet` and its run in TensorBoard.

**What this dashboard's importances leave out.** They count trials that ended by themselves \
(Complete) and no others: what pruned trials taught, mostly the larger part, is not in them. They \
are PED-ANOVA's: what do the best tenth of those trials have in common? Of ten trials or fewer the \
best tenth is one trial, and a continuous setting, such as a learning rate, then tends to come \
first whichever trial was the best. `report.html` shares out the variance of the accuracy (fANOVA) \
among the settings, over all trials after an epoch that all of them reached where pruning left \
few, and says what chance gives: so its numbers differ from these.
"""
"""Markdown, which optuna-dashboard shows on the study's page "Note"."""

_NOTE_VERSION, _NOTE_PART, _PART_LENGTH = "dashboard:note_ver", "dashboard:note_str:", 2045
"""Where optuna-dashboard looks for a study's note, a part at a time, as its `save_note` writes it.

Source: https://github.com/optuna/optuna-dashboard/blob/main/optuna_dashboard/_note.py
"""


def describe(study: optuna.Study, question: str) -> None:
    """Write into a study, for optuna-dashboard, what its value is and what the sweep asks.

    What is there stays: people edit notes.
    """
    storage, study_id = study._storage, study._study_id
    attributes = storage.get_study_system_attrs(study_id)
    if study.metric_names is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.set_metric_names([METRIC_NAME])
    if _NOTE_VERSION in attributes:
        return
    body = NOTE.format(question=question or study.study_name)
    for part, start in enumerate(range(0, len(body), _PART_LENGTH)):
        text = body[start : start + _PART_LENGTH]
        storage.set_study_system_attr(study_id, f"{_NOTE_PART}{part}", text)
    storage.set_study_system_attr(study_id, _NOTE_VERSION, 1)  # last: a kill leaves no half a note


def calm_optuna() -> None:
    """Optuna's chatter would tear the live table; its warnings go where the program's log goes."""
    optuna.logging.set_verbosity(logging.WARNING)
    optuna.logging.disable_default_handler()
    optuna.logging.enable_propagation()


def open_journal(file: Path) -> BaseStorage:
    """The study's journal, created where absent; a stale lock and half a last line are removed.

    Only one process may write it; any number may read, e.g. `optuna-dashboard FILE`.

    Args:
        file: on a local or mounted disk. Its folder must exist.

    Raises:
        BadInput: for a file that is no Optuna journal.
    """
    path = file.absolute()
    # Not Optuna's default lock, a symbolic link: given a relative path it points nowhere, and
    # then spins for ever on a stale one.
    lock = JournalFileOpenLock(str(path))
    try:
        _clear_stale_lock(path)
        _mend_end(path)
        return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as reason:
        raise BadInput(
            f"{file} is no readable Optuna journal ({reason}); move it away and start again: "
            "the search then begins without its history"
        ) from None


def _clear_stale_lock(path: Path) -> None:
    lock = path.with_name(path.name + ".lock")
    deadline = time.monotonic() + LOCK_PATIENCE_S
    first = _identity(lock)
    while first is not None and _identity(lock) == first:
        if time.monotonic() > deadline:
            lock.unlink(missing_ok=True)
            return
        time.sleep(0.05)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _mend_end(path: Path) -> None:
    """Cut half a last line: Optuna ignores it, but would append to it and never read on.

    Raises:
        ValueError: where the last whole line is no JSON, which Optuna ignores likewise.
    """
    if not path.exists():
        return
    content = path.read_bytes()
    end = content.rfind(b"\n") + 1
    if end:
        json.loads(content[content.rfind(b"\n", 0, end - 1) + 1 : end])
    if end < len(content):
        with path.open("r+b") as stream:
            stream.truncate(end)
