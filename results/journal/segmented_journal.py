"""A journal where files cannot be appended to: small objects, numbered, put whole."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from results.errors import JournalLost
from results.journal.event_journal import EventJournal, busy, decode
from results.journal.lease import LEASE_S, Lease
from results.journal.shared_object import ConditionalObject, WriteRefused
from results.paths import Paths
from results.storage.object_store import connect
from results.store import DamagedResults, Store

SEGMENT_BYTES = 65536
"""A segment that has reached this size is not put again: it bounds what an event costs."""

LEASE = "journal.lease"
"""Name of the object that tells who writes."""

_NAME = re.compile(r"(\d{8})(?:-[0-9a-f]{8})?\.jsonl")
_READERS = 8


class SegmentedJournal(EventJournal):
    """An append-only sequence of events on any store.

    Events stand in objects `journal/<number>.jsonl`, a line each. An event puts the last segment
    again, whole, with one line more; at `SEGMENT_BYTES` the next one is begun. So an event costs
    one request of at most 64 KiB, however many there are, and what is on the store always ends
    with a whole event. Every writer begins a segment of its own: one that was taken for dead and
    comes back cannot overwrite what its successor wrote. Where the store refuses a write because
    another was faster, no two writers ever have one number; where it does not, each has a token of
    its own in the names (`<number>-<token>.jsonl`), and two segments of one number are both read.

    One writer at a time: `results.journal.lease.Lease`. Reading needs none.

    Args:
        store: of the sweep.
        batch: events after which those appended are put. 1: every event is on the store when
            `append` returns; 0: only `sync` puts, and the beginning of a segment.
        group_s: see `EventJournal`. Events that wait are lost with the process.
        lease_s: see `results.journal.lease.LEASE_S`.
    """

    def __init__(
        self, store: Store, batch: int = 1, lease_s: float = LEASE_S, group_s: float = 0.0
    ) -> None:
        super().__init__(batch, group_s)
        self._lease_s = lease_s
        self._store = store
        self._lease: Lease | None = None
        self._token = ""
        self._number = 0
        self._segment: ConditionalObject | None = None
        self._lines = bytearray()

    def open(self) -> Self:
        """Takes the lease; nothing if that is done.

        Raises:
            Busy: if another process, or another journal of this one, writes this sweep.
            OSError: of the store.
        """
        if self._lease is None:
            lease = Lease(self._store, LEASE, self._lease_s).take()
            try:
                last = max((number for number, _ in self._segments()), default=0)
            except BaseException:
                lease.release()
                raise
            self._lease = lease
            self._token = "" if lease.exclusive else f"-{secrets.token_hex(4)}"
            self._begin(last + 1)
        return self

    def _sync(self) -> None:
        if self._lease is not None and self._pending:
            self._lease.check()
            self._put(bytes(self._lines))
            self._pending = 0

    def read(self) -> list[dict[str, Any]]:
        """All events on the store, oldest first; none if there is no segment yet.

        Raises:
            DamagedResults: if a segment is missing, is cut short or has a line that is no JSON
                object: which one.
        """
        segments = self._segments()
        numbers = {number for number, _ in segments}
        missing = next((n for n in range(1, max(numbers, default=0)) if n not in numbers), None)
        if missing is not None:
            raise DamagedResults(
                f"{self._store.root}/{Paths().journal_segments}: segment {missing} of "
                f"{max(numbers)} is missing; put a copy of the journal back."
            )
        with ThreadPoolExecutor(_READERS) as readers:
            events = readers.map(self._read, [name for _, name in segments])
            return [event for part in events for event in part]

    def close(self) -> None:
        """Puts the rest and gives the lease back; harmless when already closed."""
        try:
            if self.batch:
                self.sync()
        finally:
            lease, self._lease = self._lease, None
            self._pending = 0
            if lease is not None:
                lease.release()

    def _add(self, line: bytes, waits: bool) -> None:
        if len(self._lines) + len(line) > SEGMENT_BYTES and self._lines:
            self.sync()
            self._begin(self._number + 1)
        self._lines += line
        self._pending += 1
        if not waits and self.batch and self._pending >= self.batch:
            try:
                self.sync()
            except BaseException:
                del self._lines[-len(line) :]
                self._pending -= 1
                raise

    def _begin(self, number: int) -> None:
        self._number, self._pending = number, 0
        self._lines.clear()
        target = None if self._token else connect(self._store.location(self._name()))
        self._segment = ConditionalObject(*target) if target else None

    def _put(self, content: bytes) -> None:
        if self._segment is None:
            self._store.write_bytes(self._name(), content)
            return
        try:
            self._segment.write(self._store, content)
        except WriteRefused as other:
            if other.content is None:
                raise JournalLost(
                    f"{self._store.root}/{self._name()} was deleted while the sweep was running; "
                    "put a copy of it back"
                ) from None
            sweep = self._store.root.rpartition("/")[2]
            raise busy(sweep, f"another process (segment {self._number} of the journal)") from None

    def _name(self) -> str:
        return f"{Paths().journal_segments}/{self._number:08d}{self._token}.jsonl"

    def _segments(self) -> list[tuple[int, str]]:
        names = self._store.list(Paths().journal_segments)
        matches = ((_NAME.fullmatch(name.rpartition("/")[2]), name) for name in names)
        return sorted((int(match[1]), name) for match, name in matches if match)

    def _read(self, name: str) -> list[dict[str, Any]]:
        content = self._store.read_bytes(name)
        shown = f"{self._store.root}/{name}"
        if not content.endswith(b"\n"):
            raise DamagedResults(
                f"{shown} ({len(content)} bytes) is cut short: it does not end with a whole line; "
                "put a copy of the journal back, or delete the half line: that event is then lost."
            )
        lines = content.split(b"\n")[:-1]
        return [decode(shown, number, line) for number, line in enumerate(lines, start=1)]
