"""Paths as people type them."""

import os
import re
from pathlib import Path

from orchestrator.errors import BadInput, shown

LONGEST_NAME = 255
"""Bytes of one name in a path, on all file systems of today."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_uri(place: str | os.PathLike[str]) -> bool:
    """Whether it is a URI and no path."""
    return _SCHEME.match(os.fspath(place)) is not None


def expanded(place: str, origin: str = "") -> str:
    """A path with "~" as the home folder that it stands for; a URI as it is.

    A shell expands it at the beginning of a word alone: `--results=~/fer` comes here as it is.

    Args:
        place: a path or a URI.
        origin: begins the sentence that refuses it, e.g. "--results".

    Raises:
        BadInput: for what no path can be, and for a home that is not known.
    """
    start = f"{origin} {shown(place)}: ".lstrip()
    _check(place, start)
    if is_uri(place) or not place.startswith("~"):
        return place
    path = os.path.expanduser(place)
    if path.startswith("~") and not Path(place).exists():
        who = shown(place.partition("/")[0])[1:-1]
        raise BadInput(
            f"{start}whose home {who} is, is not known here; give the whole path, or ./{who} for "
            "what is called that"
        )
    return path


def _check(place: str, start: str) -> None:
    if "\0" in place:
        raise BadInput(f"{start}holds a character of code 0, which no path has")
    try:
        names = os.fsencode(place).split(b"/")
    except UnicodeEncodeError:
        raise BadInput(
            f"{start}holds letters that this system's locale cannot write; set LC_ALL=C.UTF-8"
        ) from None
    longest = max(map(len, names))
    if longest > LONGEST_NAME and not is_uri(place):
        raise BadInput(f"{start}a name of {longest} bytes; a file's has {LONGEST_NAME} at most")


def absolute(place: str, origin: str = "") -> str:
    """The same, from the root; a URI as it is."""
    return place if is_uri(place) else str(Path(expanded(place, origin)).absolute())


def settle_home() -> None:
    """Give a process that has no home folder one, "/", as containers do for a user without a name.

    Ray cannot even be imported without. What is kept at home goes elsewhere where "/" cannot be
    written: the token of a Ray of our own into its environment.
    """
    if os.path.expanduser("~") == "~":
        os.environ["HOME"] = "/"
