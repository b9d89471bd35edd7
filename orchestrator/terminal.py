"""The terminal is ours; what libraries print goes to a log file."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO


@contextlib.contextmanager
def chatter_to(log: Path) -> Iterator[tuple[TextIO, TextIO]]:
    """Send all that is printed, also by C++, to a file; yields the true (stdout, stderr).

    Ray writes through Python's logging, through print and from its C++ core, so the file
    descriptors themselves are redirected.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    sink = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o644)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.close(sink)
    out = os.fdopen(os.dup(kept[0]), "w", buffering=1)
    err = os.fdopen(os.dup(kept[1]), "w", buffering=1)
    try:
        yield out, err
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        out.close()
        err.close()
        for number, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)
