"""The terminal is ours; what libraries print goes to a log file."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from results.storage.plain_file import open_plain

ESCAPED = "backslashreplace"
"""How every stream of ours meets a character that its encoding lacks."""

STDOUT, STDERR = 1, 2
"""File descriptors. Ray writes through Python's logging, through print and from its C++ core, so
these are redirected and not Python's streams."""


def redirect_output(file: Path, descriptors: Sequence[int] = (STDOUT, STDERR)) -> None:
    """From now on send what this process and its children print, also by C++, to a file's end."""
    sink = open_plain(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(sink, descriptor)
    os.close(sink)


def redirect_worker_output(folder: Path) -> Path:
    """From now on send what this process prints to a file of its own in a folder of logs."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"worker-{os.getpid()}.log"
    redirect_output(log)
    escape_what_is_lacking()
    return log


def escape_what_is_lacking() -> None:
    r"""From now on write an escape for a character that a terminal or locale lacks: \u2026.

    Output must not end a run: Python's own standard output refuses such a character.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a notebook's is not
            stream.reconfigure(errors=ESCAPED)


@contextlib.contextmanager
def redirected_output(log: Path) -> Iterator[tuple[TextIO, TextIO]]:
    """Send all that is printed to a file while the block runs; yields the true (stdout, stderr)."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    terminal = {descriptor: os.dup(descriptor) for descriptor in (STDOUT, STDERR)}
    redirect_output(log)
    out = os.fdopen(os.dup(terminal[STDOUT]), "w", buffering=1, errors=ESCAPED)
    err = os.fdopen(os.dup(terminal[STDERR]), "w", buffering=1, errors=ESCAPED)
    try:
        yield out, err
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        out.close()
        err.close()
        for descriptor, copy in terminal.items():
            os.dup2(copy, descriptor)
            os.close(copy)
