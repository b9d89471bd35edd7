"""A sweep that is asked for more: written down, said, and made room for."""

import dataclasses

from orchestrator.driver.run import SweepRun
from orchestrator.driver.sweep_record import extended_record
from orchestrator.plan import Plan
from orchestrator.resumption import EPOCHS
from orchestrator.scheduling.ledger import Ledger
from orchestrator.training.schedules import SCHEDULES
from results.paths import Paths
from results.sweep_file import read_sweep_file

SUPERSEDED = "the sweep was extended to a space that does not hold it"


def extend(work: SweepRun) -> None:
    """Write down what this resuming changes, if anything, and say what is used again.

    The journal comes first: where a kill leaves `sweep.json` as it was, the same command extends
    once more, which changes nothing, and another one goes back. A trial under way that the sweep
    does not ask for any more ends.
    """
    planned = work.planned
    ledger = Ledger(work.journal, work.journal.read())
    entries = ledger.entries.values()
    outside = [entry.trial for entry in entries if not planned.space.holds(entry.config)]
    half_done = ledger.extensions and outside != [e.trial for e in entries if e.outside]
    if planned.changes or half_done:
        changes = [dataclasses.asdict(change) for change in planned.changes]
        elsewhere = planned.searches_elsewhere or half_done
        ledger.extended(changes, outside if elsewhere else None)
    if planned.changes:
        content = extended_record(read_sweep_file(planned.store), planned)
        planned.store.write_json(Paths().sweep, content)
        work.say(sentence(planned, ledger))
    for entry in entries:
        if entry.outside and entry.pending:
            ledger.ended(entry.trial, "extension", SUPERSEDED)


def sentence(planned: Plan, ledger: Ledger) -> str:
    """What is asked for now, what is used again, and what is new; one line.

    Args:
        planned: with its changes.
        ledger: of the sweep, which has taken note of them.
    """
    what = ", ".join(f"{c.what} from {c.before} to {c.now}" for c in planned.changes)
    count = len(ledger.entries) - ledger.outside
    left = max(0, planned.trials - count)
    there, new = "is" if count == 1 else "are", "is" if left == 1 else "are"
    trials = f"{count} of {planned.trials} trials {there} there, {left} {new} new"
    words = [f"extended: {what}", trials]
    if ledger.outside:
        stay = "other stays" if ledger.outside == 1 else "others stay"
        words.append(f"{ledger.outside} {stay} in the tables")
    if ledger.outside and any(change.what == EPOCHS for change in planned.changes):
        words.append(_longer(planned, ledger))
    return "; ".join(words)


def _longer(planned: Plan, ledger: Ledger) -> str:
    """How trials with more epochs come about; see `training.schedules.Schedule.open_ended`."""
    names = [str(name) for name in planned.space.axis("schedule").values or ()]
    if not any(SCHEDULES[name].open_ended for name in names):
        depends = f"{' and '.join(names)} depend" + ("s" if len(names) == 1 else "")
        return f"{depends} on the number of epochs, so longer trials are trained from their start"
    stored = set(planned.store.folders(Paths().checkpoints))
    count = sum(entry.outside and entry.trial in stored for entry in ledger.entries.values())
    return f"{count} of them have left a state from which the longer trial goes on"
