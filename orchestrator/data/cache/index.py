"""Which data set a path held when it was last read, so that an unchanged one is not read again."""

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from orchestrator.data.containers.container import readable
from orchestrator.data.containers.plain_files import stamp_of_files
from results.storage.atomic_file import write_atomically

READING = 4
"""Raised whenever the same bytes are read or carved differently; makes every path be read again."""


@dataclass(frozen=True)
class IndexEntry:
    """What is remembered of a source.

    Attributes:
        digest: of the data set.
        notes: the sentences that came with it.
    """

    digest: str
    notes: tuple[str, ...]


def stamp(path: Path) -> str:
    """Changes whenever the path's content does: size and times of change, of every file below it.

    Among them is the time that the system alone sets (ctime): whoever changes a file and puts its
    size and its time back is noticed.

    Raises:
        BadInput: when the path cannot be read.
    """
    status = readable(path)
    if not path.is_dir():
        times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
        return f"{READING} {status.st_size} {times} {status.st_ino}"
    return f"{READING} {stamp_of_files(path)}"


def recall(source: str, mark: str | None, cache: Path) -> IndexEntry | None:
    """What is known of a source, if it was recorded with the same stamp; None for any stamp."""
    try:
        record = json.loads(_file(source, cache).read_text("utf-8"))
        if record["source"] != source or mark not in (None, record["stamp"]):
            return None
        return IndexEntry(str(record["digest"]), tuple(record["notes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # no memory is only slower


def remember(source: str, mark: str, entry: IndexEntry, cache: Path) -> None:
    """Record what a source holds; one file a source, so that writers do not meet."""
    file = _file(source, cache)
    record = {"source": source, "stamp": mark, "digest": entry.digest, "notes": entry.notes}
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(record).encode(), durable=False)


def _file(source: str, cache: Path) -> Path:
    return cache / "index" / f"{hashlib.sha256(source.encode()).hexdigest()[:32]}.json"
