"""A trial's last states: arrays in safetensors, everything else in JSON; no pickle anywhere."""

import errno
import json
import logging
import re
import secrets
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from orchestrator.training.engine import State
from results.store import DamagedResults, Store

ARRAYS = ".safetensors"
FACTS = ".json"

KEPT = 2
"""States of a trial that are kept: should the last one be damaged, there is the one before."""

_log = logging.getLogger(__name__)


OWNER = "owner"
"""Names the process that works on the trial."""


class Superseded(OSError):
    """Another process works on the trial now, or it has ended."""


class Checkpoints:
    """The newest states of one trial, two files each, named by the epoch.

    The JSON comes last and vouches for the arrays by size and checksum, so nothing needs to be
    forced to the disk: what a kill or a power cut spoils is recognised and passed over.

    Args:
        store: of the sweep.
        folder: of the trial, relative to it.
    """

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder
        self._token = ""

    def claim(self) -> None:
        """From now on this process works on the trial, and none that did before."""
        self._token = secrets.token_hex(8)
        self._store.write_bytes(f"{self._folder}/{OWNER}", self._token.encode(), durable=False)

    def check(self) -> None:
        """Make sure of it: one that was cut off and taken for dead must not write any more.

        Raises:
            Superseded: if another has claimed the trial, or all is gone since it has ended, or
                with the sweep's folder.
            OSError: of a store that does not answer.
        """
        try:
            held = self._store.read_bytes(f"{self._folder}/{OWNER}").decode(errors="replace")
        except DamagedResults:
            held = ""
        if not held and self._store.local and not self._store.exists(""):
            raise Superseded(errno.ESTALE, f"{self._store.root} is gone: deleted, or moved away")
        if not held:
            raise Superseded(errno.ESTALE, "the trial has ended, or its states were deleted")
        if held != self._token:
            raise Superseded(errno.ESTALE, "another process works on this trial now")

    def save(self, arrays: State, facts: dict[str, Any]) -> None:
        """Write a state and take away all but the one before.

        Args:
            arrays: name -> array.
            facts: JSON values, of which "epoch" counts the epochs done; NaN is allowed.

        Raises:
            OSError: of the file system; the states before are then as they were.
        """
        epoch = int(facts["epoch"])
        content = safetensors.save({k: np.asarray(v, order="C") for k, v in arrays.items()})
        facts = {**facts, "bytes": len(content), "crc32": zlib.crc32(content)}
        self._store.write_bytes(self._name(epoch, ARRAYS), content, durable=False)
        self._store.write_bytes(self._name(epoch, FACTS), json.dumps(facts).encode(), durable=False)
        # Of later epochs there are states that could not be read, or another process's: left alone,
        # or they would pass for the newest and this one be taken away.
        done = [each for each in self._epochs() if each <= epoch]
        for old in done[KEPT:]:
            for ending in (FACTS, ARRAYS):
                self._store.delete(self._name(old, ending))

    def newest(self) -> tuple[State, dict[str, Any]] | None:
        """The furthest state that can be read; damaged ones are passed over for the one before."""
        for epoch in self._epochs():
            try:
                return self.load(epoch)
            except ValueError as error:
                _log.warning("passed over: %s", error)
        return None

    def load(self, epoch: int) -> tuple[State, dict[str, Any]]:
        """Read what `save` wrote.

        Raises:
            ValueError: naming the file, when something is missing or damaged.
        """
        try:
            facts = json.loads(self._store.read_bytes(self._name(epoch, FACTS)))
            expected = facts["bytes"], facts["crc32"]
        except (DamagedResults, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"checkpoint {self._name(epoch, FACTS)} cannot be read: {error}"
            ) from error
        try:
            content = self._store.read_bytes(self._name(epoch, ARRAYS))
            if (len(content), zlib.crc32(content)) != expected:
                raise ValueError(f"{len(content)} bytes that are not the {expected[0]} written")
            return safetensors.load(content), facts
        except (DamagedResults, ValueError, SafetensorError) as error:
            raise ValueError(
                f"checkpoint {self._name(epoch, ARRAYS)} cannot be read: {error}"
            ) from error

    def retire(self) -> int:
        """Leave the newest state alone, and nobody's: the trial has ended, and is not forgotten.

        Returns:
            Bytes of what is left; 0 where there was no state.
        """
        self._store.delete(f"{self._folder}/{OWNER}")
        newest, *older = self._epochs() or [0]
        for epoch in older:
            for ending in (FACTS, ARRAYS):
                self._store.delete(self._name(epoch, ending))
        return sum(self._store.size(self._name(newest, ending)) or 0 for ending in (FACTS, ARRAYS))

    def drop(self) -> None:
        """Take all away, once nothing will ever go on from here."""
        self._store.delete_folder(self._folder)

    def _epochs(self) -> Sequence[int]:
        """Epochs of the states that are there, whole or not, the last first."""
        names = (name.rpartition("/")[2] for name in self._store.list(self._folder))
        matches = (re.fullmatch(r"(\d+)\.\w+", name) for name in names)
        return sorted({int(match[1]) for match in matches if match}, reverse=True)

    def _name(self, epoch: int, ending: str) -> str:
        return f"{self._folder}/{epoch:06d}{ending}"
