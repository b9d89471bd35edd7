"""Where a sweep's driver writes the files that grow: TensorBoard's, the study, its log."""

import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestrator.process.error_line import log_traceback
from results.journal.event_journal import Busy
from results.mirror import Mirror
from results.paths import Paths
from results.store import Store

EVERY_S = 30.0
"""Shortest time between two copyings to where the results are."""

SHARE_OF_TIME = 0.05
"""Of the sweep's time that copying may take."""


class LocalFiles:
    """The sweep's own folder or, where that is not on this machine, a folder here copied there.

    An object store cannot append to a file. So what must grow, grows here; what an earlier driver
    had copied is fetched first. The last seconds before a kill are lost to the copies only: the
    journal is not among them, and has all that they show.

    Args:
        store: of the sweep.

    Attributes:
        folder: local.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._mirrors: list[Mirror] = []
        self._studied = b""
        self._next = 0.0
        self.folder = store.local or Path(tempfile.mkdtemp(prefix="sweep-"))
        if store.local is None:
            names = (Paths().tensorboard, Paths().logs)
            self._mirrors = [Mirror(self.folder / name, store, name) for name in names]

    @property
    def log(self) -> Path:
        """Of the driver."""
        return self.folder / Paths().logs / "driver.log"

    @property
    def study(self) -> Path:
        """Of the search."""
        return self.folder / Paths().study

    @property
    def tensorboard(self) -> Path:
        """Folder of event files."""
        return self.folder / Paths().tensorboard

    def __enter__(self) -> Self:
        try:
            for mirror in self._mirrors:
                mirror.fetch()
            if self._mirrors and self._store.exists(Paths().study):
                self.study.write_bytes(self._store.read_bytes(Paths().study))
        except BaseException:
            if self._mirrors:
                shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if not isinstance(error, Busy):  # else what is there is its successor's
                self.push()
        except (
            OSError
        ):  # who needs to know has called `push`; only the last lines of a log are lost
            log_traceback()
        finally:
            if self._mirrors:
                shutil.rmtree(self.folder, ignore_errors=True)

    def keep_up(self) -> None:
        """Copy what has changed, if it is time to."""
        began = time.monotonic()
        if self._mirrors and began >= self._next:
            try:
                self.push()
            finally:  # also after a failure: the store may have been waited for until then
                now = time.monotonic()
                self._next = now + max(EVERY_S, (now - began) / SHARE_OF_TIME)

    def push(self) -> None:
        """Copy what has changed.

        Raises:
            OSError: of the store.
        """
        for mirror in self._mirrors:
            mirror.push()
        if self._mirrors and self.study.exists():
            content = self.study.read_bytes()
            if content != self._studied:
                self._store.write_bytes(Paths().study, content)
                self._studied = content
