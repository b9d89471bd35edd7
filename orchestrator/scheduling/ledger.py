"""What happened to every trial of a sweep: a journal of events, and the state they add up to.

The journal is the truth. Everything else (tables, TensorBoard, rungs, the searcher's knowledge) is
a view of it and can be made again from it, so a killed sweep goes on from its journal alone.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from results import formats
from results.statuses import ENDINGS, UNDER_WAY

RESULT_FIELDS = ("parameters", "hardware", "threads", "code", "start_seconds", "continued_from")
"""What a row of a trial tells about it besides the epoch's numbers; written when it changes."""

JOINED = ("hardware", "code")
"""Of these, what is told of all processes that worked on a trial, with "then" in between."""

SUMMED = ("start_seconds",)
"""Of these, what adds up over all processes that worked on a trial."""


NO_TICKET = -1
"""Of a trial that the search was told before the sweep was extended to another space."""


class Appendable(Protocol):
    """Where events go: `results.journal.file_journal.Journal`, or a list in a test."""

    def append(self, event: dict[str, Any], /) -> None:
        """Keep one event."""


@dataclass
class Entry:
    """One trial's story so far.

    Attributes:
        trial: signature.
        number: from 0, in the order asked.
        config: every TrialConfig field.
        ticket: the search strategy's own number of it.
        status: of `results.statuses.STATUSES`.
        begun: whether a process has worked on it.
        ended_by: what ended it, a key of `results.statuses.ENDINGS`; "" while it runs.
        reason: the same in words.
        resumable: ended only because the time was up, or a disk or a store failed it.
        rows: epoch -> that epoch's numbers.
        metadata: see RESULT_FIELDS, JOINED and SUMMED.
        latest: the same as the last process told it.
        rung: the last rung passed; 0 for none.
        condemned: why a rung stopped it, if one did.
        stop: (kind, reason), once it has said that no further epoch is due; else ().
        error: of a failed trial.
        deaths: how often a process died while it worked on it, by cause.
        reused_from: the sweep that trained it.
        outside: whether an earlier question of the sweep asked for it and the present one does
            not; see `Ledger.extended`.
    """

    trial: str
    number: int
    config: dict[str, Any]
    ticket: int
    status: str = "running"
    begun: bool = False
    ended_by: str = ""
    reason: str = ""
    resumable: bool = False
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    latest: dict[str, Any] = field(default_factory=dict)
    rung: int = 0
    condemned: str = ""
    stop: tuple[str, ...] = ()
    error: str = ""
    deaths: Counter[str] = field(default_factory=Counter)
    reused_from: str = ""
    outside: bool = False

    @property
    def pending(self) -> bool:
        """Whether a resumed sweep goes on with it."""
        return self.status in UNDER_WAY or self.resumable

    def best_row(self, metric: str) -> dict[str, Any] | None:
        """The epoch with the highest metric, of equals the lower validation loss, then the earlier.

        The rule of `training.stopping.best`, whose weights and predictions are kept.
        """
        usable = [
            row
            for row in self.rows.values()
            if not (math.isnan(row[metric]) or math.isnan(row["validation_loss"]))
        ]
        return min(
            usable,
            key=lambda row: (-row[metric], row["validation_loss"], row["epoch"]),
            default=None,
        )


Listener = Callable[[dict[str, Any], Entry], None]


class Ledger:
    """All trials of one sweep; every change is an event, journalled before it is applied.

    Args:
        journal: where events go.
        past: events of the journal so far, oldest first.

    Attributes:
        entries: signature -> story, in the order asked.
        reported: (trial, row) in the order reported; rows that were reported again or reused too.
        epochs: trained so far by all trials of this sweep; an epoch told twice counts once.
        unknown: trials that are spoken of but were never asked for, because that line was lost;
            what is said of them is passed over.
        extensions: how often the space that is searched has changed.
        earlier: what the sweep took from earlier ones when it began: see `earlier_trials.event`.
    """

    def __init__(self, journal: Appendable, past: Iterable[dict[str, Any]] = ()) -> None:
        self.entries: dict[str, Entry] = {}
        self.reported: list[tuple[str, dict[str, Any]]] = []
        self.epochs = 0
        self.unknown: set[str] = set()
        self._timed, self._seconds = 0, 0.0
        self.extensions = 0
        self.earlier: dict[str, Any] = {}
        self._outside = 0
        self._next = 0
        self._counts: Counter[str] = Counter()
        self._journal = journal
        self._listeners: list[Listener] = []
        for event in past:
            self._apply(event)

    @property
    def seconds_per_epoch(self) -> float | None:
        """Mean over the epochs trained so far; None before the first."""
        return self._seconds / self._timed if self._timed else None

    def listen(self, listener: Listener) -> None:
        """Call the listener after every event from now on; listeners are called in this order."""
        self._listeners.append(listener)

    def asked(self, trial: str, config: dict[str, Any], ticket: int) -> Entry:
        """A new trial is due."""
        self._note("asked", trial, number=self._next, config=config, ticket=ticket)
        return self.entries[trial]

    def ticket(self, trial: str, ticket: int) -> None:
        """The search strategy knows it by another number from now on."""
        self._note("ticket", trial, ticket=ticket)

    def started(self, trial: str) -> None:
        """A process works on it, for the first time or again."""
        self._note("started", trial)

    def epoch(
        self, trial: str, row: dict[str, Any], metadata: dict[str, Any], stop: Sequence[str] = ()
    ) -> None:
        """An epoch was trained and measured; stop: (kind, reason) where it was the last one.

        The event says "back" where the trial went back by so many epochs: those after its last
        stored state, or more where that was lost or damaged.
        """
        entry = self.entries[trial]
        fields: dict[str, Any] = {} if metadata == entry.latest else {"about": metadata}
        if stop:
            fields["stop"] = list(stop)
        back = max(entry.rows, default=0) - row["epoch"]
        if back > 0:
            fields["back"] = back
        self._note("epoch", trial, row=row, **fields)

    def rung(self, trial: str, epoch: int, value: float, reason: str, keep: bool) -> None:
        """A trial reached a rung and was judged there."""
        self._note("rung", trial, epoch=epoch, value=value, reason=reason, keep=keep)

    def paused(self, trial: str, epoch: int, value: float, reason: str) -> None:
        """A trial reached a rung and waits there, its state stored; `rung` ends that."""
        self._note("paused", trial, epoch=epoch, value=value, reason=reason)

    def ended(self, trial: str, ended_by: str, reason: str, **fields: Any) -> None:
        """No further epoch is due; the status follows from what ended it.

        Args:
            trial: its signature.
            ended_by: a key of `ENDINGS`.
            reason: the same in words.
            **fields: resumable, error; of a reused trial also reused_from, rows, about.
        """
        status = "reused" if fields.get("reused_from") else ENDINGS[ended_by]
        self._note("ended", trial, status=status, ended_by=ended_by, reason=reason, **fields)

    def died(self, trial: str, cause: str, message: str) -> None:
        """The process that worked on it is gone: see `failures.CAUSES`."""
        self._note("died", trial, cause=cause, said=message)

    def extended(self, changes: Sequence[dict[str, Any]], outside: Sequence[str] | None) -> None:
        """The sweep is asked for more than before.

        Args:
            changes: what, before, now; for people.
            outside: trials that lie outside of the space that is searched now; None where that is
                the one of before, else the search counts anew, and their numbers of it are void.
        """
        event: dict[str, Any] = {"event": "extended", "changes": list(changes)}
        if outside is not None:
            event["outside"] = list(outside)
        self._journal.append(event)
        self._apply(event)

    @property
    def outside(self) -> int:
        """How many trials lie outside of what is searched now."""
        return self._outside

    def counts(self) -> dict[str, int]:
        """Status -> number of trials."""
        return {status: n for status, n in self._counts.items() if n}

    def _note(self, kind: str, trial: str, **content: Any) -> None:
        event = {"event": kind, "trial": trial, **content}
        self._journal.append(event)
        entry = self._apply(event)
        if entry is not None:
            for listener in self._listeners:
                listener(event, entry)

    def _apply(self, event: dict[str, Any]) -> Entry | None:
        kind, trial = event["event"], event.get("trial")
        if trial is None:  # of the sweep itself: begun, resumed, extended, interrupted, done
            if kind == "earlier":
                self.earlier = event
            if "outside" in event:
                self._set_aside(frozenset(event["outside"]))
            return None
        entry = self.entries.get(trial)
        before = [entry.status] if entry else []
        if kind == "asked":
            entry = Entry(trial, event["number"], event["config"], event["ticket"])
            self.entries[trial] = entry
            self._next = event["number"] + 1
        elif entry is None:
            self.unknown.add(trial)
            return None
        else:
            self._REDUCERS[kind](self, entry, event)
        self._counts.subtract(before)
        self._counts[entry.status] += 1
        return entry

    def _set_aside(self, outside: Collection[str]) -> None:
        self.extensions += 1
        self._outside = 0
        for entry in self.entries.values():
            entry.ticket, entry.outside = NO_TICKET, entry.trial in outside
            self._outside += entry.outside

    def _on_ticket(self, entry: Entry, event: dict[str, Any]) -> None:
        entry.ticket = event["ticket"]

    def _on_started(self, entry: Entry, event: dict[str, Any]) -> None:
        entry.status, entry.ended_by, entry.reason, entry.resumable = "running", "", "", False
        entry.begun = True

    def _on_epoch(self, entry: Entry, event: dict[str, Any]) -> None:
        row = event["row"]
        if row["epoch"] not in entry.rows:
            self.epochs += 1
            if math.isfinite(seconds := row.get("seconds", math.nan)):
                self._timed, self._seconds = self._timed + 1, self._seconds + seconds
        for later in [epoch for epoch in entry.rows if epoch > row["epoch"]]:
            del entry.rows[later]  # it went back to a checkpoint and trains them again
        entry.rows[row["epoch"]] = row
        _take_metadata(entry, event.get("about"))
        entry.stop = tuple(event.get("stop", ()))
        self.reported.append((entry.trial, row))

    def _on_died(self, entry: Entry, event: dict[str, Any]) -> None:
        entry.deaths[event["cause"]] += 1

    def _on_rung(self, entry: Entry, event: dict[str, Any]) -> None:
        if event["keep"]:
            entry.rung = event["epoch"]
            entry.status, entry.ended_by, entry.reason = "running", "", ""
        else:
            entry.condemned = event["reason"]

    def _on_paused(self, entry: Entry, event: dict[str, Any]) -> None:
        entry.status, entry.reason = "paused", event["reason"]

    def _on_ended(self, entry: Entry, event: dict[str, Any]) -> None:
        entry.status, entry.reason = event["status"], event["reason"]
        entry.resumable = event.get("resumable", False)
        entry.error = event.get("error", "")
        entry.reused_from = event.get("reused_from", "")
        if "rows" in event:
            entry.rows = {row["epoch"]: row for row in event["rows"]}
            self.reported += [(entry.trial, row) for row in event["rows"]]
        entry.ended_by = event.get("ended_by") or _ended_by(event, entry)
        _take_metadata(entry, event.get("about"))

    _REDUCERS: ClassVar[dict[str, Callable[["Ledger", Entry, dict[str, Any]], None]]] = {
        "ticket": _on_ticket,
        "started": _on_started,
        "died": _on_died,
        "epoch": _on_epoch,
        "rung": _on_rung,
        "paused": _on_paused,
        "ended": _on_ended,
    }


def _take_metadata(entry: Entry, latest: dict[str, Any] | None) -> None:
    if not latest:
        return
    joined = {key: entry.metadata.get(key) for key in JOINED if entry.metadata.get(key)}
    for key, before in joined.items():
        value = latest.get(key)
        if value and value != entry.latest.get(key):
            joined[key] = f"{before} then {value}"
    for key in SUMMED:
        if (value := latest.get(key)) is not None:
            more = 0.0 if value == entry.latest.get(key) else value
            joined[key] = (entry.metadata.get(key) or 0.0) + more
    entry.metadata, entry.latest = {**entry.metadata, **latest, **joined}, latest


def _ended_by(event: dict[str, Any], entry: Entry) -> str:
    """What an event of a journal of format 1 leaves to be worked out."""
    all_epochs = len(entry.rows) >= entry.config.get("epochs", math.inf)
    return formats.ended_by(event, all_epochs) or ""
