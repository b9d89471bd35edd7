"""One writer at a time on a store that has no locks: an object that its holder keeps changing."""

import contextlib
import functools
import json
import logging
import secrets
import threading
import time
from types import TracebackType
from typing import Any, Self

from results.errors import JournalLost
from results.journal import process_identity
from results.journal.event_journal import Busy, busy
from results.journal.shared_object import (
    ConditionalObject,
    PlainObject,
    SharedObject,
    WriteRefused,
)
from results.storage.locations import first_line
from results.storage.object_store import connect
from results.storage.retry import is_transient
from results.store import Store

LEASE_S = 30.0
"""A lease that has not been renewed for so long was left by a dead process."""

_RENEWALS = 6
"""In `LEASE_S`; so many may fail before the holder is taken for dead."""

_SETTLE = 1 / 30
"""Of the lease, and not above 1 s: how long one who took it waits for another who did so too,
where the store would not refuse that."""

_NOBODY = "nobody"
"""Holds a lease whose object was deleted."""

_LOG = logging.getLogger(__name__)


class Lease:
    """The right to write, held by one process; no clocks are compared.

    The object names its holder and carries a token, new with every holder, and a count that a
    thread raises every few seconds. Whoever comes second watches it: as soon as it changes, the
    holder lives; if it stays the same for `seconds`, during which the store answered, the holder
    is dead and the second takes over. If the holder was a process of the same machine that has
    ended, or released the lease, there is nothing to wait for.

    On S3 and Google's store every write of the object is refused if another was faster
    (https://datatracker.ietf.org/doc/html/rfc9110#name-preconditions): of those that take over in
    the same moment exactly one holds it, and a holder that was taken for dead learns that by its
    next renewal, which can never undo what its successor wrote.

    Other stores give no such write, which is said once, as a warning. Of two that take over in the
    same moment the later write stands there; the first sees that when it looks again, a moment
    later, or at the latest when it renews. So a holder may for a few seconds not know that it no
    longer is one: what it writes must not overwrite what its successor does.

    Args:
        store: of the sweep.
        name: of the object.
        seconds: see `LEASE_S`.

    Attributes:
        exclusive: whether the store refuses a write where another was faster; known once taken.
    """

    def __init__(self, store: Store, name: str, seconds: float = LEASE_S) -> None:
        self.exclusive = False
        self._store = store
        self._name = name
        self._seconds = seconds
        self._token = secrets.token_hex(8)
        self._beat = 0
        self._content = b""
        self._confirmed = 0.0
        self._successor = ""
        self._object: SharedObject = PlainObject(name)
        self._turn = threading.Lock()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self) -> Self:
        """Waits until it is known whether another holds it, at most about `seconds`; takes it.

        Raises:
            Busy: if another does.
            OSError: of the store, after all patience.
        """
        reason = self._take_exclusively()
        self.exclusive = not reason
        if reason:
            self._object = PlainObject(self._name)
            self._claim()
            time.sleep(min(1.0, self._seconds * _SETTLE))
            current = self._object.read(self._store)
            if current != self._content:
                raise self._busy(current)
            _warn_once(self._store.root, reason)
        self._thread = threading.Thread(target=self._renewing, name="lease", daemon=True)
        self._thread.start()
        return self

    def check(self) -> None:
        """Whether it is still held; asks the store only if the last answer is old.

        Raises:
            Busy: if another process took it.
            JournalLost: if its object was deleted: whoever comes now gets in.
            OSError: of the store, after all patience.
        """
        if not self._successor and _now() - self._confirmed > self._seconds / 2:
            self._renew(self._store)
        if self._successor == _NOBODY:
            raise JournalLost(
                f"{self._store.root}/{self._name}, which keeps others out, was deleted while the "
                "sweep was running; see that nobody else writes it"
            )
        if self._successor:
            raise busy(_sweep(self._store), self._successor)

    def release(self) -> None:
        """Lets the next one have it at once; without an answer it is left to run out."""
        if self._thread is None:
            return
        self._end.set()
        self._thread.join(self._seconds)
        if self._thread.is_alive():
            return  # it might put the object again after it was deleted
        self._thread = None
        store = self._store.with_patience(self._seconds / _RENEWALS)
        with contextlib.suppress(OSError):
            if _fields(self._object.read(store)).get("token") == self._token:
                store.delete(self._name)

    def __enter__(self) -> Self:
        return self.take()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _take_exclusively(self) -> str:
        """Takes it by writes under conditions; or tells why this store gives none."""
        try:
            target = connect(self._store.location(self._name))
            if target is None:
                return "it has no writes under conditions"
            self._object = guarded = ConditionalObject(*target)
            self._claim()
            heeded = guarded.is_guarded(self._store, self._content)
        except OSError as problem:
            if is_transient(problem):
                raise
            return first_line(problem)
        return "" if heeded else "it does not heed the conditions of a write"

    def _claim(self) -> None:
        while True:
            self._watch()
            try:
                self._write(self._store)
                return
            except WriteRefused as other:
                if other.content is not None:
                    raise self._busy(other.content) from None
                # Released in the moment before it was to be taken over: nobody holds it.

    def _watch(self) -> None:
        """Returns when nobody holds it."""
        first = self._object.read(self._store)
        pause = self._seconds / (2 * _RENEWALS)
        still = 0
        while (
            first is not None
            and _fields(first).get("token") != self._token
            and still < 2 * _RENEWALS
            and not process_identity.gone(_fields(first))
        ):
            time.sleep(pause)
            began = time.monotonic()
            current = self._object.read(self._store)
            if current is None:
                return
            if current != first:
                raise self._busy(current)
            # While the store does not answer, the holder cannot renew either.
            still = still + 1 if time.monotonic() - began < 2 * pause else 0

    def _renewing(self) -> None:
        store = self._store.with_patience(0)
        while not self._successor and not self._end.wait(self._seconds / _RENEWALS):
            with contextlib.suppress(OSError):  # the next time is soon; `check` insists
                self._renew(store)

    def _renew(self, store: Store) -> None:
        with self._turn:
            if self._successor:
                return
            try:
                self._write(store)
            except WriteRefused as other:
                self._successor = _NOBODY if other.content is None else _holder(other.content)

    def _write(self, store: Store) -> None:
        self._beat += 1
        began = _now()
        own = {"holder": process_identity.shown(), "token": self._token, "beat": self._beat}
        self._content = json.dumps({**own, **process_identity.identity()}).encode()
        self._object.write(store, self._content)
        self._confirmed = began

    def _busy(self, content: bytes | None) -> Busy:
        return busy(_sweep(self._store), _holder(content))


def _fields(content: bytes | None) -> dict[str, Any]:
    try:
        fields = json.loads(content or b"")
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _holder(content: bytes | None) -> str:
    return str(_fields(content).get("holder") or "another process")


def _sweep(store: Store) -> str:
    return store.root.rpartition("/")[2]


def _now() -> float:
    """Seconds, those of a machine asleep included: its lease ran out meanwhile."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@functools.cache
def _warn_once(place: str, reason: str) -> None:
    _LOG.warning(
        "%s cannot refuse a write where another process was faster (%s): of two that take a sweep "
        "over in the same second both may write it for a moment. See that there is only one.",
        place,
        reason,
    )
