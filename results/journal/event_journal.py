"""What every journal is, wherever it is kept: events as JSON lines, by one writer at a time."""

import json
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from results.errors import Busy as Busy  # every writer of a journal needs it
from results.errors import DamagedResults

GROUPED = frozenset({"started", "epoch"})
"""Kinds of events that decide nothing: a sweep that has lost some is told them again, or trains the
epoch again. They may wait to be synced together; all others are synced at once, with those before.
"""

GROUP_S = 0.5
"""So long the events of a sweep may wait."""

_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class EventJournal(ABC):
    """A sequence of events that is only ever appended to; as a context manager it is opened.

    Every event has "event" (what happened) and "time" (UTC, ISO 8601, added if absent). JSON has
    no NaN: a float that is not finite is written as {"float": "nan"}, "inf" or "-inf" and read
    back as what it was. Reading needs no lock and works while another process writes.

    Args:
        batch: events after which those appended are synced; 0: `sync` alone does that.
        group_s: seconds that events of the kinds `GROUPED` may wait after a sync, if `keep_up` is
            called often.
    """

    def __init__(self, batch: int, group_s: float = 0.0) -> None:
        self.batch = batch
        self.group_s = group_s
        self._pending = 0
        self._synced = -math.inf

    @abstractmethod
    def open(self) -> Self:
        """Makes this the one writer; nothing if that is done.

        Raises:
            Busy: if another process, or another journal of this one, writes this sweep.
            OSError: of the store.
        """

    def append(self, event: Mapping[str, Any]) -> None:
        """Adds one line; its cost does not depend on how many there are.

        Args:
            event: "event" and any JSON values, NumPy scalars included.

        Raises:
            ValueError: if "event" is absent.
            TypeError: for a value that JSON cannot hold.
            Busy: see `open` and `sync`.
            OSError: of the store; the event is then not in the journal once the next one is.
        """
        line = encode(event)
        self.open()
        self._add(line, event["event"] in GROUPED and not self._waited())

    def keep_up(self) -> None:
        """Syncs events that have waited for others; costs nothing where none has to be.

        Raises:
            Busy, OSError: see `sync`.
        """
        if self.batch and self._pending and self._waited():
            self.sync()

    def _waited(self) -> bool:
        return time.monotonic() >= self._synced + self.group_s

    def sync(self) -> None:
        """Makes what was appended survive whatever happens to this process or its machine.

        Raises:
            Busy: if another process has taken this one for dead.
            OSError: of the store.
        """
        self._sync()
        self._synced = time.monotonic()

    @abstractmethod
    def _sync(self) -> None:
        """See `sync`."""

    @abstractmethod
    def read(self) -> list[dict[str, Any]]:
        """All events, oldest first; none if nothing was written yet.

        Raises:
            DamagedResults: if something is missing or is no JSON object: what, and where.
        """

    @abstractmethod
    def close(self) -> None:
        """Syncs the rest and lets others write; harmless when already closed."""

    @abstractmethod
    def _add(self, line: bytes, waits: bool) -> None:
        """Adds a line to the open journal; unless it waits, syncs when the batch is full."""

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def encode(event: Mapping[str, Any]) -> bytes:
    """The line of an event, with its time, and its line feed.

    Raises:
        ValueError: if "event" is absent.
        TypeError: for a value that JSON cannot hold.
    """
    if not event.get("event"):
        raise ValueError(f"an event needs a name under 'event'; found {sorted(event)}")
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return f"{_encode({'time': now, **event})}\n".encode()


def decode(shown: str, number: int, line: bytes) -> dict[str, Any]:
    """The event of a line.

    Raises:
        DamagedResults: if it is no JSON object with an event; the message names the file as
            `shown`, and the line's number.
    """
    try:
        event = json.loads(line, object_hook=_from_special)
    except (ValueError, RecursionError):
        event = None
    if not (isinstance(event, dict) and isinstance(event.get("event"), str)):
        raise DamagedResults(
            f"{shown}: line {number} is no JSON object with an event ({line[:40]!r}); put a copy "
            "of the journal back, or delete that line: the events on it are then lost."
        )
    return event


def busy(sweep: str, other: str) -> Busy:
    """What whoever comes second to a sweep gets to read of the other."""
    return Busy(
        f"sweep {sweep} is already being written by {other}; wait for it, stop it, or choose "
        "another name."
    )


def _encode(event: Mapping[str, Any]) -> str:
    try:  # the usual case first: it costs a third of walking through every value
        return json.dumps(event, allow_nan=False, default=_plain)
    except ValueError:
        return json.dumps(_to_special(event))


def _plain(value: Any) -> Any:
    """A NumPy scalar or array as Python's own."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a journal holds JSON values, not {type(value).__name__}: {value!r}")


def _to_special(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _to_special(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_special(item) for item in value]
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(float(value))}
    return _to_special(_plain(value))


def _from_special(value: dict[str, Any]) -> Any:
    if len(value) == 1 and isinstance(value.get("float"), str):
        return _SPECIAL.get(value["float"], value)
    return value
