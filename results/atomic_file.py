"""A local file appears under its name whole, or not at all."""

import os
import secrets
from pathlib import Path

TEMPORARY = ".partial"
"""Ending of a file that is being written."""


def hidden(name: str) -> str:
    """A name for the file while it is being written: another one each time."""
    return f".{name}.{secrets.token_hex(4)}{TEMPORARY}"


def replace(file: Path, content: bytes, durable: bool = True) -> None:
    """Writes or replaces a file whose folder is there.

    Args:
        file: to write.
        content: all of it.
        durable: whether it has to survive a power cut at once; a kill it always does.

    Raises:
        OSError: of the file system; what stood under the name before still stands there.
    """
    temporary = file.with_name(hidden(file.name))
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.replace(file)
    except BaseException:  # Ctrl-C included
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    # Without it a power cut may take the new name away, though not the bytes.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
