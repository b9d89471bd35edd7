"""Exceptions as one line for the user, and in full for the log."""

import contextlib
import errno
import re
import traceback
from collections.abc import Iterator

from orchestrator.errors import printable, printable_lines, shortened

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the system says of a disk without room."""

LONGEST_SENTENCE = 4000
"""The same, of a sentence of our own: some list what there is."""

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_REMOTE = re.compile(r"ray::")
_KIND = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Exit|Interrupt|Input): .")


def log_traceback() -> None:
    """Print the exception that is being handled, into the log while a sweep runs.

    A full disk fills the log too, so this never raises: the sentence for the user comes after it.
    """
    with contextlib.suppress(OSError):
        traceback.print_exc()


def error_line(error: BaseException) -> str:
    """An exception in one line; a full disk by that name, however deep Ray has wrapped it."""
    full = full_disk(error)
    if full is not None:
        return f"the disk is full ({full.strerror}); make room first"
    return kind_and_line(error)


def kind_and_line(error: BaseException) -> str:
    """An exception's kind and its first line: its own, where Ray brings it from another process."""
    own = _own(error)
    lines = plain_lines(_text(own))
    if lines and _REMOTE.match(lines[0]):  # the traceback of another process: its end says it
        named = [line for line in lines if _KIND.match(line)]
        return shortened(named[-1] if named else lines[-1])
    kind = type(own).__name__
    return shortened(f"{kind}: {lines[0]}" if lines else f"{kind}, without a word")


def plain_lines(text: str) -> list[str]:
    """A text's lines that are not empty, without colours and other codes for a terminal."""
    lines = (line.strip() for line in _ANSI.sub("", text).splitlines())
    return [printable(line) for line in lines if line]


def sentence(error: BaseException) -> str:
    """What one of our own errors says to the user; a name in it cannot steer the terminal."""
    return printable_lines(shortened(str(error), LONGEST_SENTENCE))


def full_disk(error: BaseException) -> OSError | None:
    """Which of an exception and its causes says so; a cut-off file may come of a full disk."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in DISK_FULL:
            return cause
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        yield cause
        seen.add(id(cause))
        cause = _wrapped(cause) or cause.__cause__ or cause.__context__


def _own(error: BaseException) -> BaseException:
    """What was raised where it happened; Ray wraps that, several times where calls are nested."""
    seen: set[int] = set()
    while (inner := _wrapped(error)) is not None and id(error) not in seen:
        seen.add(id(error))
        error = inner
    return error


def _wrapped(error: BaseException) -> BaseException | None:
    """Of a `ray.exceptions.RayTaskError`, or of the error of two kinds that Ray makes of it."""
    inner = getattr(error, "cause", None)
    return inner if isinstance(inner, BaseException) and inner is not error else None


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # the user's own kind of error may be broken itself
        return ""
