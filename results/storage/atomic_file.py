"""A local file appears under its name whole, or not at all."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = ".partial"
"""Ending of a file that is being written."""


def temporary_name(name: str) -> str:
    """A name for the file while it is being written: another one each time."""
    return f".{name}.{secrets.token_hex(4)}{TEMPORARY}"


def write_atomically(file: Path, content: bytes, durable: bool = True) -> None:
    """Writes or replaces a file whose folder is there.

    Args:
        file: to write.
        content: all of it.
        durable: whether it has to survive a power cut at once; a kill it always does.

    Raises:
        OSError: of the file system; what stood under the name before still stands there.
    """
    with replacement(file, durable) as temporary:
        temporary.write_bytes(content)


@contextlib.contextmanager
def replacement(file: Path, durable: bool = True) -> Iterator[Path]:
    """A file to fill, which takes the other's name when the block ends, and is gone if it fails.

    Args:
        file: to write or replace; its folder is there.
        durable: see `write_atomically`.

    Raises:
        OSError: of the file system; what stood under the name before still stands there.
    """
    temporary = file.with_name(temporary_name(file.name))
    try:
        yield temporary
        if durable:
            _sync(temporary)
        temporary.replace(file)
    finally:  # also where it was renamed onto a link to the same file: that does nothing
        temporary.unlink(missing_ok=True)
    if durable:
        _sync(file.parent)  # without it a power cut may take the new name away, not the bytes


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
