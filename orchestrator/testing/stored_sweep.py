"""A results folder with a sweep that has ended, for tests; nothing is trained."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from orchestrator.monitor.tables import TableWriter
from orchestrator.plan import Question
from orchestrator.scheduling.ledger import Ledger
from orchestrator.testing.scripted import BASE, EPOCHS, rising, row
from orchestrator.testing.stand_ins import ListJournal
from results.paths import Paths
from results.store import Store


def write_sweep(
    results: Path,
    name: str,
    started: str,
    rates: Sequence[float],
    ended_by: str = "epochs",
    **metadata: str | None,
) -> Store:
    """A sweep's folder with a trial a rate, whose curve is `rising`; no file but its tables.

    Args:
        results: holds it.
        name: of it.
        started: when, as `sweep.json` says it.
        rates: learning rates.
        ended_by: "rung" after one epoch, or another key of `ENDINGS` after the last.
        **metadata: `data`, the data set's digest, and `code`, that of what computed.
    """
    data, code = metadata.get("data", "d1"), metadata.get("code", "c1")
    ledger, store = Ledger(ListJournal()), Store(results / name)
    for number, rate in enumerate(rates):
        config = dataclasses.replace(BASE, learning_rate=rate, epochs=EPOCHS, data=data or "")
        trial = config.signature()
        ledger.asked(trial, config.to_flat(), number)
        reported = rising(config)[: 1 if ended_by == "rung" else EPOCHS]
        for each in reported:
            origin = {"parameters": 1, "hardware": "m", "threads": 1, "code": code}
            ledger.epoch(trial, row(each["epoch"], each["validation_accuracy"]), origin)
        ledger.ended(trial, ended_by, "x")
    question = Question(sweep=name, validation_n=100, majority=0.25, classes=7)
    TableWriter(store, question, ledger).write()
    store.write_json(Paths().sweep, {"name": name, "started": started})
    return store
