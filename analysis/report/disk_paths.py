"""Takes folders of a disk out of text: a page that is sent tells nobody where it was made."""

import re
from collections.abc import Sequence

HIDDEN = "\N{HORIZONTAL ELLIPSIS}/"
"""Stands for the folders above a file."""

_QUOTED = re.compile(r"""(['"])(?:file://)?(?:[A-Za-z]:\\|~?/)[^'"\n]*\1""")
_BARE = re.compile(
    r"""(?<![\w./\\:<~+\u2026-])(?:file://)?(?:[A-Za-z]:\\|~?/)[^\s'"`<>|,;()\[\]]+"""
)


def without_folders(text: str, folders: Sequence[str] = ()) -> str:
    """The same text, in which an absolute path is only its last name.

    Args:
        text: anything for people, commands too.
        folders: those that occur here, for paths with spaces in them, which nothing else shows to
            be paths; what is below them keeps its place.
    """
    for folder in sorted((place.rstrip("/") for place in folders), key=len, reverse=True):
        if folder.count("/") > 1 or "\\" in folder:
            text = text.replace(f"{folder}/", HIDDEN).replace(folder, HIDDEN + _last(folder))
    text = _QUOTED.sub(lambda m: f"{m[1]}{HIDDEN}{_last(m[0][1:-1])}{m[1]}", text)
    return _BARE.sub(lambda m: HIDDEN + _last(m[0]), text)


def _last(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]
