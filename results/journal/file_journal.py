"""What a sweep decided and when: one JSON object a line, only ever appended, by one process."""

import json
import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from results.journal import process_identity
from results.store import DamagedResults

_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_CHUNK = 65536


class Busy(RuntimeError):
    """Another process writes this sweep: which one, and what to do."""


class Journal:
    """An append-only file of events, kept by one writer at a time.

    Every event has "event" (what happened) and "time" (UTC, ISO 8601, added if absent). JSON has
    no NaN: a float that is not finite is written as {"float": "nan"}, "inf" or "-inf" and read
    back as what it was. A line counts once it ends in a line feed; half a line, which a kill may
    leave at the end, is ignored in reading and cut off when the next writer opens the file.

    Reading needs no lock and works while another process writes. Appending opens the file and
    takes an advisory lock (on the sibling `.lock` file), held until `close` or the end of the
    process, whatever its cause.

    Args:
        file: local path; made, with its folder, when the first event is appended.
        batch: events after which the file is forced to the disk (fsync). 1: every event survives
            a power cut; 0: never forced, so events survive a kill of the process, not a power cut.
    """

    def __init__(self, file: str | os.PathLike[str], batch: int = 1) -> None:
        self.file = Path(file)
        self.batch = batch
        self._handle: int | None = None
        self._lock: FileLock | None = None
        self._pending = 0

    def open(self) -> Self:
        """Takes the lock and makes the file ready for appending; nothing if that is done.

        Raises:
            Busy: if another process, or another Journal of this one, holds the lock.
        """
        if self._handle is None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _take_lock(self.file)
            try:
                self._handle = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
                os.ftruncate(self._handle, _end_of_last_line(self._handle))
            except OSError:
                self.close()
                raise
        return self

    def append(self, event: Mapping[str, Any]) -> None:
        """Adds one line; its cost does not depend on how many there are.

        Args:
            event: "event" and any JSON values, NumPy scalars included.

        Raises:
            ValueError: if "event" is absent.
            TypeError: for a value that JSON cannot hold.
            Busy: see `open`.
            OSError: of the file system; the file is then as it was before.
        """
        line = encode(event)
        self.open()
        self._write(line)
        self._pending += 1
        if self.batch and self._pending >= self.batch:
            self.sync()

    def sync(self) -> None:
        """Forces what was appended to the disk."""
        if self._handle is not None and self._pending:
            os.fsync(self._handle)
            self._pending = 0

    def read(self) -> list[dict[str, Any]]:
        """All events, oldest first; none if there is no file yet.

        Raises:
            DamagedResults: for a complete line that is no JSON object, by its number.
        """
        try:
            content = self.file.read_bytes()
        except FileNotFoundError:
            return []
        # What follows the last line feed is half a line: a kill hit while it was written.
        lines = content.split(b"\n")[:-1]
        return [decode(str(self.file), number, line) for number, line in enumerate(lines, start=1)]

    def close(self) -> None:
        """Forces the rest to the disk and gives the lock back; harmless when already closed."""
        if self.batch:
            self.sync()
        if self._handle is not None:
            os.close(self._handle)
        if self._lock is not None:
            self._lock.release()
        self._handle = self._lock = None
        self._pending = 0

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, line: bytes) -> None:
        assert self._handle is not None
        before = os.fstat(self._handle).st_size
        try:
            written = 0
            while written < len(line):
                written += os.write(self._handle, line[written:])
        except OSError:  # e.g. a full disk: half a line must not stand before the next one
            os.ftruncate(self._handle, before)
            raise


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
        DamagedResults: if it is no JSON object with an event; the file is `shown`, the line's
            number told.
    """
    try:
        event = json.loads(line, object_hook=_from_special)
    except ValueError:
        event = None
    if not (isinstance(event, dict) and isinstance(event.get("event"), str)):
        raise DamagedResults(
            f"{shown}: line {number} is no JSON object with an event ({line[:40]!r}); put a copy "
            "of the journal back, or delete that line: the events on it are then lost."
        )
    return event


def busy(sweep: str, other: str) -> Busy:
    """What whoever comes second is told."""
    return Busy(
        f"sweep {sweep} is already being written by {other}; wait for it, stop it, or choose "
        "another name."
    )


def _take_lock(file: Path) -> FileLock:
    """The lock, held; its file names the holder for whoever comes second."""
    place = file.with_name(f"{file.name}.lock")
    # Not a thread's own: a journal may be closed by another thread than it was opened by.
    lock = FileLock(place, blocking=False, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        other = place.read_text(errors="replace")[:200].strip() or "another process"
        raise busy(file.absolute().parent.name, other) from None
    place.write_text(process_identity.shown())
    return lock


def _end_of_last_line(handle: int) -> int:
    """Bytes up to and with the last line feed; 0 if there is none."""
    end = os.fstat(handle).st_size
    while end > 0:
        start = max(0, end - _CHUNK)
        line_feed = os.pread(handle, end - start, start).rfind(b"\n")
        if line_feed >= 0:
            return start + line_feed + 1
        end = start
    return 0


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
