"""Whether a sweep that a fault hit ended as one that was left alone."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from cluster.chaos.outcome import Outcome
from cluster.chaos.sandbox import Sandbox, uninterrupted
from orchestrator.scheduling.earlier_trials import rivals
from orchestrator.scheduling.ledger import Ledger
from orchestrator.scheduling.outcome import METRIC
from orchestrator.scheduling.schedulers.catalogue import SCHEDULERS
from orchestrator.scheduling.schedulers.rivals import with_rivals
from orchestrator.scheduling.schedulers.rungs import RungEpochs
from orchestrator.scheduling.schedulers.trial_scheduler import Setup, TrialScheduler, Verdict
from orchestrator.testing.stand_ins import ListJournal
from results.paths import Paths
from results.statuses import FINISHED, UNDER_WAY


def outcome(
    sandbox: Sandbox,
    wrong: Iterable[str],
    detected_s: float | None = None,
    injections: int = 1,
    message: str = "",
    but: Sequence[int] = (),
) -> Outcome:
    """What a fault did, from what went wrong on the way and `differences`."""
    everything = (*wrong, *differences(sandbox, but=but))
    return Outcome(detected_s, sandbox.repeated_epochs(), everything, injections, message)


def differences(
    sandbox: Sandbox, reference: Sandbox | None = None, but: Sequence[int] = ()
) -> tuple[str, ...]:
    """In what a sweep that a fault hit differs from one left alone; empty if in nothing.

    Besides the tables: no row stands twice, no trial is lost or unfinished, every decision at a
    rung follows from the rows before it, and every trial ended once.

    Args:
        sandbox: that was hit, and then ended.
        reference: that was left alone; None: `uninterrupted`.
        but: seeds of trials that are not compared, as they were told to end otherwise.
    """
    texts = []
    pairs = zip(sandbox.tables(), (reference or uninterrupted(sandbox)).tables(), strict=True)
    machines = ["threads"] if "--address" in sandbox.words else []  # of a cluster's own nodes
    for name, (ours, theirs) in zip(("trials", "epochs"), _without(pairs, but), strict=True):
        ours, theirs = (table.drop(columns=machines, errors="ignore") for table in (ours, theirs))
        if not ours.equals(theirs):
            texts.append(f"{name} differ: {_first_difference(ours, theirs)}")
    texts += [f"{what} twice in a table" for what in _doubles(sandbox)]
    return tuple(texts + inconsistencies(sandbox))


def _without(
    pairs: Iterable[tuple[pd.DataFrame, pd.DataFrame]], seeds: Sequence[int]
) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Pairs of tables without some seeds' trials; the first pair tells whose they are."""
    pairs = list(pairs)
    left = [set(table["trial"][~table["seed"].isin(seeds)]) for table in pairs[0]]
    return [
        tuple(
            table[table["trial"].isin(kept)].reset_index(drop=True)
            for table, kept in zip(pair, left, strict=True)
        )
        for pair in pairs
    ]


def _first_difference(ours: pd.DataFrame, theirs: pd.DataFrame) -> str:
    if ours.shape != theirs.shape:
        return f"{len(ours)} rows, expected {len(theirs)}"
    for column in ours:
        unequal = ~(
            (ours[column] == theirs[column]) | (ours[column].isna() & theirs[column].isna())
        )
        if unequal.any():
            row = int(unequal.to_numpy().argmax())
            return f"{column} {ours[column][row]}, expected {theirs[column][row]}"
    return "types of columns"


def _doubles(sandbox: Sandbox) -> list[str]:
    trials, epochs = sandbox.tables()
    doubles = []
    if trials.duplicated(["trial"]).any():
        doubles.append("a trial")
    if epochs.duplicated(["trial", "epoch"]).any():
        doubles.append("an epoch")
    return doubles


def inconsistencies(sandbox: Sandbox) -> list[str]:
    """What in a journal does not follow from the rows before it."""
    events = sandbox.events()
    ledger = Ledger(ListJournal(), events)
    texts = [
        f"trial {entry.number} is {entry.status}"
        for entry in ledger.entries.values()
        if entry.status in UNDER_WAY
    ]
    ends = Counter(e["trial"] for e in events if e["event"] == "ended" and not e.get("resumable"))
    texts += [f"trial {trial} ended {n} times" for trial, n in ends.items() if n > 1]
    record = sandbox.store.read_json(Paths().sweep)
    if not record["rungs"]:
        return texts
    texts += _wrong_rungs(record, events, ledger)
    return texts


def _wrong_rungs(
    record: Mapping[str, Any], events: Iterable[Mapping[str, Any]], ledger: Ledger
) -> list[str]:
    """Decisions that do not follow from the rows, and promotions that were owed and never made."""
    alone, texts = _rule(record, [e.config["epochs"] for e in ledger.entries.values()]), []
    rule = with_rivals(alone, rivals(ledger.earlier))
    for event in events:
        trial = event.get("trial", "")
        if event["event"] == "asked":
            rule.begin(trial, event["config"]["epochs"])
        elif event["event"] == "epoch":
            rule.record(trial, event["row"]["epoch"], event["row"][METRIC])
        elif event["event"] == "rung" and not _follows(rule, event):
            texts.append(f"rung {event['epoch']} of {trial} does not follow from rows")
        elif event["event"] == "ended" and event["ended_by"] != "rung":
            rule.leave(trial, event["status"] in FINISHED)
    if (owed := rule.promotion(last=True)) is not None:
        texts.append(f"{owed.trial} should have gone on: {owed.reason}")
    return texts


def _rule(record: Mapping[str, Any], lengths: Sequence[int]) -> TrialScheduler:
    identity = record["identity"]
    length = max(lengths) if identity["rungs_by"] == "fraction" else 0
    rungs = RungEpochs(tuple(record["rungs"]), length)
    numbers = record["reduction_factor"], max(lengths), record["trials"], record["finalists"]
    setup = Setup(rungs, *numbers)
    return SCHEDULERS[identity["scheduler"]](setup)


def _follows(rule: TrialScheduler, event: Mapping[str, Any]) -> bool:
    """Whether the scheduler could decide so; one who waits may go on later."""
    verdicts = {decision.epoch: decision.verdict for decision in rule.decisions(event["trial"])}
    verdict = verdicts.get(event["epoch"])
    if verdict is Verdict.WAITS and event["keep"]:
        rule.promoted(event["trial"], event["epoch"])
        return True
    return verdict is (Verdict.GOES_ON if event["keep"] else Verdict.ENDS)
