"""One writer at a time on a store that has no locks: an object that its holder keeps changing."""

import contextlib
import json
import secrets
import threading
import time
from typing import Any, Self

from results.journal import process_identity
from results.journal.file_journal import Busy, busy
from results.store import DamagedResults, Store

LEASE_S = 30.0
"""A lease that has not been renewed for so long was left by a dead process."""

_RENEWALS = 6
"""In `LEASE_S`; so many may fail before the holder is taken for dead."""

_SETTLE = 1 / 30
"""Of the lease, and not above 1 s: how long one who took it waits for another who did so too."""


class Lease:
    """The right to write, held by one process; no clocks are compared.

    The object names its holder and carries a token, new with every holder, and a count that a
    thread raises every few seconds. Whoever comes second watches it: as soon as it changes, the
    holder lives; if it stays the same for `seconds`, during which the store answered, the holder
    is dead and the second takes over. If the holder was a process of the same machine that has
    ended, or gave the lease back, there is nothing to wait for.

    Stores give no write that fails when another was faster. Of two that take over in the same
    moment the later write stands; the first sees that when it looks again, a moment later, or at
    the latest when it renews. So a holder may for a few seconds not know that it no longer is
    one: what it writes must not overwrite what its successor does.

    Args:
        store: of the sweep.
        name: of the object.
        seconds: see `LEASE_S`.
    """

    def __init__(self, store: Store, name: str, seconds: float = LEASE_S) -> None:
        self._store = store
        self._name = name
        self._seconds = seconds
        self._token = secrets.token_hex(8)
        self._beat = 0
        self._confirmed = 0.0
        self._successor = ""
        self._turn = threading.Lock()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self) -> Self:
        """Waits until it is known whether another holds it, at most about `seconds`; takes it.

        Raises:
            Busy: if another does.
            OSError: of the store, after all patience.
        """
        self._watch()
        self._put(self._store)
        time.sleep(min(1.0, self._seconds * _SETTLE))
        found = _read(self._look(self._store))
        if found.get("token") != self._token:
            raise self._busy(_holder(found))
        self._thread = threading.Thread(target=self._renewing, name="lease", daemon=True)
        self._thread.start()
        return self

    def check(self) -> None:
        """Whether it is still held; asks the store only if the last answer is old.

        Raises:
            Busy: if another process took it.
            OSError: of the store, after all patience.
        """
        if not self._successor and _now() - self._confirmed > self._seconds / 2:
            self._renew(self._store)
        if self._successor:
            raise self._busy(self._successor)

    def give_back(self) -> None:
        """Lets the next one have it at once; without an answer it is left to run out."""
        self._end.set()
        store = self._store.with_patience(self._seconds / _RENEWALS)
        if self._thread is not None:
            self._thread.join(self._seconds)
            if self._thread.is_alive():
                return  # it might put the object again after it was deleted
        with contextlib.suppress(OSError):
            if _read(self._look(store)).get("token") == self._token:
                store.delete(self._name)

    def _watch(self) -> None:
        """Returns when nobody holds it."""
        first = self._look(self._store)
        pause = self._seconds / (2 * _RENEWALS)
        still = 0
        while (
            first is not None and still < 2 * _RENEWALS and not process_identity.gone(_read(first))
        ):
            time.sleep(pause)
            began = time.monotonic()
            now = self._look(self._store)
            if now is not None and now != first:
                raise self._busy(_holder(_read(now)))
            if now is None:
                return
            # While the store does not answer, the holder cannot renew either.
            still = still + 1 if time.monotonic() - began < 2 * pause else 0

    def _renewing(self) -> None:
        store = self._store.with_patience(0)
        while not self._successor and not self._end.wait(self._seconds / _RENEWALS):
            with contextlib.suppress(OSError):  # the next time is soon; `check` insists
                self._renew(store)

    def _renew(self, store: Store) -> None:
        with self._turn:
            content = self._look(store)
            found = _read(content)
            if found.get("token") == self._token:
                self._put(store)
            else:
                self._successor = _holder(found)

    def _put(self, store: Store) -> None:
        self._beat += 1
        began = _now()
        told = {"holder": process_identity.shown(), "token": self._token, "beat": self._beat}
        content = json.dumps({**told, **process_identity.identity()}).encode()
        store.write_bytes(self._name, content)
        self._confirmed = began

    def _look(self, store: Store) -> bytes | None:
        """The object's content; None if there is none."""
        try:
            return store.read_bytes(self._name)
        except DamagedResults as problem:
            if isinstance(problem.__cause__, OSError):
                raise problem.__cause__ from None
            return None

    def _busy(self, other: str) -> Busy:
        return busy(self._store.root.rpartition("/")[2], other)


def _read(content: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(content or b"")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _holder(found: dict[str, Any]) -> str:
    return str(found.get("holder") or "another process")


def _now() -> float:
    """Seconds, those of a machine asleep included: its lease ran out meanwhile."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
