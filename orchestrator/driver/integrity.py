"""Whether what an earlier run left can be gone on with: nothing is ever begun anew in silence.

The journal is the truth and `sweep.json` what was asked. One without the other is refused; tables
are views, made again from the journal.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.errors import BadInput
from orchestrator.monitor.tables import TableWriter
from orchestrator.plan import Plan
from orchestrator.scheduling.ledger import Ledger
from results.paths import Paths
from results.schema import EPOCHS, TRIALS
from results.store import DamagedResults

_REMEDY = "put a copy of it back, or start under another --name"


def check(planned: Plan, events: Sequence[Mapping[str, Any]]) -> None:
    """Refuse to go on with, or to begin over, what has lost its journal or its `sweep.json`.

    Args:
        planned: of the sweep.
        events: of its journal.

    Raises:
        BadInput: naming what is missing.
    """
    trials = {event["trial"] for event in events if event["event"] == "asked"}
    if planned.resume:
        if not trials and not any(event["event"] == "begun" for event in events):
            raise BadInput(
                f"{planned.folder} holds a sweep ({Paths().sweep}), but its journal, which says "
                f"what was trained, is empty or missing; {_REMEDY}"
            )
    elif trials:
        raise BadInput(
            f"{planned.folder}: the journal tells of {len(trials)} trials, but {Paths().sweep}, "
            f"which says what they were asked, is missing; {_REMEDY}"
        )
    else:
        names = Paths().sweep, Paths().trials, Paths().epochs
        left = [name for name in names if planned.store.exists(name)]
        if left:
            raise BadInput(
                f"{planned.folder} holds {' and '.join(left)} of a sweep whose journal is empty or "
                f"missing; {_REMEDY}"
            )


def lost_epochs(planned: Plan, ledger: Ledger) -> int:
    """Epochs that the tables have and the journal has not: it was cut short by somebody.

    A kill or a power cut cannot do that, for an event is on the disk before any table tells of it.
    """
    try:
        table = planned.store.read_table(Paths().epochs, EPOCHS)
    except DamagedResults:
        return 0
    shown = zip(table["trial"].to_pylist(), table["epoch"].to_pylist(), strict=True)
    # All that was ever reported: a trial may have gone back since the tables were written.
    return len(set(shown) - {(trial, row["epoch"]) for trial, row in ledger.reported})


def mend_tables(planned: Plan, ledger: Ledger) -> bool:
    """Write both tables of a sweep that has ended, if one of them cannot be read.

    Returns:
        Whether that was so.
    """
    try:
        for name, schema in ((Paths().trials, TRIALS), (Paths().epochs, EPOCHS)):
            planned.store.read_table(name, schema)
    except DamagedResults:
        TableWriter(planned.store, planned.question, ledger).write()
        return True
    return False
