"""What became of a journal that is no longer where it was, and what of it can be written again."""

import os
from pathlib import Path

from results.errors import JournalLost

_CHUNK = 2**20


def is_at(handle: int, file: Path) -> bool:
    """Whether an open file still stands under its name."""
    try:
        return os.path.samestat(os.fstat(handle), file.lstat())
    except OSError:
        return False


def describe_loss(handle: int, file: Path, size: int, line: bytes) -> JournalLost:
    """What happened to an open journal; a deleted one is written again, from what is still open.

    Args:
        handle: of the journal, open for reading.
        file: where it was.
        size: bytes that it had.
        line: one more, that was to be written next.

    Returns:
        The error to raise.
    """
    try:
        status = os.fstat(handle)
    except OSError as error:
        return JournalLost(
            f"{file} cannot be reached any more ({error.strerror or error}); see to its disk",
            gone=True,
        )
    if status.st_size != size:
        return JournalLost(
            f"{file} was changed by another program while the sweep was running: it has "
            f"{status.st_size:,} bytes and had {size:,}; put a copy of it back, or go on: what the "
            "tables and checkpoints show is then used, the rest trained again"
        )
    if status.st_nlink:
        return JournalLost(
            f"{file} is gone: {_place(handle)}; move the sweep's folder back to where it was",
            gone=True,
        )
    return _written_again(handle, file, line)


def _place(handle: int) -> str:
    """Where a file that was moved is now, where the system tells."""
    try:
        return f"it is {os.readlink(f'/proc/self/fd/{handle}')} now"
    except OSError:
        return "it was moved, or its disk is no longer there"


def _written_again(handle: int, file: Path, line: bytes) -> JournalLost:
    """Make a deleted journal again under its name, or beside what stands there now."""
    what = "was deleted" if file.parent.exists() else "was deleted with its folder"
    for place in (file, file.with_name(f"{file.stem}-{os.getpid()}{file.suffix}")):
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _copy(handle, place, line)
        except FileExistsError:
            continue
        except OSError as error:
            return _unwritten(f"{file} {what}", error.strerror or str(error))
        if place == file:
            return JournalLost(
                f"{file} {what} while the sweep was running; it was written again, with all of its "
                "events"
            )
        return JournalLost(
            f"{file} was replaced by another file while the sweep was running; its events stand in "
            f"{place}: put it back"
        )
    return _unwritten(f"{file} {what}", "something else stands in its place")


def _unwritten(what: str, reason: str) -> JournalLost:
    return JournalLost(
        f"{what} while the sweep was running, and cannot be written again ({reason}); put a copy "
        "of the sweep's folder back, or start under another --name",
        gone=True,
    )


def _copy(handle: int, place: Path, line: bytes) -> None:
    target = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(target, "wb") as stream:
        start = 0
        while part := os.pread(handle, _CHUNK, start):
            stream.write(part)
            start += len(part)
        stream.write(line)
        stream.flush()
        os.fsync(target)
